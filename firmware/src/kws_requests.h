/* Answers the requests of programs; docs/serial.md, section 3, specifies them. */
#ifndef KWS_REQUESTS_H
#define KWS_REQUESTS_H

#include <stdint.h>

#include "kws_hearing.h"
#include "kws_listener.h"
#include "kws_microphone.h"
#include "kws_output.h"
#include "kws_packet.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_FIRMWARE_VERSION "0.1.0"
#define KWS_PROTOCOL_VERSION 2 /* of docs/serial.md */

typedef struct {
    kws_output *output;         /* Where replies go. */
    kws_hearing *hearing;       /* What is asked about, and takes injected audio. */
    kws_listener *listener;     /* The listener of `hearing`. */
    kws_microphone *microphone; /* What is asked about, and records. */
    uint32_t app_bytes;         /* The memory that the whole application takes, to be reported. */
    uint32_t packets;           /* Packets received whole. */
    uint32_t damaged;           /* Packets received with a wrong length, check or code. */
} kws_requests;

void kws_requests_start(kws_requests *requests, kws_microphone *microphone, uint32_t app_bytes);

/* Carries out a request and sends exactly one reply. */
void kws_requests_answer(kws_requests *requests, const kws_packet *request);

#ifdef __cplusplus
}
#endif

#endif
