#include "kws_stages.h"

/* Writes sums of mirrored bands to the lower half and differences to the upper half: even DCT rows
 * need only the sums, odd rows only the differences. A middle band is its own mirror. */
static void fold(kws_word *log_mel, int32_t bands)
{
    for (int32_t i = 0; i < bands / 2; i++) {
        const kws_word low = log_mel[i], high = log_mel[bands - 1 - i];
        log_mel[i] = low + high;
        log_mel[bands - 1 - i] = low - high;
    }
}

/* sum + the upper words of the products. Four at a time, because the loop costs as much as one. */
static kws_word dot(const int32_t *row, const kws_word *values, int32_t length, kws_word sum)
{
    for (; length >= 4; length -= 4, row += 4, values += 4) {
        sum = kws_high_add(sum, values[0], row[0]);
        sum = kws_high_add(sum, values[1], row[1]);
        sum = kws_high_add(sum, values[2], row[2]);
        sum = kws_high_add(sum, values[3], row[3]);
    }
    for (; length > 0; length--) {
        sum = kws_high_add(sum, *values++, *row++);
    }
    return sum;
}

void kws_project(const kws_frontend_tables *tables, kws_word *log_mel, int16_t *frame)
{
    const int32_t length = tables->row_length;
    const kws_word *const sums = log_mel;
    const kws_word *const differences = log_mel + tables->mel_bands / 2; /* innermost first */
    const int32_t *row = tables->rows;
    if (tables->dct) {
        fold(log_mel, tables->mel_bands);
    }
    for (int32_t i = 0; i < tables->coefficients; i++, row += length) {
        const kws_word *const values = !tables->dct ? log_mel + i : i % 2 ? differences : sums;
        const kws_word sum = dot(row, values, length, kws_all(tables->bias[i]));
        kws_store_16(frame, i, sum >> tables->row_shift);
    }
}
