#include "kws_text.h"

#include <stdbool.h>
#include <string.h>

static void put_bytes(kws_text *text, const char *bytes, int32_t count)
{
    const int32_t room = KWS_TEXT_BYTES - text->length;
    count = count < room ? count : room;
    memcpy(text->text + text->length, bytes, (size_t)count);
    text->length += count;
}

void kws_text_put(kws_text *text, const char *string)
{
    put_bytes(text, string, (int32_t)strlen(string));
}

static void put_digits(kws_text *text, uint32_t value, bool negative, int32_t least, int32_t width)
{
    char digits[16];
    int32_t at = sizeof digits;
    for (int32_t i = 0; value > 0 || i < least; i++) {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    if (negative) {
        digits[--at] = '-';
    }
    for (int32_t i = (int32_t)sizeof digits - at; i < width; i++) {
        put_bytes(text, " ", 1);
    }
    put_bytes(text, digits + at, (int32_t)sizeof digits - at);
}

void kws_text_number(kws_text *text, int32_t value)
{
    const uint32_t size = value < 0 ? 0U - (uint32_t)value : (uint32_t)value;
    put_digits(text, size, value < 0, 1, 0);
}

void kws_text_unsigned(kws_text *text, uint32_t value)
{
    put_digits(text, value, false, 1, 0);
}

void kws_text_thousandths(kws_text *text, uint32_t value, int32_t decimals, int32_t width)
{
    uint32_t below = 1, unit = 1000;
    for (int32_t i = 0; i < decimals; i++) {
        below *= 10;
        unit /= 10;
    }
    value = value / unit + (2 * (value % unit) >= unit);
    put_digits(text, value / below, false, 1, width - decimals - 1);
    kws_text_put(text, ".");
    put_digits(text, value % below, false, decimals, 0);
}

void kws_text_hash(kws_text *text, uint64_t hash)
{
    for (int32_t shift = 60; shift >= 0; shift -= 4) {
        put_bytes(text, &"0123456789abcdef"[hash >> shift & 15], 1);
    }
}
