#include "kws_stages.h"

#define ENERGY_BITS 59 /* a radix-4 sum of a block with less energy than 2^59 is below 2^31 */
#define COARSE_BITS 20 /* dropped from a value before it is squared to estimate the energy */

/* One tapered sample, Q14. */
static inline kws_word taper_sample(kws_word previous, kws_word current, int32_t pre_emphasis,
                                    int32_t weight)
{
    const kws_word emphasized = kws_shift_left(current, 15) - kws_high_16(pre_emphasis, previous);
    return kws_high(emphasized, weight); /* Q15 before the weight, Q14 after */
}

static inline kws_word coarse_square(kws_word value)
{
    return (value >> COARSE_BITS) * (value >> COARSE_BITS);
}

/* Returns the block's coarse energy, in units of 2^(2 COARSE_BITS). */
static kws_word taper_block(const kws_frontend_tables *tables, kws_source samples, kws_word *block)
{
    const int32_t length = tables->taper_length, pre_emphasis = tables->pre_emphasis;
    const int32_t *weights = tables->taper;
    int32_t rising = tables->taper_start, falling = rising + length - 1;
    kws_word *head = block + rising, *tail = head + length;
    kws_word before = kws_load(samples, rising++), after = kws_load(samples, falling);
    kws_word energy = kws_all(0);
    *head++ = kws_all(0); /* the taper starts at zero */
#if KWS_LOOPS
    const int16_t *from_left = samples + rising, *from_right = samples + falling;
    kws_word first, last, spare, weight;
    if (head < --tail) { /* as below; the upper halves of values >> 4 are coarse */
        __asm__("1: \n"
                "ldr %[weight], [%[weights], #4]! \n"
                "smulwb %[first], %[emphasis], %[before] \n"
                "ldrsh %[before], [%[left]], #2 \n"
                "rsb %[first], %[first], %[before], lsl #15 \n"
                "smmul %[first], %[first], %[weight] \n"
                "str %[first], [%[head]], #4 \n"
                "lsl %[last], %[after], #15 \n"
                "ldrsh %[after], [%[right], #-2]! \n"
                "asr %[first], %[first], #4 \n"
                "smulwb %[spare], %[emphasis], %[after] \n"
                "sub %[last], %[last], %[spare] \n"
                "smmul %[last], %[last], %[weight] \n"
                "str %[last], [%[tail]], #-4 \n"
                "pkhtb %[first], %[first], %[last], asr #20 \n"
                "smlad %[energy], %[first], %[first], %[energy] \n"
                "cmp %[head], %[tail] \n"
                "blo 1b \n"
                : [head] "+r"(head), [tail] "+r"(tail), [left] "+r"(from_left),
                  [right] "+r"(from_right), [weights] "+r"(weights), [before] "+r"(before),
                  [after] "+r"(after), [energy] "+r"(energy), [first] "=&r"(first),
                  [last] "=&r"(last), [spare] "=&r"(spare), [weight] "=&r"(weight)
                : [emphasis] "r"(pre_emphasis)
                : "cc", "memory");
    }
    rising = (int32_t)(from_left - samples);
#else
    while (head < --tail) { /* it is symmetric: both ends at once */
        const int32_t weight = *++weights;
        const kws_word current = kws_load(samples, rising++);
        const kws_word previous = kws_load(samples, --falling);
        const kws_word first = taper_sample(before, current, pre_emphasis, weight);
        const kws_word last = taper_sample(previous, after, pre_emphasis, weight);
        *head++ = first;
        *tail = last;
        energy += coarse_square(first);
        energy += coarse_square(last);
        before = current;
        after = previous;
    }
#endif
    if (head == tail) {
        *head = taper_sample(before, kws_load(samples, rising), pre_emphasis, *++weights);
        energy += coarse_square(*head);
    }
    return energy;
}

/* The largest shift that keeps the energy below its bound: with h = v >> COARSE_BITS, |v| is at
 * most (|h| + 1) 2^COARSE_BITS, and (|h| + 1)^2 at most 9/8 h^2 + 9. */
static kws_word block_shift(kws_word energy, int32_t samples)
{
    const kws_word bound = energy + (energy >> 3) + 9 * samples;
    return (ENERGY_BITS - 2 * COARSE_BITS - kws_bits(bound)) >> 1;
}

/* Four at a time, because the loop costs as much as one; a block is a multiple of four. */
static void shift_left(kws_word *block, int32_t count, kws_word shift)
{
    const kws_word *const end = block + count;
#if KWS_LOOPS
    if (count >= 8) {
        const kws_word *const last = block + count / 8 * 8;
        __asm__("1: \n"
                "ldmia %[block], {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "lsl r4, r4, %[shift] \n"
                "lsl r5, r5, %[shift] \n"
                "lsl r6, r6, %[shift] \n"
                "lsl r8, r8, %[shift] \n"
                "lsl r9, r9, %[shift] \n"
                "lsl r10, r10, %[shift] \n"
                "lsl r12, r12, %[shift] \n"
                "lsl lr, lr, %[shift] \n"
                "stmia %[block]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "cmp %[block], %[last] \n"
                "bne 1b \n"
                : [block] "+r"(block)
                : [last] "r"(last), [shift] "r"(shift)
                : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
    }
#endif
    for (; block < end; block += 4) {
        block[0] = kws_shift_left(block[0], shift);
        block[1] = kws_shift_left(block[1], shift);
        block[2] = kws_shift_left(block[2], shift);
        block[3] = kws_shift_left(block[3], shift);
    }
}

static void shift_right(kws_word *block, int32_t count, kws_word shift)
{
    for (int32_t i = 0; i < count; i++) {
        block[i] >>= shift;
    }
}

kws_word kws_taper(const kws_frontend_tables *tables, kws_source samples, kws_word *block)
{
    const int32_t start = tables->taper_start, end = start + tables->taper_length;
    const int32_t size = tables->fft_size;
    for (int32_t i = 0; i < start; i++) {
        block[i] = kws_all(0);
    }
    for (int32_t i = end; i < size; i++) {
        block[i] = kws_all(0);
    }
    const kws_word energy = taper_block(tables, samples, block);
    const kws_word shift = block_shift(energy, size);
    const kws_word left = kws_max(shift, 0), right = kws_max(-shift, 0);
    if (kws_any(left)) {
        shift_left(block, size, left);
    }
    if (kws_any(right)) {
        shift_right(block, size, right);
    }
    return shift;
}
