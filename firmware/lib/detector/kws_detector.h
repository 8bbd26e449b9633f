/* Scores of successive windows in, detections out. Integers only, no heap, no statics.
 *
 * Scores are averaged over the last windows; a label whose mean reaches its threshold is reported.
 * Then nothing is until the refractory time is over, and this label not before its mean has fallen
 * to half its threshold. */
#ifndef KWS_DETECTOR_H
#define KWS_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_DETECTOR_MOST_LABELS 64  /* at most */
#define KWS_DETECTOR_MOST_SMOOTHED 8 /* windows, at most */
#define KWS_DETECTOR_NEVER 255  /* a threshold that no score reaches */

typedef struct {
    int32_t labels;
    int32_t smoothed;       /* windows that are averaged */
    uint32_t refractory_ms; /* from one detection to the next */
    uint8_t thresholds[KWS_DETECTOR_MOST_LABELS]; /* of 256; KWS_DETECTOR_NEVER: not a word */

    uint8_t scores[KWS_DETECTOR_MOST_SMOOTHED][KWS_DETECTOR_MOST_LABELS]; /* ring of windows */
    int32_t next;
    bool reported;        /* since the start */
    uint32_t reported_ms; /* when */
    int32_t held;         /* the label until its scores have fallen; -1: none */
} kws_detector;

typedef struct {
    int32_t label;
    int32_t score; /* mean, of 256 */
} kws_detection;

/* Labels that begin with '_' or are "unknown" or "silence" are never reported. */
void kws_detector_start(kws_detector *detector, const char *const *names, int32_t labels,
                        int32_t smoothed, uint8_t threshold, uint32_t refractory_ms);

/* Forgets what was heard, keeps the settings. */
void kws_detector_forget(kws_detector *detector);

/* True if it can be set: the label exists and is a word, the threshold is from 1 to 254. */
bool kws_detector_threshold(kws_detector *detector, int32_t label, uint8_t threshold);

/* int8 scores of one window, of which `zero` means 0, and when its last sample came. True:
 * `detection` was made. */
bool kws_detector_push(kws_detector *detector, const int8_t *scores, int32_t zero, uint32_t time_ms,
                       kws_detection *detection);

#ifdef __cplusplus
}
#endif

#endif
