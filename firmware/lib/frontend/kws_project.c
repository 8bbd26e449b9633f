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

static int32_t sum_even(const int32_t *row, const int32_t *sums, int32_t length, int32_t sum)
{
    for (int32_t i = 0; i < length; i++) {
        sum = kws_high_add(sum, sums[i], row[i]);
    }
    return sum;
}

static int32_t sum_odd(const int32_t *row, const int32_t *last, int32_t length, int32_t sum)
{
    for (int32_t i = 0; i < length; i++) {
        sum = kws_high_add(sum, last[-i], row[i]);
    }
    return sum;
}

void kws_project(const kws_frontend_tables *tables, int32_t *log_mel, int16_t *frame)
{
    const int32_t length = tables->row_length;
    const int32_t *const last = log_mel + tables->mel_bands - 1;
    const int32_t *row = tables->rows;
    if (tables->dct) {
        fold(log_mel, tables->mel_bands);
    }
    for (int32_t i = 0; i < tables->coefficients; i++, row += length) {
        int32_t sum = tables->bias[i];
        if (!tables->dct) {
            sum = kws_high_add(sum, log_mel[i], row[0]);
        } else if (i % 2) {
            sum = sum_odd(row, last, tables->mel_bands / 2, sum);
        } else {
            sum = sum_even(row, log_mel, length, sum);
        }
        frame[i] = kws_saturate_16(sum >> tables->row_shift);
    }
}
