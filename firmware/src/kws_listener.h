/* Samples in, detections out: front end, engine and detector in a chain, with all the memory
 * that they need. It is the same on every board and knows neither microphone nor serial port. */
#ifndef KWS_LISTENER_H
#define KWS_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_detector.h"
#include "kws_frontend.h"
#include "kws_network.h"
#include "kws_settings.h"

#if KWS_LABELS > KWS_DETECTOR_MOST_LABELS || KWS_DETECTOR_SMOOTHED > KWS_DETECTOR_MOST_SMOOTHED
#error "the bundle has more labels, or averages more windows, than the detector has room for"
#endif

#ifndef KWS_DETECTOR_BONUS
#define KWS_DETECTOR_BONUS 1 /* the model gives words no bonus */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The energy gate: scores count only if the window's loudest frame reaches both levels. A model
 * without a label `silence` has only the second one, because steady noise may be what it detects.
 * The engine of whole windows does not run for others; that of a stream misses no frame. */
#define KWS_LISTENER_ABOVE_NOISE_DB 5  /* above the noise floor */
#define KWS_LISTENER_QUIETEST_DB (-75) /* of full scale */

typedef struct {
    kws_frontend stream;           /* The front end. */
    int16_t samples[KWS_FFT_SIZE]; /* Its samples of the next frame. */
    int32_t scratch[KWS_FRONTEND_SCRATCH_WORDS(KWS_FFT_SIZE, KWS_MEL_BANDS)]; /* Its scratch. */
    kws_network network;       /* The network, with what it needs of past frames. */
    int8_t levels[KWS_FRAMES]; /* The frames' levels in dB of full scale: a ring. */
    int32_t next;              /* The level of the ring that is written next. */
    int32_t filled;            /* The frames since the audio began, up to KWS_FRAMES. */
    int32_t period;            /* Frames from one decision to the next. */
    int32_t since_decision;    /* Frames since the last decision. */
    uint32_t taken;            /* Samples since all audio was last forgotten. */
    int64_t energy;            /* The sum of squares of the samples since the last frame. */
    int32_t energy_samples;    /* The number of these samples. */
    int32_t noise;             /* The noise floor, in dB * 256. */
    bool steady_counts;        /* Steady noise passes the energy gate. */
    int8_t scores[KWS_LABELS]; /* The scores of the last window that was asked for. */
    bool network_ran;          /* The last decision is one of the network, not of the gate. */
    kws_detector detector;         /* Turns scores into detections. */
    uint32_t frame_micros;         /* The duration of the last frame's computation. */
    uint32_t frame_count;          /* Frames since the start. */
    uint32_t decisions;            /* Windows judged. */
    uint32_t saved;                /* Windows judged as ones in which nobody spoke. */
    uint32_t detections;           /* Words detected. */
} kws_listener;

void kws_listener_start(kws_listener *listener);

/* Gives words the thresholds of their own that the bundle has, if any. */
void kws_listener_thresholds(kws_detector *detector);

/* Forgets all audio; keeps settings and counters. */
void kws_listener_forget(kws_listener *listener);

/* Takes samples until the next frame is complete, and returns how many it took. `*decide` tells
 * whether a window is due for kws_listener_decide. */
int32_t kws_listener_push(kws_listener *listener, const int16_t *samples, int32_t count,
                          bool *decide);

/* Returns whether a whole window has been heard. */
bool kws_listener_ready(const kws_listener *listener);

/* Writes the last window's scores to `scores`; returns false if the engine failed. */
bool kws_listener_scores(kws_listener *listener);

/* Judges the last window, whose last sample came at `time_ms`; returns true if a word was
 * detected. */
bool kws_listener_decide(kws_listener *listener, uint32_t time_ms, kws_detection *detection);

/* Returns the level of the window's loudest frame in dB of full scale. */
int32_t kws_listener_level(const kws_listener *listener);

/* Returns dB of full scale, at least -99, from the sum of squares of `count` int16 samples. */
int32_t kws_level_db(int64_t energy, int32_t count);

#ifdef __cplusplus
}
#endif

#endif
