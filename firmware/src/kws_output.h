/* What the board sends to its host: lines for people and packets for programs, as docs/serial.md
 * specifies them. */
#ifndef KWS_OUTPUT_H
#define KWS_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_packet.h"
#include "kws_text.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    kws_text line;                       /* The line under construction. */
    uint8_t encoded[KWS_PACKET_ENCODED]; /* The packet that is being sent. */
    uint32_t dropped;                    /* Bytes that the host did not take in time. */
    bool stalled;                        /* The host did not take all of the last write. */
    uint32_t stalled_micros;             /* The time of the last write. */
} kws_output;

void kws_output_start(kws_output *output);

/* Ends and sends the line under construction; kws_text_put on `line` begins the next one. */
void kws_output_line(kws_output *output);

/* Sends a packet that is not a reply. */
void kws_output_packet(kws_output *output, uint8_t type, const uint8_t *data, int32_t length);

/* Sends the reply to request `number`, even if the host did not take the last write. */
void kws_output_reply(kws_output *output, uint8_t type, uint8_t number, const void *data,
                      int32_t length);

#ifdef __cplusplus
}
#endif

#endif
