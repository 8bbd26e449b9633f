/* The microphone's samples on their way to the listener: conditioned, counted, and recorded if the
 * host asks for it. */
#ifndef KWS_MICROPHONE_H
#define KWS_MICROPHONE_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_conditioner.h"
#include "kws_hearing.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    kws_hearing *hearing;        /* What the samples are for. */
    kws_conditioner conditioner; /* Cuts the settling time and removes the constant offset. */
    bool answers;                /* It could be started. */
    uint32_t samples;            /* Samples that came, as docs/serial.md defines it. */
    uint32_t lost;               /* Samples that nobody read in time. */
    uint32_t lost_before;        /* The value of kws_audio_lost at the last step. */
    uint32_t silent;             /* Seconds since the last sample. */
    uint32_t sample_micros;      /* The time of the last sample, later by the seconds reported. */
    uint32_t zeros;              /* Samples of exactly 0 in a row since that was last reported. */
    uint32_t record_left;        /* Samples that are still to be recorded. */
    uint32_t record_index;       /* The index of the next recorded sample. */
} kws_microphone;

void kws_microphone_start(kws_microphone *microphone, kws_hearing *hearing);

/* Takes what has arrived; returns true if any samples came. */
bool kws_microphone_step(kws_microphone *microphone);

/* Sends the next `samples` to the host in packets; 0 stops that. */
void kws_microphone_record(kws_microphone *microphone, uint32_t samples);

#ifdef __cplusplus
}
#endif

#endif
