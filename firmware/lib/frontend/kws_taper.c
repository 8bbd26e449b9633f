#include "kws_arith.h"
#include "kws_stages.h"

/* 2^59: a radix-4 sum of a block below this energy stays below 2^31. */
#define ENERGY_BITS 59

/* One tapered sample, Q14. */
static inline int32_t taper_sample(int16_t previous, int16_t current, int32_t pre_emphasis,
                                   int32_t weight)
{
    return kws_high(current * 32768 - kws_high_16(pre_emphasis, previous), weight); /* Q15 inside */
}

/* Returns the energy of the block's upper halves: close enough to choose a shift by. */
static int64_t taper_block(const kws_frontend_tables *tables, const int16_t *samples,
                           int32_t *block)
{
    const int32_t length = tables->taper_length, pre_emphasis = tables->pre_emphasis;
    const int32_t *weights = tables->taper;
    const int16_t *rising = samples, *falling = samples + length - 1;
    int32_t *head = block, *tail = block + length;
    int16_t before = *rising++, after = *falling;
    int64_t energy = 0;
    *head++ = 0; /* the taper starts at zero */
    while (head < --tail) { /* it is symmetric: both ends at once */
        const int32_t weight = *++weights;
        const int16_t current = *rising++, previous = *--falling;
        const int32_t first = taper_sample(before, current, pre_emphasis, weight);
        const int32_t last = taper_sample(previous, after, pre_emphasis, weight);
        *head++ = first;
        *tail = last;
        energy = kws_add_upper_square(energy, first);
        energy = kws_add_upper_square(energy, last);
        before = current;
        after = previous;
    }
    if (head == tail) {
        *head = taper_sample(before, *rising, pre_emphasis, *++weights);
        energy = kws_add_upper_square(energy, *head);
    }
    return energy;
}

/* The largest shift that keeps the energy below its bound: with h = v >> 16, |v| is at most
 * (|h| + 1) 2^16, and the sum of (|h| + 1)^2 is at most energy * 9/8 + 9 * samples. */
static int32_t block_shift(int64_t energy, int32_t samples)
{
    const int64_t bound = energy + (energy >> 3) + 9 * samples;
    const uint32_t upper = (uint32_t)(bound >> 32);
    const int32_t bits = upper ? 32 + kws_bits(upper) : kws_bits((uint32_t)bound);
    return (ENERGY_BITS - 32 - bits) >> 1;
}

/* Four at a time (a block is a multiple of four): the loop costs as much as one. */
static void shift_left(int32_t *block, int32_t count, int32_t shift)
{
    for (const int32_t *const end = block + count; block < end; block += 4) {
        block[0] = kws_shift_left(block[0], shift);
        block[1] = kws_shift_left(block[1], shift);
        block[2] = kws_shift_left(block[2], shift);
        block[3] = kws_shift_left(block[3], shift);
    }
}

static void shift_right(int32_t *block, int32_t count, int32_t shift)
{
    for (int32_t i = 0; i < count; i++) {
        block[i] >>= shift;
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
    const int64_t energy = taper_block(tables, samples + start, block + start);
    const int32_t shift = block_shift(energy, tables->fft_size);
    if (shift > 0) {
        shift_left(block, tables->fft_size, shift);
    } else if (shift < 0) {
        shift_right(block, tables->fft_size, -shift);
    }
    return shift;
}
