/* A microphone: 16-bit mono samples at 16 kHz. One file a kind of board implements it. */
#ifndef KWS_AUDIO_H
#define KWS_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_AUDIO_RATE 16000

/* Starts it; false if it does not answer. */
bool kws_audio_start(void);

/* Samples that have arrived, at most `count`. Never waits. */
int32_t kws_audio_read(int16_t *samples, int32_t count);

/* Samples lost since the start because nobody read them in time: those that belong before the next
 * sample that will be read. */
uint32_t kws_audio_lost(void);

/* Milliseconds after the start in which samples mean nothing yet. */
uint32_t kws_audio_settling_ms(void);

#ifdef __cplusplus
}
#endif

#endif
