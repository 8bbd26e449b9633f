/* Scores of successive windows in, detections out. Integers only, no heap, no statics.
 *
 * A bonus that the model gives to words is taken back. Scores are averaged over the last windows,
 * and a label whose mean reaches its threshold is detected. After that no label is detected until
 * the refractory time is over, and the same label is not detected again until its mean has fallen
 * to half its threshold.
 *
 * Words may be asked to be isolated, as words are spoken to a machine. A label is then not detected
 * for some time after other words: after the mean of `unknown` was at least three quarters. */
#ifndef KWS_DETECTOR_H
#define KWS_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_DETECTOR_MOST_LABELS 64   /* most labels of a model */
#define KWS_DETECTOR_MOST_SMOOTHED 16 /* most windows in a mean */
#define KWS_DETECTOR_NEVER 255        /* a threshold that no score reaches */

typedef struct {
    int32_t labels;         /* The number of labels. */
    int32_t smoothed;       /* The number of windows in a mean. */
    uint32_t refractory_ms; /* The least time between two detections. */
    int32_t bonus;          /* The factor on the odds of words that the model gives and we take. */
    int32_t unknown;        /* The label of other words, or -1. */
    int32_t silence;        /* The label of windows in which nobody speaks, or -1. */
    uint32_t isolated_ms;   /* The time from other words to a detection; 0: they do not matter. */
    /* Each label's threshold in 1/256, or KWS_DETECTOR_NEVER for labels that are not words. */
    uint8_t thresholds[KWS_DETECTOR_MOST_LABELS];

    /* The scores of the last windows in 1/256: a ring. */
    uint8_t scores[KWS_DETECTOR_MOST_SMOOTHED][KWS_DETECTOR_MOST_LABELS];
    int32_t next;         /* The window of the ring that is written next. */
    bool reported;        /* There was a detection since the detector was reset. */
    uint32_t reported_ms; /* The time of the last detection. */
    int32_t held;         /* The label that has not fallen since its detection, or -1. */
    bool others;          /* Other words were heard since the detector was reset. */
    uint32_t others_ms;   /* The last time at which they were. */
} kws_detector;

typedef struct {
    int32_t label; /* The index of the detected label. */
    int32_t score; /* Its mean score in 1/256. */
} kws_detection;

/* Labels that begin with '_' or are "unknown" or "silence" are never detected. */
void kws_detector_start(kws_detector *detector, const char *const *names, int32_t labels,
                        int32_t smoothed, uint8_t threshold, uint32_t refractory_ms);

/* Forgets all scores and detections; keeps the settings. */
void kws_detector_forget(kws_detector *detector);

/* Sets a label's threshold, 1 to 254; returns false if that is out of range or the label is not
 * a word. */
bool kws_detector_threshold(kws_detector *detector, int32_t label, uint8_t threshold);

/* Takes the int8 scores of one window, where `zero` stands for 0, and the time of its last sample.
 * Returns true if a word was detected; then `detection` tells which. */
bool kws_detector_push(kws_detector *detector, const int8_t *scores, int32_t zero, uint32_t time_ms,
                       kws_detection *detection);

#ifdef __cplusplus
}
#endif

#endif
