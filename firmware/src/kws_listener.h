/* Samples in, detections out: front end, engine and detector in a row, with all the memory they need.
 * The same on every board; nothing here knows a microphone or a serial port. */
#ifndef KWS_LISTENER_H
#define KWS_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_detector.h"
#include "kws_frontend.h"
#include "kws_settings.h"

#if KWS_LABELS > KWS_DETECTOR_MOST_LABELS || KWS_DETECTOR_SMOOTHED > KWS_DETECTOR_MOST_SMOOTHED
#error "the bundle has more labels, or averages more windows, than the detector has room for"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Someone speaks in a window if a frame of it is this far above the noise, and not quieter than
 * that; otherwise the network is spared. Noise counts as well if the model has no label `silence`. */
#define KWS_LISTENER_ABOVE_NOISE_DB 5
#define KWS_LISTENER_QUIETEST_DB (-75)

typedef struct {
    kws_frontend stream;
    int16_t samples[KWS_FFT_SIZE];
    int32_t scratch[KWS_FRONTEND_SCRATCH_WORDS(KWS_FFT_SIZE, KWS_MEL_BANDS)];
    int16_t frames[KWS_FRAMES][KWS_COEFFICIENTS]; /* ring; fixed point, see kws_frontend_tables */
    int8_t levels[KWS_FRAMES];                    /* ring; dB of full scale */
    int32_t next;                                 /* frame of the ring to be written */
    int32_t heard;                                /* frames, up to KWS_FRAMES */
    int32_t since_decision;                       /* frames */
    uint32_t taken;                               /* samples since the last forgetting */
    int64_t energy;                               /* of the hop under way */
    int32_t energy_samples;
    int32_t noise; /* dB * 256 */
    bool steady_counts;
    int8_t features[KWS_FEATURES];
    int8_t scores[KWS_LABELS];
    bool network_ran; /* for the last decision */
    kws_detector detector;
    uint32_t frame_micros, network_micros; /* of the last frame and run */
    uint32_t frame_count, decisions, saved, detections, failures;
} kws_listener;

void kws_listener_start(kws_listener *listener);

/* Gives words the thresholds of their own that the bundle has, if any. */
void kws_listener_thresholds(kws_detector *detector);

/* Forgets all audio; settings and counters stay. */
void kws_listener_forget(kws_listener *listener);

/* Samples until the next frame is complete; returns how many were used. `*decide`: a window is
 * due for kws_listener_decide. */
int32_t kws_listener_push(kws_listener *listener, const int16_t *samples, int32_t count,
                          bool *decide);

/* True after a whole window. */
bool kws_listener_ready(const kws_listener *listener);

/* The last window's features, into `features`. */
void kws_listener_features(kws_listener *listener);

/* Its scores, into `scores`; false if the engine failed. */
bool kws_listener_scores(kws_listener *listener);

/* Judges the window; true if a word was detected. `time_ms`: when its last sample came. */
bool kws_listener_decide(kws_listener *listener, uint32_t time_ms, kws_detection *detection);

/* dB of full scale of the window's loudest frame. */
int32_t kws_listener_level(const kws_listener *listener);

/* dB of full scale from a sum of squares of int16 samples; at least -99. */
int32_t kws_level_db(int64_t energy, int32_t count);

#ifdef __cplusplus
}
#endif

#endif
