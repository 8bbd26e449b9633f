/* The serial port's input: packets of programs and what people type among them. */
#ifndef KWS_CONSOLE_H
#define KWS_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_microphone.h"
#include "kws_packet.h"
#include "kws_requests.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    kws_receiver receiver; /* Finds the packets among the bytes that come. */
    kws_requests requests; /* Answers them. */
    char typed;            /* The last character that a person typed before Enter. */
} kws_console;

void kws_console_start(kws_console *console, kws_microphone *microphone, uint32_t app_bytes);

/* Takes bytes from the port up to the end of a packet; returns true if any bytes came. */
bool kws_console_step(kws_console *console);

/* Returns whether the rest of a packet is still expected. */
bool kws_console_expects(const kws_console *console);

#ifdef __cplusplus
}
#endif

#endif
