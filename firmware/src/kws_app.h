/* The firmware: a microphone and a serial console around one listener. main.cpp calls it on every
 * board. */
#ifndef KWS_APP_H
#define KWS_APP_H

#include "kws_console.h"
#include "kws_hearing.h"
#include "kws_microphone.h"
#include "kws_output.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The members point to each other, so a kws_app must stay where it was started. */
typedef struct {
    kws_output output;         /* Sends lines and packets to the host. */
    kws_hearing hearing;       /* Detects words and reports them. */
    kws_microphone microphone; /* Gives the samples. */
    kws_console console;       /* Answers people and programs. */
} kws_app;

void kws_app_start(kws_app *app);

/* One round: bytes from the port, samples from the microphone, a decision if one is due. */
void kws_app_step(kws_app *app);

#ifdef __cplusplus
}
#endif

#endif
