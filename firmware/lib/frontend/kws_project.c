#include "kws_arith.h"
#include "kws_stages.h"

/* Sums of mirrored bands into the lower half, differences into the upper: even DCT rows need only
 * the former, odd ones the latter. A middle band is its own mirror. */
static void fold(int32_t *log_mel, int32_t bands)
{
    for (int32_t i = 0; i < bands / 2; i++) {
        const int32_t low = log_mel[i], high = log_mel[bands - 1 - i];
        log_mel[i] = low + high;
        log_mel[bands - 1 - i] = low - high;
    }
}

/* sum + the upper words of the products. Four at a time: the loop costs as much as one. */
static int32_t dot(const int32_t *row, const int32_t *values, int32_t length, int32_t sum)
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

void kws_project(const kws_frontend_tables *tables, int32_t *log_mel, int16_t *frame)
{
    const int32_t length = tables->row_length;
    const int32_t *const sums = log_mel;
    const int32_t *const differences = log_mel + tables->mel_bands / 2; /* innermost first */
    const int32_t *row = tables->rows;
    if (tables->dct) {
        fold(log_mel, tables->mel_bands);
    }
    for (int32_t i = 0; i < tables->coefficients; i++, row += length) {
        const int32_t *const values = !tables->dct ? log_mel + i : i % 2 ? differences : sums;
        const int32_t sum = dot(row, values, length, tables->bias[i]);
        frame[i] = kws_saturate_16(sum >> tables->row_shift);
    }
}
