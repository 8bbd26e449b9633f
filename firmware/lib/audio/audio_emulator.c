/* The emulated microphone: plays the file microphone.raw (16-bit little-endian) at the pace of the
 * board's clock, then silence. Like a real one, it keeps unread samples for a limited time. */
#ifdef KWS_BOARD_EMULATOR

#include "kws_audio.h"

#include <stddef.h>
#include <string.h>

#include "kws_board.h"
#include "kws_semihosting.h"

enum { KEPT_MS = 250, LOST_AT_ONCE = 16 };

/* Static, because the board has exactly one microphone. */
static struct {
    intptr_t file;
    int32_t rate;
    uint32_t micros, rest; /* time of the last sample, and the rest of a millisecond */
    int32_t part;          /* thousandths of a sample left over */
    int32_t waiting;       /* samples not read yet */
    uint32_t lost, ended;  /* ended: samples of silence after the file */
} microphone;

bool kws_audio_start(uint32_t rate)
{
    microphone.rate = (int32_t)rate;
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

static void advance(void)
{
    const uint32_t now = kws_board_micros();
    const uint32_t micros = now - microphone.micros + microphone.rest;
    microphone.micros = now;
    microphone.rest = micros % 1000;
    for (uint32_t ms = micros / 1000; ms > 0; ms--) {
        microphone.part += microphone.rate;
        microphone.waiting += microphone.part / 1000;
        microphone.part %= 1000;
    }
    while (microphone.waiting > microphone.rate / 1000 * KEPT_MS) {
        int16_t gone[LOST_AT_ONCE];
        next_samples(gone, LOST_AT_ONCE);
        microphone.waiting -= LOST_AT_ONCE;
        microphone.lost += LOST_AT_ONCE;
    }
}

int32_t kws_audio_read(int16_t *samples, int32_t count)
{
    advance();
    const int32_t came = microphone.waiting < count ? microphone.waiting : count;
    if (came > 0) {
        next_samples(samples, came);
        microphone.waiting -= came;
    }
    if (microphone.file >= 0 && microphone.ended > 2 * (uint32_t)microphone.rate &&
        kws_semihosting_asked("once")) {
        kws_semihosting_exit(0); /* two seconds after the end of the file */
    }
    return came;
}

uint32_t kws_audio_lost(void)
{
    advance();
    return microphone.lost;
}

uint32_t kws_audio_settling_ms(void)
{
    return 0;
}

#endif
