/* From the microphone to the listener: conditioning, counting what is lost, recording. */
#include <string.h>

#include "kws_app.h"
#include "kws_audio.h"
#include "kws_board.h"

#if !KWS_AUDIO_CAN(KWS_SAMPLE_RATE)
#error "this board's microphone cannot give the samples a second of the bundle; take a board with an I2S microphone"
#endif

enum {
    SAMPLES = 160, /* at a time; 10 ms at 16 kHz */
    RECORD = 6,
    SILENT_MICROS = 1000000,
};

static void report(kws_app *app, const char *what, uint32_t number, const char *then)
{
    kws_text_put(&app->line, what);
    kws_text_unsigned(&app->line, number);
    kws_text_put(&app->line, then);
    kws_console_line(app);
}

static void count_lost(kws_app *app)
{
    const uint32_t lost = kws_audio_lost();
    const uint32_t more = lost - app->lost_before;
    if (more == 0) {
        return;
    }
    app->lost_before = lost;
    app->lost += more;
    app->record_index += app->record_left > 0 ? more : 0;
    if (app->source == KWS_MICROPHONE) {
        kws_app_pass(app, more);
        report(app, "# lost ", more, " samples: the board was busy for too long");
    }
}

/* A microphone that stops is told once a second. */
static void count_silence(kws_app *app)
{
    const uint32_t now = kws_board_micros();
    if (now - app->sample_micros >= SILENT_MICROS) {
        app->sample_micros += SILENT_MICROS;
        app->silent++;
        report(app, "# no sample from the microphone for ", app->silent, " s");
    }
}

static void record(kws_app *app, const int16_t *samples, int32_t count)
{
    while (count > 0 && app->record_left > 0) {
        uint8_t data[4 + 2 * SAMPLES];
        const uint32_t now = (uint32_t)count < app->record_left ? (uint32_t)count
                                                                : app->record_left;
        for (int32_t i = 0; i < 4; i++) {
            data[i] = (uint8_t)(app->record_index >> 8 * i);
        }
        for (uint32_t i = 0; i < now; i++) {
            data[4 + 2 * i] = (uint8_t)samples[i];
            data[5 + 2 * i] = (uint8_t)((uint16_t)samples[i] >> 8);
        }
        kws_console_tell(app, RECORD, data, (int32_t)(4 + 2 * now));
        app->record_index += now;
        app->record_left -= now;
        count -= (int32_t)now;
    }
}

bool kws_microphone_step(kws_app *app)
{
    if (!app->microphone) {
        return false;
    }
    int16_t samples[SAMPLES];
    count_lost(app);
    const int32_t came = kws_audio_read(samples, SAMPLES);
    if (came == 0) {
        count_silence(app);
        return false;
    }
    app->sample_micros = kws_board_micros();
    app->silent = 0;
    app->samples += (uint32_t)came;
    const int32_t left = kws_conditioner_run(&app->conditioner, samples, came);
    record(app, samples, left);
    if (app->source == KWS_MICROPHONE) {
        kws_app_pass(app, (uint32_t)(came - left)); /* while it settled */
        kws_app_hear(app, samples, left);
    }
    return true;
}
