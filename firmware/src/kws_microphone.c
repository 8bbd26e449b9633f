#include "kws_microphone.h"

#include <string.h>

#include "kws_audio.h"
#include "kws_board.h"

#if !KWS_AUDIO_CAN(KWS_SAMPLE_RATE)
#error "this board's microphone cannot sample at the bundle's rate; use a board with an I2S microphone"
#endif

enum {
    SAMPLES = 160, /* per step; 10 ms at 16 kHz */
    RECORD = 6,
    SILENT_MICROS = 1000000,
    ZEROS = 5 * KWS_SAMPLE_RATE,
};

void kws_microphone_start(kws_microphone *microphone, kws_hearing *hearing)
{
    memset(microphone, 0, sizeof *microphone);
    microphone->hearing = hearing;
    microphone->answers = kws_audio_start(KWS_SAMPLE_RATE);
    kws_conditioner_start(&microphone->conditioner,
                          kws_audio_settling_ms() * KWS_SAMPLE_RATE / 1000,
#ifdef KWS_AUTOMATIC_GAIN
                          true
#else
                          false
#endif
    );
    microphone->sample_micros = kws_board_micros();
    if (!microphone->answers) {
        kws_text_put(&hearing->output->line, "# the microphone does not answer");
        kws_output_line(hearing->output);
    }
}

void kws_microphone_record(kws_microphone *microphone, uint32_t samples)
{
    microphone->record_left = samples;
    microphone->record_index = 0;
}

static void report(kws_microphone *microphone, const char *what, uint32_t number,
                   const char *then)
{
    kws_output *output = microphone->hearing->output;
    kws_text_put(&output->line, what);
    kws_text_unsigned(&output->line, number);
    kws_text_put(&output->line, then);
    kws_output_line(output);
}

static void count_lost(kws_microphone *microphone)
{
    const uint32_t lost = kws_audio_lost();
    const uint32_t more = lost - microphone->lost_before;
    if (more == 0) {
        return;
    }
    microphone->lost_before = lost;
    microphone->lost += more;
    microphone->record_index += microphone->record_left > 0 ? more : 0;
    if (microphone->hearing->source == KWS_SOURCE_MICROPHONE) {
        kws_hearing_pass(microphone->hearing, more);
        report(microphone, "# lost ", more, " samples: the board was busy for too long");
    }
}

/* A microphone that has stopped is reported once per second. */
static void count_silence(kws_microphone *microphone)
{
    const uint32_t now = kws_board_micros();
    if (now - microphone->sample_micros >= SILENT_MICROS) {
        microphone->sample_micros += SILENT_MICROS;
        microphone->silent++;
        report(microphone, "# no samples from the microphone for ", microphone->silent, " s");
    }
}

/* Even in a quiet room samples of a working microphone are not all exactly 0. */
static void check_zeros(kws_microphone *microphone, const int16_t *samples, int32_t count)
{
#if defined(KWS_AUDIO_ZEROS_REMEDY)
    for (int32_t i = 0; i < count; i++) {
        microphone->zeros = samples[i] == 0 ? microphone->zeros + 1 : 0;
    }
    if (microphone->zeros >= ZEROS) {
        kws_output *output = microphone->hearing->output;
        microphone->zeros = 0;
        kws_text_put(&output->line, "# the microphone sends only zeros: " KWS_AUDIO_ZEROS_REMEDY);
        kws_output_line(output);
    }
#else
    (void)microphone, (void)samples, (void)count;
#endif
}

static void record(kws_microphone *microphone, const int16_t *samples, int32_t count)
{
    while (count > 0 && microphone->record_left > 0) {
        uint8_t data[4 + 2 * SAMPLES];
        const uint32_t now = (uint32_t)count < microphone->record_left ? (uint32_t)count
                                                                       : microphone->record_left;
        kws_put_u32(data, microphone->record_index);
        for (uint32_t i = 0; i < now; i++) {
            data[4 + 2 * i] = (uint8_t)samples[i];
            data[5 + 2 * i] = (uint8_t)((uint16_t)samples[i] >> 8);
        }
        kws_output_packet(microphone->hearing->output, RECORD, data, (int32_t)(4 + 2 * now));
        microphone->record_index += now;
        microphone->record_left -= now;
        count -= (int32_t)now;
    }
}

bool kws_microphone_step(kws_microphone *microphone)
{
    if (!microphone->answers) {
        return false;
    }
    kws_hearing *hearing = microphone->hearing;
    int16_t samples[SAMPLES];
    count_lost(microphone);
    const int32_t came = kws_audio_read(samples, SAMPLES);
    if (came == 0) {
        count_silence(microphone);
        return false;
    }
    microphone->sample_micros = kws_board_micros();
    microphone->silent = 0;
    microphone->samples += (uint32_t)came;
    check_zeros(microphone, samples, came);
    const int32_t left = kws_conditioner_run(&microphone->conditioner, samples, came);
    record(microphone, samples, left);
    if (hearing->source == KWS_SOURCE_MICROPHONE) {
        kws_hearing_pass(hearing, (uint32_t)(came - left)); /* while it settled */
        kws_hearing_push(hearing, samples, left);
    }
    return true;
}
