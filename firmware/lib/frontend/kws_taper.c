#include "kws_arith.h"
#include "kws_stages.h"

/* 2^59: a radix-4 sum of a block below this energy stays below 2^31. */
#define ENERGY_BITS 59

/* One tapered sample, Q14: x[n] - p x[n - 1], weighted. */
static inline int32_t taper_sample(const int16_t *sample, int32_t pre_emphasis, int32_t weight)
{
    int32_t emphasized = sample[0] * 32768 - kws_high_16(pre_emphasis, sample[-1]); /* Q15 */
    return kws_high(emphasized, weight);
}

/* The power of the upper half of a value: cheap, and close enough to choose a shift by. */
static inline uint32_t coarse_power(int32_t value)
{
    return (uint32_t)((value >> 16) * (value >> 16));
}

static uint64_t taper_block(const kws_frontend_tables *tables, const int16_t *samples,
                            int32_t *block)
{
    const int32_t length = tables->taper_length;
    const int32_t pre_emphasis = tables->pre_emphasis;
    uint64_t energy = 0;
    for (int32_t n = 1; n <= length - n; n++) { /* the taper is symmetric: both ends at once */
        const int32_t weight = tables->taper[n];
        const int32_t head = taper_sample(samples + n, pre_emphasis, weight);
        const int32_t tail = taper_sample(samples + length - n, pre_emphasis, weight);
        block[n] = head;
        block[length - n] = tail;
        energy += coarse_power(head);
        if (n < length - n) {
            energy += coarse_power(tail);
        }
    }
    block[0] = 0; /* the taper starts at zero */
    return energy;
}

/* The largest shift that keeps the energy below its bound: with h = v >> 16, |v| is at most
 * (|h| + 1) 2^16, and the sum of (|h| + 1)^2 is at most energy * 9/8 + 9 * samples. */
static int32_t block_shift(uint64_t energy, int32_t samples)
{
    const uint64_t bound = energy + (energy >> 3) + 9U * (uint32_t)samples;
    const uint32_t upper = (uint32_t)(bound >> 32);
    const int32_t bits = upper ? 32 + kws_bits(upper) : kws_bits((uint32_t)bound);
    return (ENERGY_BITS - 32 - bits) >> 1;
}

static void shift_block(int32_t *block, int32_t count, int32_t shift)
{
    if (shift > 0) {
        for (int32_t i = 0; i < count; i++) {
            block[i] = kws_shift_left(block[i], shift);
        }
    } else if (shift < 0) {
        for (int32_t i = 0; i < count; i++) {
            block[i] >>= -shift;
        }
    }
}

int32_t kws_taper(const kws_frontend_tables *tables, const int16_t *samples, int32_t *block)
{
    const int32_t start = tables->taper_start, end = start + tables->taper_length;
    for (int32_t i = 0; i < start; i++) {
        block[i] = 0;
    }
    for (int32_t i = end; i < tables->fft_size; i++) {
        block[i] = 0;
    }
    const uint64_t energy = taper_block(tables, samples + start, block + start);
    const int32_t shift = block_shift(energy, tables->fft_size);
    shift_block(block + start, tables->taper_length, shift);
    return shift;
}
