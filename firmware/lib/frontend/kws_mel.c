#include "kws_stages.h"

/* The power between two neighbouring mel centres: the total, and half of what the rising filter
 * takes. */
typedef struct {
    kws_wide total, rising;
} segment_power;

static segment_power measure_segment(const kws_frontend_tables *tables, const kws_word *block,
                                     int32_t segment)
{
    const uint16_t *bin = tables->bin_order + tables->segment_first[segment];
    const uint16_t *const end = tables->bin_order + tables->segment_first[segment + 1];
    const uint32_t slope = (uint32_t)tables->segment_slope[segment];
    uint32_t growing = (uint32_t)tables->segment_weight[segment]; /* wraps after the last bin */
    kws_wide total = {0}, rising = {0};
    for (; bin < end; bin++) {
        const kws_word *const at = block + 2 * *bin;
        const kws_word re = at[0], im = at[1];
        const int32_t weight = (int32_t)growing;
        total = kws_multiply_add(total, re, re);
        total = kws_multiply_add(total, im, im);
        rising = kws_multiply_add(rising, kws_high(re, weight), re);
        rising = kws_multiply_add(rising, kws_high(im, weight), im);
        growing += slope;
    }
    return (segment_power){total, rising};
}

/* log2 of power, Q24, by a polynomial in the fraction. */
static kws_word log2_power(kws_wide power, const int32_t *polynomial)
{
    kws_word exponent;
    const kws_word fraction = kws_normalize(power, &exponent);
    kws_word log2 = kws_all(polynomial[7]);
#pragma GCC unroll 7
    for (int32_t i = 6; i >= 0; i--) {
        log2 = kws_horner(polynomial[i], log2, fraction);
    }
    return log2 + kws_shift_left(exponent, 24);
}

void kws_log_mel(const kws_frontend_tables *tables, const kws_word *block, kws_word shift,
                 kws_word *log_mel)
{
    const kws_word scaling = kws_shift_left(shift, 25); /* power grew by 2^(2 shift) */
    const kws_wide none = {0};
    segment_power below = {none, none};
    for (int32_t band = -1; band < tables->mel_bands; band++) {
        const segment_power above = measure_segment(tables, block, band + 1);
        if (band >= 0) { /* below is known */
            const kws_wide power = kws_combine(below.rising, above.total, above.rising);
            const kws_word log2 = log2_power(power, tables->log2_polynomial) - scaling;
            log_mel[band] = kws_max(log2 + tables->band_offset[band], tables->log_floor);
        }
        below = above;
    }
}
