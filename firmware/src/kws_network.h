/* The network and what it needs of the past: frames in, scores of windows out.
 *
 * An engine that takes whole windows has a ring of their frames. The engine of a stream takes each
 * frame once and keeps what its layers read again, so it gives the same scores with less memory
 * and time. The bundle and the engine that was built in say which of the two this is. */
#ifndef KWS_NETWORK_H
#define KWS_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The number of newest frames whose features can be asked for, and the number of frames from one
 * window that can be judged to the next. */
#ifdef KWS_ENGINE_STREAM_FRAMES
#define KWS_NETWORK_FRAMES KWS_ENGINE_STREAM_FRAMES
#define KWS_NETWORK_STEP KWS_ENGINE_STREAM_FRAMES
#else
#define KWS_NETWORK_FRAMES KWS_FRAMES
#define KWS_NETWORK_STEP 1
#endif

typedef struct {
#ifdef KWS_ENGINE_STREAM_FRAMES
    int16_t newest[KWS_COEFFICIENTS]; /* The newest frame, in fixed point. */
    int32_t waiting;                  /* Frames that the engine has not taken yet. */
    uint8_t state[KWS_ENGINE_STREAM_STATE_BYTES]; /* What the engine keeps between steps. */
    int8_t stepped[KWS_LABELS];       /* The scores of the engine's last step. */
    bool right;                       /* That step did not fail. */
#else
    int16_t frames[KWS_FRAMES][KWS_COEFFICIENTS]; /* The window's frames: a ring, in fixed point. */
    int32_t next;                     /* The frame of the ring that is written next. */
#endif
    int8_t features[KWS_NETWORK_FRAMES][KWS_COEFFICIENTS]; /* Of the newest frames, oldest first. */
    uint32_t micros;                  /* The duration of the engine's last run. */
    uint32_t failures;                /* Runs of the engine that failed. */
} kws_network;

/* Forgets all frames; keeps the counters. */
void kws_network_forget(kws_network *network);

/* Returns where the front end writes the next frame [KWS_COEFFICIENTS]. */
int16_t *kws_network_frame(kws_network *network);

/* Takes that frame. Returns whether the window that ends with it can be judged: a stream engine
 * judges only the windows in which its steps end. */
bool kws_network_push(kws_network *network);

/* Writes `features`, if at least KWS_NETWORK_FRAMES frames were pushed. */
void kws_network_features(kws_network *network);

/* Writes the scores [KWS_LABELS] of the last window that can be judged, if at least KWS_FRAMES
 * frames were pushed; returns false if the engine failed. */
bool kws_network_scores(kws_network *network, int8_t *scores);

#ifdef __cplusplus
}
#endif

#endif
