/* The firmware on this computer: a board whose port, microphone and clock follow a scenario.
 *
 * Input: records of one letter, a uint32 and, for S and M, that many bytes or samples.
 *   S bytes come in at the serial port    M samples come from the microphone
 *   L samples were lost                   T microseconds pass
 *   V 1: the host is gone, 0: it is back  X 1: the microphone is dead from the start (first record)
 * Output: what the firmware wrote to its port; on stderr how often it waited for a host that is
 * gone, and how often it had nothing to do and expected no bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kws_app.h"
#include "kws_audio.h"
#include "kws_board.h"

static uint8_t *serial, *sound;
static uint32_t serial_left, sound_left, lost, micros, gone, dead, waits, idles;

const char *kws_board_name(void)
{
    return "host";
}

void kws_board_start(void) {}

uint32_t kws_board_micros(void)
{
    return micros;
}

int kws_board_read(void)
{
    if (serial_left == 0) {
        return -1;
    }
    serial_left--;
    return *serial++;
}

int32_t kws_board_write(const uint8_t *data, int32_t count)
{
    if (gone) {
        waits++;
        micros += KWS_BOARD_WRITE_MS * 1000;
        return 0;
    }
    return (int32_t)fwrite(data, 1, (size_t)count, stdout);
}

uint32_t kws_board_stack(void)
{
    return 0;
}

void kws_board_idle(bool expecting)
{
    idles += !expecting;
}

bool kws_audio_start(uint32_t rate)
{
    return !dead && rate == 16000;
}

int32_t kws_audio_read(int16_t *samples, int32_t count)
{
    const int32_t came = sound_left < (uint32_t)count ? (int32_t)sound_left : count;
    if (came > 0) {
        memcpy(samples, sound, 2 * (size_t)came);
        sound += 2 * came;
    }
    sound_left -= (uint32_t)came;
    micros += (uint32_t)came * 125 / 2; /* 16 kHz */
    return came;
}

uint32_t kws_audio_lost(void)
{
    return lost;
}

uint32_t kws_audio_settling_ms(void)
{
    return 0;
}

static void *payload(uint32_t bytes)
{
    void *data = malloc(bytes + 1U);
    if (data == NULL || fread(data, 1, bytes, stdin) != bytes) {
        exit(2);
    }
    return data;
}

int main(void)
{
    static kws_app app;
    bool started = false;
    char what;
    uint32_t number;
    while (fread(&what, 1, 1, stdin) == 1 && fread(&number, 4, 1, stdin) == 1) {
        uint8_t *data = NULL;
        switch (what) {
        case 'S': serial = data = payload(number); serial_left = number; break;
        case 'M': sound = data = payload(2 * number); sound_left = number; break;
        case 'L': lost += number; break;
        case 'T': micros += number; break;
        case 'V': gone = number; break;
        case 'X': dead = number; break;
        default: return 3;
        }
        if (!started) {
            kws_app_start(&app);
            started = true;
        }
        do {
            kws_app_step(&app);
        } while (serial_left > 0 || sound_left > 0);
        fflush(stdout); /* someone may be waiting: live.py */
        free(data);
    }
    fprintf(stderr, "%u %u", (unsigned)waits, (unsigned)idles);
    return 0;
}
