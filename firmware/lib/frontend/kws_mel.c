#include "kws_arith.h"
#include "kws_stages.h"

/* Power between two neighbouring mel centres: in all, and weighted by the rising filter. */
typedef struct {
    int64_t total, rising;
} segment_power;

static segment_power measure_segment(const kws_frontend_tables *tables, const int32_t *block,
                                     int32_t segment)
{
    const uint16_t *bin = tables->bin_order + tables->segment_first[segment];
    const uint16_t *const end = tables->bin_order + tables->segment_first[segment + 1];
    const uint32_t slope = (uint32_t)tables->segment_slope[segment];
    uint32_t growing = (uint32_t)tables->segment_weight[segment]; /* wraps after the last bin */
    int64_t total = 0, rising = 0;
    for (; bin < end; bin++) {
        const int32_t re = block[2 * *bin], im = block[2 * *bin + 1];
        const int32_t weight = (int32_t)growing;
        total += kws_multiply(re, re);
        total += kws_multiply(im, im);
        rising += kws_multiply(kws_high(re, weight), re);
        rising += kws_multiply(kws_high(im, weight), im);
        growing += slope;
    }
    return (segment_power){total, 2 * rising};
}

/* log2 of power * 2^scale, Q24. */
static int32_t log2_power(uint64_t power, int32_t scale, const int32_t *polynomial)
{
    uint32_t mantissa = (uint32_t)(power >> 32);
    int32_t exponent = 31;
    if (mantissa) {
        const int32_t shift = 32 - kws_bits(mantissa);
        mantissa = (mantissa << shift) | ((uint32_t)power >> 1 >> (31 - shift));
        exponent = 63 - shift;
    } else {
        const int32_t shift = 32 - kws_bits((uint32_t)power);
        mantissa = (uint32_t)power << shift;
        exponent -= shift;
    }
    const int32_t fraction = (int32_t)(mantissa & 0x7fffffffU); /* Q31 */
    int32_t log2 = polynomial[7];
    for (int32_t i = 6; i >= 0; i--) {
        log2 = kws_high_add(polynomial[i], log2, fraction);
    }
    return log2 + (exponent + scale) * (1 << 24);
}

void kws_log_mel(const kws_frontend_tables *tables, const int32_t *block, int32_t shift,
                 int32_t *log_mel)
{
    segment_power below = measure_segment(tables, block, 0);
    for (int32_t band = 0; band < tables->mel_bands; band++) {
        const segment_power above = measure_segment(tables, block, band + 1);
        const int64_t power = below.rising + above.total - above.rising;
        int32_t log2 = tables->log_floor;
        if (power > 0) {
            log2 = log2_power((uint64_t)power, -2 * shift, tables->log2_polynomial);
            log2 += tables->band_offset[band];
        }
        log_mel[band] = log2 > tables->log_floor ? log2 : tables->log_floor;
        below = above;
    }
}
