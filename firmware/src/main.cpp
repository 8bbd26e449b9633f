/* tinykws: what the board hears, on its serial port. The same on every board; lib/audio and lib/board
 * have what differs. */
#include "kws_app.h"

#if defined(ARDUINO)
#include <Arduino.h> /* says whether setup() and loop() have C's names: the cores differ */
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
