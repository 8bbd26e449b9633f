#include "kws_app.h"

#include <string.h>

#include "kws_audio.h"
#include "kws_board.h"
#include "kws_model.h"

enum { WATCH = 9, NO_LABEL = 255 };

void kws_app_start(kws_app *app)
{
    memset(app, 0, sizeof *app);
    kws_board_start();
    kws_listener_start(&app->listener);
    kws_packet_start(&app->receiver);
    app->microphone = kws_audio_start(KWS_SAMPLE_RATE);
    kws_conditioner_start(&app->conditioner,
                          kws_audio_settling_ms() * KWS_SAMPLE_RATE / 1000,
#ifdef KWS_AUTOMATIC_GAIN
                          true
#else
                          false
#endif
    );
    app->sample_micros = kws_board_micros();
    if (!kws_model_start()) {
        kws_text_put(&app->line, "# the model does not fit into the memory of the engine");
        kws_console_line(app);
    }
    if (!app->microphone) {
        kws_text_put(&app->line, "# no microphone answers");
        kws_console_line(app);
    }
    kws_text_put(&app->line, "# tinykws " KWS_FIRMWARE_VERSION ": listening; ? and Enter for help");
    kws_console_line(app);
}

void kws_app_pass(kws_app *app, uint32_t samples)
{
    /* seconds by themselves: thousandths of all of them would be too many for 32 bits */
    app->audio_ms += samples / KWS_SAMPLE_RATE * 1000;
    app->audio_rest += samples % KWS_SAMPLE_RATE * 1000;
    app->audio_ms += app->audio_rest / KWS_SAMPLE_RATE;
    app->audio_rest %= KWS_SAMPLE_RATE;
}

static void say(kws_app *app, const kws_detection *detection)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    kws_text *line = &app->line;
    kws_text_thousandths(line, app->audio_ms, 3, 9);
    kws_text_put(line, " s  ");
    kws_text_put(line, names[detection->label]);
    kws_text_put(line, "  ");
    kws_text_number(line, (100 * detection->score + 128) / 256);
    kws_text_put(line, " %   (front end ");
    kws_text_thousandths(line, app->listener.frame_micros, 1, 0);
    kws_text_put(line, " ms, network ");
    kws_text_thousandths(line, app->listener.network_micros, 1, 0);
    kws_text_put(line, " ms, level ");
    kws_text_number(line, kws_listener_level(&app->listener));
    kws_text_put(line, " dB)");
    kws_console_line(app);
}

static void tell_decision(kws_app *app, int32_t label)
{
    uint8_t data[7 + KWS_LABELS];
    for (int32_t i = 0; i < 4; i++) {
        data[i] = (uint8_t)(app->audio_ms >> 8 * i);
    }
    data[4] = (uint8_t)kws_listener_level(&app->listener);
    data[5] = app->listener.network_ran;
    data[6] = (uint8_t)label;
    memcpy(data + 7, app->listener.scores, KWS_LABELS);
    kws_console_tell(app, WATCH, data, sizeof data);
}

void kws_app_hear(kws_app *app, const int16_t *samples, int32_t count)
{
    while (count > 0) {
        bool decide;
        const int32_t used = kws_listener_push(&app->listener, samples, count, &decide);
        samples += used;
        count -= used;
        kws_app_pass(app, (uint32_t)used);
        if (!decide || app->source == KWS_INJECTED_ASKED) {
            continue;
        }
        kws_detection detection;
        const bool detected = kws_listener_decide(&app->listener, app->audio_ms, &detection);
        if (detected) {
            say(app, &detection);
        }
        if (app->watch) {
            tell_decision(app, detected ? detection.label : NO_LABEL);
        }
    }
}

void kws_app_step(kws_app *app)
{
    const bool typed = kws_console_step(app);
    const bool heard = kws_microphone_step(app);
    if (!typed && !heard) {
        kws_board_idle(kws_packet_expected(&app->receiver, kws_board_micros()));
    }
}
