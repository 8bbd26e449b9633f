/* Packets between lines of text on one serial port, as in section 2 of docs/serial.md. */
#ifndef KWS_PACKET_H
#define KWS_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_PACKET_DATA 512                    /* most bytes of data */
#define KWS_PACKET_BYTES (KWS_PACKET_DATA + 8) /* type, number, length, data, check */
/* Encoded: a code at the start and after each 254 bytes, and a zero byte on both sides. */
#define KWS_PACKET_ENCODED (KWS_PACKET_BYTES + KWS_PACKET_BYTES / 254 + 3)
#define KWS_PACKET_SILENCE_US 200000 /* after this time an unfinished packet is given up */

typedef struct {
    uint8_t type;        /* What the packet is, as in section 3 of docs/serial.md. */
    uint8_t number;      /* The host's number of the request. */
    uint16_t length;     /* The number of bytes of `data`. */
    const uint8_t *data; /* The data, valid until the next byte is pushed. */
} kws_packet;

typedef enum {
    KWS_NOTHING, /* More bytes are needed. */
    KWS_TEXT,    /* The byte was not part of a packet. */
    KWS_PACKET,  /* A packet is complete. */
    KWS_DAMAGED, /* A damaged packet was dropped. */
} kws_received;

/* A receiver. The caller owns it; its fields are for kws_packet_* only. */
typedef struct {
    bool inside;    /* The next byte may belong to a packet. */
    int32_t length; /* The number of decoded bytes. */
    int32_t left;   /* The number of bytes until the next COBS code. */
    bool zero;      /* A zero has to be inserted there. */
    uint32_t time;  /* The time of the last byte in µs, which may wrap around. */
    uint8_t bytes[KWS_PACKET_BYTES]; /* The decoded bytes. */
} kws_receiver;

void kws_packet_start(kws_receiver *receiver);

/* Takes one byte and its time of arrival in µs; `packet` is set only with KWS_PACKET. */
kws_received kws_packet_push(kws_receiver *receiver, uint8_t byte, uint32_t time,
                             kws_packet *packet);

/* Returns whether bytes of a packet are still expected at this time. */
bool kws_packet_expected(const kws_receiver *receiver, uint32_t time);

/* Encodes a packet between two zero bytes and returns the number of bytes; `encoded` has room for
 * KWS_PACKET_ENCODED. */
int32_t kws_packet_encode(uint8_t type, uint8_t number, const uint8_t *data, int32_t length,
                          uint8_t *encoded);

/* Numbers in packets are little-endian. */
void kws_put_u32(uint8_t *bytes, uint32_t value);
uint32_t kws_get_u32(const uint8_t *bytes);

/* The CRC-32 of zlib; begin with 0, continue with the last result. */
uint32_t kws_crc32(uint32_t crc, const uint8_t *data, int32_t length);

#ifdef __cplusplus
}
#endif

#endif
