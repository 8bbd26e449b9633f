/* Lines of text without printf, whose code would be larger than that of the network. */
#ifndef KWS_TEXT_H
#define KWS_TEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_TEXT_BYTES 512

/* Text that does not fit is cut off. */
typedef struct {
    char text[KWS_TEXT_BYTES]; /* The characters, without a zero at the end. */
    int32_t length;            /* Their number. */
} kws_text;

void kws_text_put(kws_text *text, const char *string);

void kws_text_number(kws_text *text, int32_t value);
void kws_text_unsigned(kws_text *text, uint32_t value);

/* Appends `value` / 1000 with `decimals` (1 to 3) places, padded on the left to `width`
 * characters. */
void kws_text_thousandths(kws_text *text, uint32_t value, int32_t decimals, int32_t width);

/* Appends 16 hexadecimal digits. */
void kws_text_hash(kws_text *text, uint64_t hash);

#ifdef __cplusplus
}
#endif

#endif
