/* Sums of products for several places at once, so that each weight is fetched once for all of them.
 *
 * A tile [groups][2][places][2] of int16 holds the inputs of `places` outputs. Inputs come in
 * groups of four; the tile has inputs 0 and 2 of a group for every place, then inputs 1 and 3,
 * because the Cortex-M4 widens four bytes in this order. */
#ifndef KWS_ENGINE_TILE_H
#define KWS_ENGINE_TILE_H

#include "kws_engine_math.h"

#include <string.h>

#define KWS_MOST_PLACES 6

/* The number of int16 in a tile. */
#define KWS_TILE(groups, places) ((groups) * (places)*4)

/* Four bytes at any alignment. */
static inline uint32_t kws_four_bytes(const int8_t *from)
{
    uint32_t four;
    memcpy(&four, from, 4);
    return four;
}

/* Writes one place's inputs [4 * groups] to a tile. */
KWS_KERNEL void kws_tile_fill(int16_t *tile, int places, int place, const int8_t *inputs,
                              int groups)
{
    int16_t *to = tile + 2 * place;
#pragma GCC unroll 4
    for (int group = 0; group < groups; group++, to += 4 * places, inputs += 4) {
#if KWS_DSP
        uint32_t even, odd;
        const uint32_t four = kws_four_bytes(inputs);
        __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(four));
        __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(four));
        memcpy(__builtin_assume_aligned(to, 4), &even, 4);
        memcpy(__builtin_assume_aligned(to + 2 * places, 4), &odd, 4);
#else
        to[0] = inputs[0];
        to[1] = inputs[2];
        to[2 * places] = inputs[1];
        to[2 * places + 1] = inputs[3];
#endif
    }
}

#if KWS_DSP

/* One group of four for six places: sums 0 to 2, then 3 to 5. */
#define KWS_DOT_6 \
    "ldr   %[b], [%[w]], #4 \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "sxtb16 %[a], %[b] \n" \
    "sxtb16 %[b], %[b], ror #8 \n" \
    "smlad %[s0], r4, %[a], %[s0] \n" \
    "smlad %[s1], r5, %[a], %[s1] \n" \
    "smlad %[s2], r6, %[a], %[s2] \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "smlad %[s3], r4, %[a], %[s3] \n" \
    "smlad %[s4], r5, %[a], %[s4] \n" \
    "smlad %[s5], r6, %[a], %[s5] \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "smlad %[s0], r4, %[b], %[s0] \n" \
    "smlad %[s1], r5, %[b], %[s1] \n" \
    "smlad %[s2], r6, %[b], %[s2] \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "smlad %[s3], r4, %[b], %[s3] \n" \
    "smlad %[s4], r5, %[b], %[s4] \n" \
    "smlad %[s5], r6, %[b], %[s5] \n"

#define KWS_DOT_3 \
    "ldr   %[b], [%[w]], #4 \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "sxtb16 %[a], %[b] \n" \
    "sxtb16 %[b], %[b], ror #8 \n" \
    "smlad %[s0], r4, %[a], %[s0] \n" \
    "smlad %[s1], r5, %[a], %[s1] \n" \
    "smlad %[s2], r6, %[a], %[s2] \n" \
    "ldmia %[t]!, {r4, r5, r6} \n" \
    "smlad %[s0], r4, %[b], %[s0] \n" \
    "smlad %[s1], r5, %[b], %[s1] \n" \
    "smlad %[s2], r6, %[b], %[s2] \n"

#define KWS_DOT_1 \
    "ldr   %[b], [%[w]], #4 \n" \
    "ldmia %[t]!, {r4, r5} \n" \
    "sxtb16 %[a], %[b] \n" \
    "sxtb16 %[b], %[b], ror #8 \n" \
    "smlad %[s0], r4, %[a], %[s0] \n" \
    "smlad %[s0], r5, %[b], %[s0] \n"

#define KWS_LOOP(body) "1: \n" body "subs %[n], #1 \n bne 1b \n"

#define KWS_SUMS_6 \
    [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2), [s3] "+r"(s3), [s4] "+r"(s4), [s5] "+r"(s5)
#define KWS_SUMS_3 [s0] "+r"(s0), [s1] "+r"(s1), [s2] "+r"(s2)
#define KWS_OPERANDS \
    [t] "+r"(tile), [w] "+r"(weights), [n] "+r"(left), [a] "=&r"(a), [b] "=&r"(b)

KWS_KERNEL const int32_t *kws_dot_6(const int16_t *tile, const int32_t *weights, int groups,
                                    int32_t *sums)
{
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3], s4 = sums[4], s5 = sums[5];
    uint32_t a, b;
    if (groups % 4 == 0) {
        int left = groups / 4;
        __asm__(KWS_LOOP(KWS_DOT_6 KWS_DOT_6 KWS_DOT_6 KWS_DOT_6)
                : KWS_SUMS_6, KWS_OPERANDS
                :
                : "r4", "r5", "r6", "cc", "memory");
    } else if (groups % 2 == 0) {
        int left = groups / 2;
        __asm__(KWS_LOOP(KWS_DOT_6 KWS_DOT_6)
                : KWS_SUMS_6, KWS_OPERANDS
                :
                : "r4", "r5", "r6", "cc", "memory");
    } else {
        int left = groups;
        __asm__(KWS_LOOP(KWS_DOT_6)
                : KWS_SUMS_6, KWS_OPERANDS
                :
                : "r4", "r5", "r6", "cc", "memory");
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4, sums[5] = s5;
    return weights;
}

KWS_KERNEL const int32_t *kws_dot_3(const int16_t *tile, const int32_t *weights, int left,
                                    int32_t *sums)
{
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2];
    uint32_t a, b;
    __asm__(KWS_LOOP(KWS_DOT_3)
            : KWS_SUMS_3, KWS_OPERANDS
            :
            : "r4", "r5", "r6", "cc", "memory");
    sums[0] = s0, sums[1] = s1, sums[2] = s2;
    return weights;
}

KWS_KERNEL const int32_t *kws_dot_1(const int16_t *tile, const int32_t *weights, int left,
                                    int32_t *sums)
{
    int32_t s0 = sums[0];
    uint32_t a, b;
    __asm__(KWS_LOOP(KWS_DOT_1) : [s0] "+r"(s0), KWS_OPERANDS : : "r4", "r5", "cc", "memory");
    sums[0] = s0;
    return weights;
}

#endif

/* Adds the products of weights [4 * groups], packed in words, and inputs of the first `count`
 * places to `sums`; the sums of other places are undefined. Returns the end of the weights. */
KWS_KERNEL const int32_t *kws_dot(const int16_t *tile, int places, int count,
                                  const int32_t *weights, int groups, int32_t *sums)
{
#if KWS_DSP
    (void)count;
    return places == 6   ? kws_dot_6(tile, weights, groups, sums)
           : places == 3 ? kws_dot_3(tile, weights, groups, sums)
                         : kws_dot_1(tile, weights, groups, sums);
#else
    const int8_t *w = (const int8_t *)weights;
    for (int group = 0; group < groups; group++, tile += 4 * places, w += 4) {
        for (int place = 0; place < count; place++) {
            const int16_t *even = tile + 2 * place, *odd = even + 2 * places;
            sums[place] += even[0] * w[0] + even[1] * w[2] + odd[0] * w[1] + odd[1] * w[3];
        }
    }
    return weights + groups;
#endif
}

#endif
