/* A microphone: 16-bit mono samples at a rate of the caller's. One file a kind of board implements it. */
#ifndef KWS_AUDIO_H
#define KWS_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Can this board's microphone give `rate` samples a second? For the preprocessor. PDM libraries
 * decimate to 16 kHz; an I2S microphone takes what its clock says, 48 kHz at most. */
#if defined(ARDUINO_ARDUINO_NANO33BLE) || defined(KWS_PDM_CLK)
#define KWS_AUDIO_CAN(rate) ((rate) == 16000)
#elif defined(ARDUINO_ARCH_ESP32)
#define KWS_AUDIO_CAN(rate) ((rate) >= 8000 && (rate) <= 48000)
#else
#define KWS_AUDIO_CAN(rate) 1
#endif

/* What to do if every sample is 0, for people; not defined where that is normal. */
#if defined(KWS_BOARD_EMULATOR) /* digital silence unless it plays a recording */
#elif defined(ARDUINO_ARDUINO_NANO33BLE)
#define KWS_AUDIO_ZEROS_REMEDY "only the Nano 33 BLE Sense has a microphone"
#elif defined(KWS_MIC_RIGHT)
#define KWS_AUDIO_ZEROS_REMEDY \
    "set the other channel (without -DKWS_MIC_RIGHT) or check the data wire"
#else
#define KWS_AUDIO_ZEROS_REMEDY "set the other channel (-DKWS_MIC_RIGHT) or check the data wire"
#endif

/* Starts sampling at `rate`, which must satisfy KWS_AUDIO_CAN; returns false if the microphone does
 * not answer. */
bool kws_audio_start(uint32_t rate);

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
