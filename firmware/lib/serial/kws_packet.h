/* Packets among lines on one serial port: docs/serial.md, section 2. */
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
#define KWS_PACKET_SILENCE_US 200000 /* after which a packet that began is given up */

typedef struct {
    uint8_t type, number;
    uint16_t length;
    const uint8_t *data; /* valid until the next byte is pushed */
} kws_packet;

typedef enum {
    KWS_NOTHING, /* more bytes are needed */
    KWS_TEXT,    /* the byte was not part of a packet */
    KWS_PACKET,
    KWS_DAMAGED, /* a packet was dropped */
} kws_received;

/* Who receives. The caller owns it; fields are for kws_packet_* only. */
typedef struct {
    bool inside;    /* of a packet, as far as is known */
    int32_t length; /* bytes decoded */
    int32_t left;   /* bytes until the next code of COBS */
    bool zero;      /* a zero is due there */
    uint32_t time;  /* of the last byte, µs; may wrap */
    uint8_t bytes[KWS_PACKET_BYTES];
} kws_receiver;

void kws_packet_start(kws_receiver *receiver);

/* One byte, and when it came in µs. */
kws_received kws_packet_push(kws_receiver *receiver, uint8_t byte, uint32_t time,
                             kws_packet *packet);

/* Whether bytes of a packet are still expected at this time. */
bool kws_packet_expected(const kws_receiver *receiver, uint32_t time);

/* Encodes between two zero bytes; returns the number of bytes. `encoded` has KWS_PACKET_ENCODED. */
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
