/* Layers without weights. */
#ifndef KWS_ENGINE_LAYERS_H
#define KWS_ENGINE_LAYERS_H

#include "kws_engine_conv.h"

struct kws_add {
    int32_t zeros[2];                  /* The zero points of the inputs. */
    int32_t multipliers[2], shifts[2]; /* The factors from each input to the common scale. */
    int32_t multiplier, shift;         /* The factor from the common scale to the output. */
    struct kws_rescale to;             /* The zero point and range of the output. */
};

/* a / 2^shift rounded to nearest, ties away from zero, for |a| < 2^30. */
KWS_KERNEL int32_t kws_small_shift(int32_t a, int32_t shift)
{
    return shift > 0 ? (a + (a >> 31) + (1 << (shift - 1))) >> shift : a;
}

/* The inputs are brought to one scale with 20 more bits: below 2^28, so that sums do not
 * overflow. `offset` is kws_add_offset. */
KWS_KERNEL int32_t kws_add_term(const struct kws_add *how, int which, int8_t value, int32_t offset)
{
#if KWS_DSP
    int32_t high;
    const int32_t raised = value * (1 << 21) + offset;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(raised), "r"(how->multipliers[which]));
#else
    const int32_t high = kws_q31(value * (1 << 20) + offset, how->multipliers[which]);
#endif
    return kws_small_shift(high, how->shifts[which]);
}

/* Less the zero point. To gcc it is no constant: it would be subtracted before the shift, which
 * takes one more instruction. */
KWS_KERNEL int32_t kws_add_offset(const struct kws_add *how, int which)
{
    int32_t offset = how->zeros[which] * -(1 << (KWS_DSP ? 21 : 20));
#if KWS_DSP
    __asm__("" : "+r"(offset));
#endif
    return offset;
}

/* The sum of two terms as an output. */
KWS_KERNEL int8_t kws_add_result(const struct kws_add *how, int32_t sum)
{
    const int32_t high = kws_q31_plus(sum, how->multiplier, 0);
    if (how->shift < 1 || how->shift > 22) {
        return kws_limited(&how->to, kws_small_shift(high, how->shift) + how->to.zero);
    }
    const int32_t offset = (2 * how->to.zero + 1) * (1 << (how->shift - 1));
    return kws_limited(&how->to, (high + (high >> 31) + offset) >> how->shift);
}

/* Adds two inputs; `out` may be one of them. */
KWS_KERNEL void kws_add(const struct kws_add *how, const int8_t *first, const int8_t *second,
                        int8_t *out, int size)
{
    const int32_t one = kws_add_offset(how, 0), other = kws_add_offset(how, 1);
#pragma GCC unroll 2
    for (int i = 0; i < size; i++) {
        const int32_t sum =
            kws_add_term(how, 0, first[i], one) + kws_add_term(how, 1, second[i], other);
        out[i] = kws_add_result(how, sum);
    }
}

/* Looks up each input; `table` [256] holds the outputs for the inputs from -128 on. */
KWS_KERNEL void kws_look_up(const int8_t *table, const int8_t *in, int8_t *out, int size)
{
    for (int i = 0; i < size; i++) {
        out[i] = table[in[i] + 128];
    }
}

KWS_KERNEL void kws_limit(int32_t lowest, int32_t most, const int8_t *in, int8_t *out, int size)
{
    for (int i = 0; i < size; i++) {
        out[i] = (int8_t)kws_clamp(in[i], lowest, most);
    }
}

KWS_KERNEL int32_t kws_sum(const int8_t *in, int places, int channels)
{
    int32_t sum = 0;
#pragma GCC unroll 8
    for (int place = 0; place < places; place++, in += channels) {
        sum += *in;
    }
    return sum;
}

/* The mean over height and width. */
KWS_KERNEL void kws_mean(int places, int channels, int32_t in_zero, int32_t multiplier,
                         int32_t shift, const struct kws_rescale *to, const int8_t *in,
                         int8_t *out)
{
    for (int channel = 0; channel < channels; channel++) {
        const int32_t sum = kws_sum(in + channel, places, channels) - in_zero * places;
        const int32_t value = shift < 0 ? kws_scaled(sum, multiplier, shift)
                                        : kws_small_shift(kws_q31_plus(sum, multiplier, 0), shift);
        out[channel] = kws_limited(to, value + to->zero);
    }
}

static inline int32_t kws_rounded_quotient(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

/* The same at one scale, rounded as in a pool over the whole input. */
KWS_KERNEL void kws_global_average(int places, int channels, const struct kws_rescale *to,
                                   const int8_t *in, int8_t *out)
{
    for (int channel = 0; channel < channels; channel++) {
        const int32_t value = kws_rounded_quotient(kws_sum(in + channel, places, channels), places);
        out[channel] = (int8_t)kws_clamp(value, to->lowest, to->most);
    }
}

/* The rows or columns of the kernel at an output that lie within the input. */
struct kws_span {
    int first, end;
};

KWS_KERNEL struct kws_span kws_span_of(int start, int size, int length)
{
    struct kws_span span = {start < 0 ? 0 : start, start + size < length ? start + size : length};
    return span;
}

/* The mean or maximum of those inputs of the kernel that lie within the input, for each channel. */
KWS_KERNEL void kws_pool(const struct kws_window *of, const struct kws_rescale *to, bool average,
                         const int8_t *in, int8_t *out)
{
    const int channels = of->in_channels;
    for (int y = 0; y < of->out_height; y++) {
        const struct kws_span rows =
            kws_span_of(y * of->stride_y - of->pad_top, of->height, of->in_height);
        for (int x = 0; x < of->out_width; x++, out += channels) {
            const struct kws_span columns =
                kws_span_of(x * of->stride_x - of->pad_left, of->width, of->in_width);
            const int32_t count = (rows.end - rows.first) * (columns.end - columns.first);
            for (int channel = 0; channel < channels; channel++) {
                int32_t value = average ? 0 : INT8_MIN;
                for (int row = rows.first; row < rows.end; row++) {
                    const int8_t *from =
                        in + (row * of->in_width + columns.first) * channels + channel;
                    for (int n = columns.first; n < columns.end; n++, from += channels) {
                        value = average ? value + *from : *from > value ? *from : value;
                    }
                }
                if (average) {
                    value = kws_rounded_quotient(value, count);
                }
                out[channel] = (int8_t)kws_clamp(value, to->lowest, to->most);
            }
        }
    }
}

struct kws_multiply {
    int32_t zeros[2];          /* The zero points of the inputs. */
    int32_t multiplier, shift; /* The factor from a product to the output. */
    struct kws_rescale to;     /* The zero point and range of the output. */
};

/* Multiplies two inputs. `second` has `channels` values, which are used again for each place: as
 * many as `first`, or those of one place. `out` may be the first input. */
KWS_KERNEL void kws_multiply(const struct kws_multiply *how, const int8_t *first,
                             const int8_t *second, int8_t *out, int size, int channels)
{
    for (int start = 0; start < size; start += channels) {
        for (int i = 0; i < channels; i++) {
            const int32_t product =
                (first[start + i] - how->zeros[0]) * (second[i] - how->zeros[1]);
            const int32_t value = kws_scaled(product, how->multiplier, how->shift) + how->to.zero;
            out[start + i] = (int8_t)kws_clamp(value, how->to.lowest, how->to.most);
        }
    }
}

/* A block of four dimensions that is copied. */
struct kws_block {
    int sizes[4];            /* The elements of each dimension. */
    int from, from_steps[4]; /* The first byte of the input and the distances, also negative. */
    int to, to_steps[4];     /* The same in the output. */
};

KWS_KERNEL void kws_copy(const struct kws_block *b, const int8_t *in, int8_t *out)
{
    for (int i = 0; i < b->sizes[0]; i++) {
        for (int j = 0; j < b->sizes[1]; j++) {
            for (int k = 0; k < b->sizes[2]; k++) {
                const int from = b->from + i * b->from_steps[0] + j * b->from_steps[1] +
                                 k * b->from_steps[2];
                const int to =
                    b->to + i * b->to_steps[0] + j * b->to_steps[1] + k * b->to_steps[2];
                for (int l = 0; l < b->sizes[3]; l++) {
                    out[to + l * b->to_steps[3]] = in[from + l * b->from_steps[3]];
                }
            }
        }
    }
}

/* Copies the `size` channels of each place to an output with `channels`. */
KWS_KERNEL void kws_join(const int8_t *in, int8_t *out, int places, int size, int channels)
{
    for (int place = 0; place < places; place++, in += size, out += channels) {
        memcpy(out, in, (size_t)size);
    }
}

static inline int32_t kws_saturated_left(int32_t a, int32_t bits)
{
    const int32_t most = INT32_MAX >> bits;
    return a > most ? INT32_MAX : a < -most - 1 ? INT32_MIN : (int32_t)((uint32_t)a << bits);
}

/* 1 / (1 + x) for x from 0 to 1 in Q0.31, by three Newton steps. */
static inline int32_t kws_inverse(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2); /* half of 1 + x */
    int32_t y = 1515870810 + kws_q31(half, -1010580540);             /* 48/17 - 32/17 half, Q2.29 */
    for (int step = 0; step < 3; step++) {
        const int32_t missing = (1 << 29) - kws_q31(half, y);
        y += kws_saturated_left(kws_q31(y, missing), 2);
    }
    return kws_saturated_left(y, 1);
}

/* Computes scores in steps of 1/256, where -128 means 0. `powers` [known] are e to the power of -i
 * input steps, in Q0.31; powers beyond the table count as 0. */
static inline void kws_softmax(const int32_t *powers, int known, const int8_t *in, int8_t *out,
                               int size)
{
    int32_t most = INT8_MIN, sum = 0, bits = 0;
    for (int i = 0; i < size; i++) {
        most = in[i] > most ? in[i] : most;
    }
    for (int i = 0; i < size; i++) {
        const int32_t below = most - in[i];
        sum += below < known ? kws_rounded_shift(powers[below], 12) : 0; /* Q12.19 */
    }
    uint32_t scaled = (uint32_t)sum;
    for (; scaled < 1U << 31; bits++) {
        scaled <<= 1;
    }
    const int32_t inverse = kws_inverse((int32_t)(scaled - (1U << 31)));
    const int32_t shift = 12 - bits + 31 - 8;
    for (int i = 0; i < size; i++) {
        const int32_t below = most - in[i];
        const int32_t score =
            below < known ? kws_rounded_shift(kws_q31(inverse, powers[below]), shift) : 0;
        out[i] = (int8_t)kws_clamp(score - 128, INT8_MIN, INT8_MAX);
    }
}

#endif
