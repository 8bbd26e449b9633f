/* tinykws: reports the words that it recognizes on the serial port. This file is the same on every
 * board; lib/audio and lib/board contain the differences. */
#include "kws_app.h"

#if defined(ARDUINO)
#include <Arduino.h> /* declares setup() and loop(): cores differ in whether they have C linkage */
#endif

static kws_app app;

void setup()
{
    kws_app_start(&app);
}

void loop()
{
    kws_app_step(&app);
}
