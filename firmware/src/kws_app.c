#include "kws_app.h"

#include "kws_board.h"

void kws_app_start(kws_app *app)
{
    kws_board_start();
    kws_output_start(&app->output);
    kws_hearing_start(&app->hearing, &app->output);
    kws_microphone_start(&app->microphone, &app->hearing);
    kws_console_start(&app->console, &app->microphone, sizeof *app);
    kws_text_put(&app->output.line,
                 "# tinykws " KWS_FIRMWARE_VERSION ": listening; ? and Enter for help");
    kws_output_line(&app->output);
}

void kws_app_step(kws_app *app)
{
    const bool bytes_came = kws_console_step(&app->console);
    const bool samples_came = kws_microphone_step(&app->microphone);
    if (!bytes_came && !samples_came) {
        kws_board_idle(kws_console_expects(&app->console));
    }
}
