/* Lines of text, without printf: its code would be larger than the network's. */
#ifndef KWS_TEXT_H
#define KWS_TEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_TEXT_BYTES 512

/* What does not fit is left out. */
typedef struct {
    char text[KWS_TEXT_BYTES];
    int32_t length;
} kws_text;

void kws_text_put(kws_text *text, const char *string);

void kws_text_number(kws_text *text, int32_t value);
void kws_text_unsigned(kws_text *text, uint32_t value);

/* `value` / 1000, rounded to `decimals` (1 to 3), at least `width` wide. */
void kws_text_thousandths(kws_text *text, uint32_t value, int32_t decimals, int32_t width);

/* 16 hex digits. */
void kws_text_hash(kws_text *text, uint64_t hash);

#ifdef __cplusplus
}
#endif

#endif
