/* A microphone: 16-bit mono samples at the rate that the caller asks for. Each kind of board has
 * a file that implements it. */
#ifndef KWS_AUDIO_H
#define KWS_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether this board's microphone can sample at `rate`, for the preprocessor. PDM libraries
 * decimate to 16 kHz; an I2S microphone follows its clock, up to 48 kHz. */
#if defined(ARDUINO_ARDUINO_NANO33BLE) || defined(KWS_PDM_CLK)
#define KWS_AUDIO_CAN(rate) ((rate) == 16000)
#elif defined(ARDUINO_ARCH_ESP32)
#define KWS_AUDIO_CAN(rate) ((rate) >= 8000 && (rate) <= 48000)
#else
#define KWS_AUDIO_CAN(rate) 1
#endif

/* What a person should do if every sample is 0; not defined where zeros are normal. */
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

/* Gives up to `count` samples that have arrived and returns their number. It never waits. */
int32_t kws_audio_read(int16_t *samples, int32_t count);

/* Returns how many samples have been lost since the start because they were not read in time,
 * counting only those that belong before the next sample to be read. */
uint32_t kws_audio_lost(void);

/* Returns for how many milliseconds after the start samples are not usable. */
uint32_t kws_audio_settling_ms(void);

#ifdef __cplusplus
}
#endif

#endif
