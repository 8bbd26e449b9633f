/* The emulated microphone: the file microphone.raw (16-bit little-endian, 16 kHz) at the pace of the
 * board's clock, then silence. Like a real one it keeps what was not read for a while only. */
#ifdef KWS_BOARD_EMULATOR

#include "kws_audio.h"

#include <stddef.h>
#include <string.h>

#include "kws_board.h"
#include "kws_semihosting.h"

enum { KEPT = 4000, SAMPLES_A_MILLISECOND = KWS_AUDIO_RATE / 1000 };

/* The microphone is a device: there is one, and it has a state. */
static struct {
    intptr_t file;
    uint32_t micros, rest; /* of the last sample, and what is left of a millisecond */
    int32_t waiting;       /* samples */
    uint32_t lost, ended;  /* ended: samples of silence after the file */
} microphone;

bool kws_audio_start(void)
{
    microphone.file = kws_semihosting_open("microphone.raw");
    microphone.micros = kws_board_micros();
    return true;
}

static void next_samples(int16_t *samples, int32_t count)
{
    const int32_t bytes = 2 * count;
    const int32_t came =
        microphone.file < 0 ? 0 : kws_semihosting_read(microphone.file, samples, bytes);
    memset((uint8_t *)samples + came, 0, (size_t)(bytes - came));
    microphone.ended += came < bytes ? (uint32_t)(bytes - came) / 2 : 0;
}

static void listen_on(void)
{
    const uint32_t now = kws_board_micros();
    const uint32_t micros = now - microphone.micros + microphone.rest;
    microphone.micros = now;
    microphone.rest = micros % 1000;
    microphone.waiting += (int32_t)(micros / 1000 * SAMPLES_A_MILLISECOND);
    while (microphone.waiting > KEPT) {
        int16_t gone[SAMPLES_A_MILLISECOND];
        next_samples(gone, SAMPLES_A_MILLISECOND);
        microphone.waiting -= SAMPLES_A_MILLISECOND;
        microphone.lost += SAMPLES_A_MILLISECOND;
    }
}

int32_t kws_audio_read(int16_t *samples, int32_t count)
{
    listen_on();
    const int32_t came = microphone.waiting < count ? microphone.waiting : count;
    if (came > 0) {
        next_samples(samples, came);
        microphone.waiting -= came;
    }
    if (microphone.file >= 0 && microphone.ended > 2 * KWS_AUDIO_RATE &&
        kws_semihosting_asked("once")) {
        kws_semihosting_exit(0); /* two seconds after the file */
    }
    return came;
}

uint32_t kws_audio_lost(void)
{
    listen_on();
    return microphone.lost;
}

uint32_t kws_audio_settling_ms(void)
{
    return 0;
}

#endif
