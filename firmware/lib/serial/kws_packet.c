#include "kws_packet.h"

enum { HEADER = 4, CHECK = 4, LONGEST_RUN = 255 };

uint32_t kws_crc32(uint32_t crc, const uint8_t *data, int32_t length)
{
    crc = ~crc;
    for (int32_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}

void kws_put_u32(uint8_t *bytes, uint32_t value)
{
    for (int32_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

uint32_t kws_get_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void kws_packet_start(kws_receiver *receiver)
{
    receiver->inside = false;
    receiver->length = 0;
    receiver->left = 0;
    receiver->zero = false;
    receiver->time = 0;
}

static void begin(kws_receiver *receiver)
{
    receiver->inside = true;
    receiver->length = 0;
    receiver->left = 0;
    receiver->zero = false;
}

/* Checks what was collected; sets `packet` if it is one. */
static bool whole(const kws_receiver *receiver, kws_packet *packet)
{
    const uint8_t *bytes = receiver->bytes;
    const int32_t length = receiver->length - HEADER - CHECK;
    if (length < 0 || receiver->left > 0 || (bytes[2] | bytes[3] << 8) != length ||
        kws_get_u32(bytes + HEADER + length) != kws_crc32(0, bytes, HEADER + length)) {
        return false;
    }
    packet->type = bytes[0];
    packet->number = bytes[1];
    packet->length = (uint16_t)length;
    packet->data = bytes + HEADER;
    return true;
}

static kws_received end(kws_receiver *receiver, kws_packet *packet)
{
    const bool collected = receiver->length > 0 || receiver->left > 0 || receiver->zero;
    if (collected && whole(receiver, packet)) {
        receiver->inside = false;
        return KWS_PACKET;
    }
    begin(receiver); /* this zero byte may be the first of the next packet */
    return collected ? KWS_DAMAGED : KWS_NOTHING;
}

/* COBS: a code tells how many bytes come before the next zero. Returns false if a packet is too
 * long. */
static bool decode(kws_receiver *receiver, uint8_t byte)
{
    if (receiver->left > 0) {
        receiver->left--;
    } else {
        const bool zero = receiver->zero;
        receiver->left = byte - 1;
        receiver->zero = byte < LONGEST_RUN;
        if (!zero) {
            return true;
        }
        byte = 0;
    }
    if (receiver->length == KWS_PACKET_BYTES) {
        return false;
    }
    receiver->bytes[receiver->length++] = byte;
    return true;
}

bool kws_packet_expected(const kws_receiver *receiver, uint32_t time)
{
    return receiver->inside && time - receiver->time <= KWS_PACKET_SILENCE_US;
}

kws_received kws_packet_push(kws_receiver *receiver, uint8_t byte, uint32_t time,
                             kws_packet *packet)
{
    if (!kws_packet_expected(receiver, time)) {
        kws_packet_start(receiver);
    }
    receiver->time = time;
    if (byte == 0 && !receiver->inside) {
        begin(receiver);
        return KWS_NOTHING;
    }
    if (byte == 0) {
        return end(receiver, packet);
    }
    if (!receiver->inside) {
        return KWS_TEXT;
    }
    if (!decode(receiver, byte)) {
        receiver->inside = false;
        return KWS_DAMAGED;
    }
    return KWS_NOTHING;
}

/* Where COBS writes the code of the current run and the next byte. */
typedef struct {
    uint8_t *encoded;
    int32_t code, next;
} run;

static void close_run(run *r)
{
    r->encoded[r->code] = (uint8_t)(r->next - r->code);
    r->code = r->next++;
}

static void put(run *r, const uint8_t *data, int32_t length)
{
    for (int32_t i = 0; i < length; i++) {
        if (data[i] == 0) {
            close_run(r);
            continue;
        }
        r->encoded[r->next++] = data[i];
        if (r->next - r->code == LONGEST_RUN) {
            close_run(r);
        }
    }
}

int32_t kws_packet_encode(uint8_t type, uint8_t number, const uint8_t *data, int32_t length,
                          uint8_t *encoded)
{
    const uint8_t header[HEADER] = {type, number, (uint8_t)length, (uint8_t)(length >> 8)};
    const uint32_t crc = kws_crc32(kws_crc32(0, header, HEADER), data, length);
    uint8_t check[CHECK];
    kws_put_u32(check, crc);
    run r = {encoded, 1, 2};
    encoded[0] = 0;
    put(&r, header, HEADER);
    put(&r, data, length);
    put(&r, check, CHECK);
    encoded[r.code] = (uint8_t)(r.next - r.code);
    encoded[r.next] = 0;
    return r.next + 1;
}
