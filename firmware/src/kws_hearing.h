/* From samples to lines: a listener that hears the microphone or injected audio, and reports
 * what it detects. */
#ifndef KWS_HEARING_H
#define KWS_HEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_keeper.h"
#include "kws_listener.h"
#include "kws_output.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the samples come from; the values are those of request `source` in docs/serial.md. */
typedef enum {
    KWS_SOURCE_MICROPHONE,
    KWS_SOURCE_INJECTED,
    KWS_SOURCE_ON_REQUEST, /* Injected; windows are judged only when the host asks for scores. */
} kws_source;

typedef struct {
    kws_output *output;    /* Where detections are reported. */
    kws_listener listener; /* Turns samples into detections. */
    kws_source source;     /* Where the samples come from. */
    bool watch;            /* Each decision is sent as a packet as well. */
    uint32_t audio_ms;     /* Milliseconds of audio since the start. */
    uint32_t audio_rest;   /* The rest of a millisecond, in ms * rate. */
#ifdef KWS_KEEP_AUDIO
    kws_keeper keeper; /* Keeps the audio of what is detected, or nearly. */
#endif
} kws_hearing;

void kws_hearing_start(kws_hearing *hearing, kws_output *output);

/* Changes the source and forgets all audio. */
void kws_hearing_from(kws_hearing *hearing, kws_source source);

/* Counts samples of audio time, whether the listener gets them or not. */
void kws_hearing_pass(kws_hearing *hearing, uint32_t samples);

/* Passes samples to the listener, and judges and reports each window that is due. */
void kws_hearing_push(kws_hearing *hearing, const int16_t *samples, int32_t count);

#ifdef KWS_KEEP_AUDIO
#define KWS_HEARING_KEPT_BYTES 19

/* Writes the reply to request `kept`. */
void kws_hearing_put_kept(const kws_kept *kept, uint8_t *data);
#endif

#ifdef __cplusplus
}
#endif

#endif
