/* The firmware: microphone and serial port around a listener. main.cpp calls it on every board. */
#ifndef KWS_APP_H
#define KWS_APP_H

#include "kws_conditioner.h"
#include "kws_listener.h"
#include "kws_packet.h"
#include "kws_text.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_FIRMWARE_VERSION "0.1.0"
#define KWS_PROTOCOL_VERSION 2 /* of docs/serial.md */

typedef enum { KWS_MICROPHONE, KWS_INJECTED, KWS_INJECTED_ASKED } kws_source;

typedef struct {
    kws_listener listener;
    kws_conditioner conditioner;
    kws_source source;
    bool microphone; /* it answered */
    bool watch;
    uint32_t audio_ms, audio_rest;  /* of audio since the start; rest in ms * rate */
    uint32_t samples, lost, silent; /* of the microphone; see docs/serial.md, section 5 */
    uint32_t sample_micros;         /* when the last one came */
    uint32_t lost_before;           /* kws_audio_lost then */
    uint32_t record_left, record_index;

    kws_receiver receiver;
    uint8_t encoded[KWS_PACKET_ENCODED];
    kws_text line;     /* being built */
    char typed;        /* the last character that a person typed */
    uint32_t packets, damaged, dropped;
    bool deaf;             /* the host took less than it was sent, */
    uint32_t deaf_micros;  /* at this time */
} kws_app;

void kws_app_start(kws_app *app);

/* Once round: bytes from the port, samples from the microphone, a decision if one is due. */
void kws_app_step(kws_app *app);

/* Of kws_microphone.c: true if samples came. */
bool kws_microphone_step(kws_app *app);

/* Of kws_console.c: true if bytes came. */
bool kws_console_step(kws_app *app);

/* One line to the people who read along; begin with kws_text_put into app->line. */
void kws_console_line(kws_app *app);

/* A packet that nobody asked for just now. */
void kws_console_tell(kws_app *app, uint8_t type, const uint8_t *data, int32_t length);

/* So many samples of audio have passed, heard or not. */
void kws_app_pass(kws_app *app, uint32_t samples);

/* Samples into the listener, and what follows from them. */
void kws_app_hear(kws_app *app, const int16_t *samples, int32_t count);

#ifdef __cplusplus
}
#endif

#endif
