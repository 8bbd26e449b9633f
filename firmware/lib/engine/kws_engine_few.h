/* Convolutions with few output places, as in a step of a stream: several channels share each loaded
 * input, and two weights of each channel are widened at once.
 *
 * Inputs a, b, c, d of a group have weights i, j, k, l. A channel's word holds 256 j + i and
 * 256 l + k, each an int16. With a' = 256 a + 127 - b and c' = 256 c + 127 - d, which fit 16 bits,
 *
 *     b (256 j + i) + d (256 l + k) + a' i + c' k = 256 (a i + b j + c k + d l) + 127 (i + k)
 *
 * takes two dual products, and widening the word gives i and k. The constant is folded into the
 * bias. Sums are 256 times as large; they may wrap, as long as the last one fits. */
#ifndef KWS_ENGINE_FEW_H
#define KWS_ENGINE_FEW_H

#include "kws_engine_conv.h"

enum { KWS_FEW_SUMS = 6 }; /* the most that a block of channels has in a tile */

/* Up to so many groups have no loop, where so many channels are worth it. Each is 50 bytes of code,
 * and saves less at one place. */
enum { KWS_FEW_IN_LINE_1 = 26, KWS_FEW_IN_LINE_2 = 80, KWS_FEW_WORTH = 32 };

/* The channels that share the inputs of `places`. */
KWS_KERNEL int kws_few_channels(int places)
{
    return places == 1 ? 4 : 2;
}

/* Writes one place's group of inputs to a tile [groups][2][places][2]: b and d, then a' and c'. */
KWS_KERNEL void kws_few_group(int16_t *to, int places, const int8_t *inputs)
{
#if KWS_DSP
    uint32_t first, second;
    const uint32_t four = kws_four_bytes(inputs);
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(second) : "r"(four));
    __asm__("rev16 %0, %1" : "=r"(first) : "r"(four ^ 0x7f007f00)); /* 127 - b, a, ... */
    memcpy(__builtin_assume_aligned(to, 4), &second, 4);
    memcpy(__builtin_assume_aligned(to + 2 * places, 4), &first, 4);
#else
    for (int i = 0; i < 2; i++) {
        to[i] = inputs[2 * i + 1];
        to[2 * places + i] = (int16_t)(256 * inputs[2 * i] + 127 - to[i]);
    }
#endif
}

/* Writes a row of one place's inputs to a tile; zeros fill its last group. */
KWS_KERNEL void kws_few_fill(int16_t *tile, int places, const int8_t *inputs, int length)
{
#pragma GCC unroll 4
    for (int group = 0; group < length / 4; group++, tile += 4 * places, inputs += 4) {
        kws_few_group(tile, places, inputs);
    }
    if (length % 4) {
        int8_t last[4] = {0};
        memcpy(last, inputs, (size_t)(length % 4));
        kws_few_group(tile, places, last);
    }
}

/* Whether the kernel never leaves the input. */
KWS_KERNEL bool kws_few_within(const struct kws_window *of)
{
    const int down = (of->out_height - 1) * of->stride_y + (of->height - 1) * of->dilation_y;
    const int right = (of->out_width - 1) * of->stride_x + (of->width - 1) * of->dilation_x;
    return of->pad_top == 0 && of->pad_left == 0 && down < of->in_height && right < of->in_width;
}

/* The rows of inputs that a kernel has: one, if they follow each other. */
KWS_KERNEL int kws_few_rows(const struct kws_window *of)
{
    const bool whole = of->width == of->in_width && of->dilation_y == 1 && of->dilation_x == 1;
    return of->reads || (whole && kws_few_within(of)) ? 1 : of->height;
}

/* The inputs of a row; in weights and tiles it is filled up to groups of four. */
KWS_KERNEL int kws_few_length(const struct kws_window *of)
{
    return kws_inputs_of(of) / kws_few_rows(of);
}

KWS_KERNEL int kws_few_groups(const struct kws_window *of)
{
    return kws_few_rows(of) * ((kws_few_length(of) + 3) / 4);
}

/* The inputs of row `y` of the kernel: where they lie, or else a copy in `patch`. */
KWS_KERNEL const int8_t *kws_few_row(const struct kws_window *of, struct kws_place at, int y,
                                     const int8_t *in, int8_t *patch)
{
    const int pitch = of->in_width * of->in_channels;
    const int row = at.y * of->stride_y - of->pad_top + y * of->dilation_y;
    const int first = at.x * of->stride_x - of->pad_left;
    if (of->reads) {
        kws_patch(of, at, in, patch);
    } else if (kws_few_within(of) && of->dilation_x == 1) {
        return in + row * pitch + first * of->in_channels;
    } else if (row < 0 || row >= of->in_height) {
        memset(patch, (int)of->in_zero, (size_t)(of->width * of->in_channels));
    } else {
        kws_patch_row(of, in + row * pitch, first, patch);
    }
    return patch;
}

/* Fills one place of a tile with the inputs of output `number`. */
KWS_KERNEL void kws_few_place(const struct kws_window *of, const int8_t *in, int16_t *tile,
                              int places, int number, int8_t *patch)
{
    const struct kws_place at = {of->out_height == 1 ? 0 : number / of->out_width,
                                 of->out_height == 1 ? number : number % of->out_width};
    const int rows = kws_few_rows(of), groups = (kws_few_length(of) + 3) / 4;
    if (groups > 1) { /* else a loop would cost as much as a row */
        for (int y = 0; y < rows; y++, tile += 4 * places * groups) {
            kws_few_fill(tile, places, kws_few_row(of, at, y, in, patch), kws_few_length(of));
        }
    } else {
#pragma GCC unroll 8
        for (int y = 0; y < rows; y++, tile += 4 * places) {
            kws_few_fill(tile, places, kws_few_row(of, at, y, in, patch), kws_few_length(of));
        }
    }
}

#if KWS_DSP

#define KWS_FEW_4(input) \
    "smlad r0, " input ", r4, r0 \n" \
    "smlad r1, " input ", r5, r1 \n" \
    "smlad r2, " input ", r6, r2 \n" \
    "smlad r3, " input ", r8, r3 \n"

#define KWS_FEW_WIDEN \
    "sxtb16 r4, r4 \n" \
    "sxtb16 r5, r5 \n" \
    "sxtb16 r6, r6 \n" \
    "sxtb16 r8, r8 \n"

/* One group for four channels at one place. */
#define KWS_FEW_4_1 \
    "ldmia r11!, {r4, r5, r6, r8} \n" \
    "ldmia r7!, {r9, r10} \n" KWS_FEW_4("r9") KWS_FEW_WIDEN KWS_FEW_4("r10")

/* Two groups, where no loop takes a register. */
#define KWS_FEW_4_1_TWICE \
    "ldmia r11!, {r4, r5, r6, r8} \n" \
    "ldmia r7!, {r9, r10, r12, lr} \n" \
    KWS_FEW_4("r9") \
    KWS_FEW_WIDEN \
    KWS_FEW_4("r10") \
    "ldmia r11!, {r4, r5, r6, r8} \n" \
    KWS_FEW_4("r12") \
    KWS_FEW_WIDEN \
    KWS_FEW_4("lr")

/* For two channels at two places: sums 0 and 1 are the first channel's. */
#define KWS_FEW_2_2 \
    "ldmia r11!, {r4, r5} \n" \
    "ldmia r7!, {r6, r8, r9, r10} \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "smlad r2, r6, r5, r2 \n" \
    "smlad r3, r8, r5, r3 \n" \
    "sxtb16 r4, r4 \n" \
    "sxtb16 r5, r5 \n" \
    "smlad r0, r9, r4, r0 \n" \
    "smlad r1, r10, r4, r1 \n" \
    "smlad r2, r9, r5, r2 \n" \
    "smlad r3, r10, r5, r3 \n"

/* Two groups, where no loop takes a register. */
#define KWS_FEW_2_2_TWICE \
    "ldmia r11!, {r4, r5, r6, r8} \n" \
    "ldmia r7!, {r9, r10, r12, lr} \n" \
    "smlad r0, r9, r4, r0 \n" \
    "smlad r1, r10, r4, r1 \n" \
    "smlad r2, r9, r5, r2 \n" \
    "smlad r3, r10, r5, r3 \n" \
    "sxtb16 r4, r4 \n" \
    "sxtb16 r5, r5 \n" \
    "smlad r0, r12, r4, r0 \n" \
    "smlad r1, lr, r4, r1 \n" \
    "smlad r2, r12, r5, r2 \n" \
    "smlad r3, lr, r5, r3 \n" \
    "ldmia r7!, {r9, r10, r12, lr} \n" \
    "smlad r0, r9, r6, r0 \n" \
    "smlad r1, r10, r6, r1 \n" \
    "smlad r2, r9, r8, r2 \n" \
    "smlad r3, r10, r8, r3 \n" \
    "sxtb16 r6, r6 \n" \
    "sxtb16 r8, r8 \n" \
    "smlad r0, r12, r6, r0 \n" \
    "smlad r1, lr, r6, r1 \n" \
    "smlad r2, r12, r8, r2 \n" \
    "smlad r3, lr, r8, r3 \n"

/* For one channel. */
#define KWS_FEW_1_2 \
    "ldr r4, [r11], #4 \n" \
    "ldmia r7!, {r6, r8, r9, r10} \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "sxtb16 r4, r4 \n" \
    "smlad r0, r9, r4, r0 \n" \
    "smlad r1, r10, r4, r1 \n"

#define KWS_FEW_1_3 \
    "ldr r4, [r11], #4 \n" \
    "ldmia r7!, {r6, r8, r9} \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "smlad r2, r9, r4, r2 \n" \
    "sxtb16 r4, r4 \n" \
    "ldmia r7!, {r6, r8, r9} \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "smlad r2, r9, r4, r2 \n"

/* For two channels at three places. */
#define KWS_FEW_2_3 \
    "ldmia r11!, {r4, r5} \n" \
    "ldmia r7!, {r6, r8, r9} \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "smlad r2, r9, r4, r2 \n" \
    "smlad r3, r6, r5, r3 \n" \
    "smlad r12, r8, r5, r12 \n" \
    "smlad lr, r9, r5, lr \n" \
    "ldmia r7!, {r6, r8, r9} \n" \
    "sxtb16 r4, r4 \n" \
    "sxtb16 r5, r5 \n" \
    "smlad r0, r6, r4, r0 \n" \
    "smlad r1, r8, r4, r1 \n" \
    "smlad r2, r9, r4, r2 \n" \
    "smlad r3, r6, r5, r3 \n" \
    "smlad r12, r8, r5, r12 \n" \
    "smlad lr, r9, r5, lr \n"

#define KWS_FEW_SUMS_2 "+r"(s0), "+r"(s1)
#define KWS_FEW_SUMS_3 KWS_FEW_SUMS_2, "+r"(s2)
#define KWS_FEW_SUMS_4 KWS_FEW_SUMS_3, "+r"(s3)
#define KWS_FEW_SUMS_6 KWS_FEW_SUMS_4, "+r"(s4), "+r"(s5)
#define KWS_FEW_CLOBBERED "r4", "r5", "r6", "r8", "r9", "cc", "memory"

/* Eight groups at a time, because the loop costs two instructions, then those that are left. */
#define KWS_FEW_GROUPS(body, counter, sums, ...) \
    do { \
        if (groups >= 8) { \
            register int left __asm__(counter); \
            __asm__("movw %[n], %[times] \n" KWS_LOOP(body body body body body body body body) \
                    : sums, "+r"(t), "+r"(w), [n] "=&r"(left) \
                    : [times] "i"(groups / 8) \
                    : __VA_ARGS__); \
        } \
        if (groups % 8 >= 4) { \
            __asm__(body body body body \
                    : sums, "+r"(t), "+r"(w) \
                    : \
                    : __VA_ARGS__); \
        } \
        if (groups % 4 >= 2) { \
            __asm__(body body : sums, "+r"(t), "+r"(w) : : __VA_ARGS__); \
        } \
        if (groups % 2) { \
            __asm__(body : sums, "+r"(t), "+r"(w) : : __VA_ARGS__); \
        } \
    } while (0)

/* Without a loop. */
#define KWS_FEW_IN_LINE(once, twice) \
    do { \
        _Pragma("GCC unroll 64") \
        for (int pair = 0; pair < groups / 2; pair++) { \
            __asm__(twice \
                    : KWS_FEW_SUMS_4, "+r"(t), "+r"(w) \
                    : \
                    : "r10", "r12", "lr", KWS_FEW_CLOBBERED); \
        } \
        if (groups % 2) { \
            __asm__(once \
                    : KWS_FEW_SUMS_4, "+r"(t), "+r"(w) \
                    : \
                    : "r10", KWS_FEW_CLOBBERED); \
        } \
    } while (0)

/* Computes `sums` [channels][places] of the first `channels` of a block. Returns the end of their
 * weights [groups][channels]. Registers are chosen here: for some layers gcc finds none. */
KWS_KERNEL const int32_t *kws_few_dot(const int16_t *tile, int places, int channels,
                                      const int32_t *block, int groups, bool in_line,
                                      int32_t *sums)
{
    register int32_t s0 __asm__("r0");
    register int32_t s1 __asm__("r1");
    register int32_t s2 __asm__("r2");
    register int32_t s3 __asm__("r3");
    register int32_t s4 __asm__("r12");
    register int32_t s5 __asm__("lr");
    register const int16_t *t __asm__("r7") = tile;
    register const int32_t *w __asm__("r11") = block;
    if (places == 1) {
        __asm__("ldmia r11!, {r0, r1, r2, r3} \n"
                : "=r"(s0), "=r"(s1), "=r"(s2), "=r"(s3), "+r"(w)
                :
                : "memory");
        if (in_line) {
            KWS_FEW_IN_LINE(KWS_FEW_4_1, KWS_FEW_4_1_TWICE);
        } else {
            KWS_FEW_GROUPS(KWS_FEW_4_1, "r12", KWS_FEW_SUMS_4, "r10", KWS_FEW_CLOBBERED);
        }
    } else if (places == 2) {
        __asm__("ldmia r11!, {r0, r2} \n"
                "mov r1, r0 \n"
                "mov r3, r2 \n"
                : "=r"(s0), "=r"(s1), "=r"(s2), "=r"(s3), "+r"(w)
                :
                : "memory");
        if (channels == 1) {
            KWS_FEW_GROUPS(KWS_FEW_1_2, "r12", KWS_FEW_SUMS_2, "r10", KWS_FEW_CLOBBERED);
        } else if (in_line) {
            KWS_FEW_IN_LINE(KWS_FEW_2_2, KWS_FEW_2_2_TWICE);
        } else {
            KWS_FEW_GROUPS(KWS_FEW_2_2, "r12", KWS_FEW_SUMS_4, "r10", KWS_FEW_CLOBBERED);
        }
    } else {
        __asm__("ldmia r11!, {r0, r3} \n"
                "mov r1, r0 \n"
                "mov r2, r0 \n"
                "mov r12, r3 \n"
                "mov lr, r3 \n"
                : "=r"(s0), "=r"(s1), "=r"(s2), "=r"(s3), "=r"(s4), "=r"(s5), "+r"(w)
                :
                : "memory");
        if (channels == 1) {
            KWS_FEW_GROUPS(KWS_FEW_1_3, "r10", KWS_FEW_SUMS_3, KWS_FEW_CLOBBERED);
        } else {
            KWS_FEW_GROUPS(KWS_FEW_2_3, "r10", KWS_FEW_SUMS_6, KWS_FEW_CLOBBERED);
        }
        sums[4] = s4, sums[5] = s5;
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
    return w;
}

#else

/* a + b + c; it may wrap. */
static inline int32_t kws_few_sum(int32_t a, int32_t b, int32_t c)
{
    return (int32_t)((uint32_t)a + (uint32_t)b + (uint32_t)c);
}

KWS_KERNEL const int32_t *kws_few_dot(const int16_t *tile, int places, int channels,
                                      const int32_t *block, int groups, bool in_line,
                                      int32_t *sums)
{
    (void)in_line;
    const int most = kws_few_channels(places);
    for (int channel = 0; channel < channels; channel++, sums += places) {
        const int32_t *weights = block + most + channel;
        const int16_t *inputs = tile;
        int32_t of_places[3] = {block[channel], block[channel], block[channel]};
        for (int group = 0; group < groups; group++, inputs += 4 * places, weights += channels) {
            /* words are little-endian, as all our processors are */
            const int16_t *both = (const int16_t *)weights;
            const int8_t low = *(const int8_t *)both, high = *(const int8_t *)(both + 1);
#pragma GCC unroll 3
            for (int place = 0; place < places; place++) {
                const int16_t *second = inputs + 2 * place, *first = second + 2 * places;
                int32_t *const sum = of_places + place;
                *sum = kws_few_sum(*sum, second[0] * both[0], second[1] * both[1]);
                *sum = kws_few_sum(*sum, first[0] * low, first[1] * high);
            }
        }
        for (int place = 0; place < places; place++) {
            sums[place] = of_places[place];
        }
    }
    return block + most + channels * groups;
}

#endif

/* What a block has of each channel after the weights. */
struct kws_few_scale {
    int32_t multiplier, offset, shift; /* offset is kws_offset_of the shift */
};

/* The int8 of a sum that is 256 times as large. */
KWS_KERNEL int8_t kws_few_rescaled(const struct kws_rescale *to, int32_t sum,
                                   struct kws_few_scale by)
{
#if KWS_DSP
    if (to->exact_shift) { /* as kws_rescaled, but shifts once */
        int32_t high = to->ties_matter ? 0 : by.offset;
        __asm__("smmlar %0, %1, %2, %0" : "+r"(high) : "r"(sum >> 7), "r"(by.multiplier));
        high += to->ties_matter ? (high >> 31) + by.offset : 0;
        return kws_limited(to, high >> by.shift);
    }
#endif
    return kws_rescaled(to, sum >> 8, by.multiplier, by.shift, by.offset);
}

/* Writes a channel's results. Returns what follows its kws_few_scale, which is loaded once: to gcc,
 * each result may overwrite it. */
KWS_KERNEL const int32_t *kws_few_write(const struct kws_rescale *to, int places,
                                        const int32_t *sums, const int32_t *scale, int8_t *out,
                                        int out_channels)
{
    struct kws_few_scale by = {0, 0, 0};
#if KWS_DSP
    register int32_t multiplier __asm__("r4");
    register int32_t offset __asm__("r5");
    register int32_t shift __asm__("r6");
    __asm__("ldmia %0!, {r4, r5, r6}"
            : "+r"(scale), "=r"(multiplier), "=r"(offset), "=r"(shift)
            :
            : "memory");
    by.multiplier = multiplier, by.offset = offset, by.shift = shift;
#else
    by.multiplier = *scale++, by.offset = *scale++, by.shift = *scale++;
#endif
#pragma GCC unroll 3
    for (int place = 0; place < places; place++) {
        out[place * out_channels] = kws_few_rescaled(to, sums[place], by);
    }
    return scale;
}

/* Computes the first `channels` of a block at the places of a tile. Returns the next block. */
KWS_KERNEL const int32_t *kws_few_block(const struct kws_window *of, const int32_t *block,
                                        const struct kws_rescale *to, const int16_t *tile,
                                        int places, int channels, int8_t *out)
{
    const int most = kws_few_channels(places), groups = kws_few_groups(of);
    const int32_t *scale = block + most * (1 + groups);
    const bool in_line = of->out_channels >= KWS_FEW_WORTH &&
                         groups <= (places == 1 ? KWS_FEW_IN_LINE_1 : KWS_FEW_IN_LINE_2);
    int32_t sums[KWS_FEW_SUMS];
    block = kws_few_dot(tile, places, channels, block, groups, in_line, sums);
    if (channels == most) { /* where weights end; one pointer less */
        scale = block;
    }
#pragma GCC unroll 4
    for (int channel = 0; channel < channels; channel++, out++) {
        scale = kws_few_write(to, places, sums + channel * places, scale, out, of->out_channels);
    }
    return scale;
}

/* Computes all channels at the places of a tile. */
KWS_KERNEL void kws_few_tile(const struct kws_window *of, const int32_t *block,
                             const struct kws_rescale *to, const int16_t *tile, int places,
                             int8_t *out)
{
    const int channels = kws_few_channels(places), rest = of->out_channels % channels;
    const bool again = rest && places == 1; /* then the last block begins earlier */
    int8_t *const end = out + of->out_channels - (again ? 0 : rest);
    int8_t *const last = again ? end - channels : end;
    for (; out < end; out += channels) {
        int8_t *const here = again && out > last ? last : out;
        block = kws_few_block(of, block, to, tile, places, channels, here);
    }
    if (rest && !again) { /* one channel */
        kws_few_block(of, block, to, tile, places, 1, out);
    }
}

/* Computes what kws_conv does. Each of `blocks` has biases of as many channels as share their
 * inputs, weights, and their kws_few_scale; biases and weights are as above. Where the last tile
 * would be incomplete, or at one place the last block, it begins earlier and some results are
 * computed again; there are enough places and channels for one. `work` has room for a tile and a
 * row. */
KWS_KERNEL void kws_few(const struct kws_window *of, const int32_t *blocks,
                        const struct kws_rescale *to, const int8_t *in, int8_t *out, int16_t *work,
                        int places)
{
    const int outputs = of->out_height * of->out_width;
    int8_t *const patch = (int8_t *)(work + KWS_TILE(kws_few_groups(of), places));
    for (int number = 0; number < outputs; number += places) {
        const int first = kws_smaller(number, outputs - places);
        for (int place = 0; place < places; place++) {
            kws_few_place(of, in, work + 2 * place, places, first + place, patch);
        }
        kws_few_tile(of, blocks, to, work, places, out + first * of->out_channels);
    }
}

enum { KWS_FEW_LANES = 4 }; /* channels of a depthwise convolution, whose inputs are neighbours */

/* Adds the products of four bytes and four weights. */
KWS_KERNEL void kws_few_lanes(const int8_t *inputs, const int8_t *weights, int32_t *sums)
{
#if KWS_DSP
    uint32_t x, y, v, w;
    const uint32_t four = kws_four_bytes(inputs);
    uint32_t other;
    memcpy(&other, __builtin_assume_aligned(weights, 4), 4);
    __asm__("sxtb16 %0, %1" : "=r"(x) : "r"(four));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(four));
    __asm__("sxtb16 %0, %1" : "=r"(v) : "r"(other));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(w) : "r"(other));
    __asm__("smlabb %0, %1, %2, %0" : "+r"(sums[0]) : "r"(x), "r"(v));
    __asm__("smlabb %0, %1, %2, %0" : "+r"(sums[1]) : "r"(y), "r"(w));
    __asm__("smlatt %0, %1, %2, %0" : "+r"(sums[2]) : "r"(x), "r"(v));
    __asm__("smlatt %0, %1, %2, %0" : "+r"(sums[3]) : "r"(y), "r"(w));
#else
    for (int i = 0; i < KWS_FEW_LANES; i++) {
        sums[i] += inputs[i] * weights[i];
    }
#endif
}

/* Computes what kws_depthwise does for one output place, whose kernel lies within the input; `out`
 * must not overlap `in`. Each of `blocks` has biases of four channels, weights
 * [height][width][4], and their kws_few_scale. The last block is as in kws_few. */
KWS_KERNEL void kws_few_depthwise(const struct kws_window *of, const int32_t *blocks,
                                  const struct kws_rescale *to, const int8_t *in, int8_t *out)
{
    const int channels = of->out_channels;
    for (int channel = 0; channel < channels; channel += KWS_FEW_LANES) {
        const int first = kws_smaller(channel, channels - KWS_FEW_LANES);
        const int8_t *weights = (const int8_t *)(blocks + KWS_FEW_LANES);
        int32_t sums[KWS_FEW_LANES] = {blocks[0], blocks[1], blocks[2], blocks[3]};
#pragma GCC unroll 8
        for (int y = 0; y < of->height; y++) {
#pragma GCC unroll 8
            for (int x = 0; x < of->width; x++, weights += KWS_FEW_LANES) {
                const int place = y * of->dilation_y * of->in_width + x * of->dilation_x;
                kws_few_lanes(in + place * channels + first, weights, sums);
            }
        }
        blocks += KWS_FEW_LANES + of->height * of->width;
#pragma GCC unroll 4
        for (int i = 0; i < KWS_FEW_LANES; i++, blocks += 3) {
            const int32_t multiplier = blocks[0], offset = blocks[1], shift = blocks[2];
            out[first + i] = kws_rescaled(to, sums[i], multiplier, shift, offset);
        }
    }
}

#endif
