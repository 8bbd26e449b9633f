/* Depthwise convolutions, channel by channel: a channel's plane is widened into a buffer with its
 * padding, so that one may write where one has read. */
#ifndef KWS_ENGINE_DEPTHWISE_H
#define KWS_ENGINE_DEPTHWISE_H

#include "kws_engine_conv.h"

/* int16 of a row of a plane: what the kernel reaches, even, and with room for one pair more */
KWS_KERNEL int kws_plane_pitch(const struct kws_window *of)
{
    const int reach = (of->out_width - 1) * of->stride_x + (of->width - 1) * of->dilation_x + 1;
    return (reach + 2 * of->stride_x + 1) / 2 * 2;
}

KWS_KERNEL int kws_plane_rows(const struct kws_window *of)
{
    return (of->out_height - 1) * of->stride_y + (of->height - 1) * of->dilation_y + 1;
}

/* One channel's inputs, padded, into the plane, whose padding is there already. */
KWS_KERNEL void kws_plane_fill(const struct kws_window *of, const int8_t *in, int16_t *plane)
{
    const int pitch = kws_plane_pitch(of), channels = of->in_channels;
    const int rows = kws_plane_rows(of) - of->pad_top;
    const int columns = pitch - of->pad_left;
    const int height = of->in_height < rows ? of->in_height : rows;
    const int width = of->in_width < columns ? of->in_width : columns;
    int16_t *to = plane + of->pad_top * pitch + of->pad_left;
    for (int y = 0; y < height; y++, to += pitch, in += of->in_width * channels) {
#pragma GCC unroll 8
        for (int x = 0; x < width; x++) {
            to[x] = in[x * channels];
        }
    }
}

#if KWS_DSP

/* sum + both products of halves */
static inline int32_t kws_pair(int32_t x, int32_t w, int32_t sum)
{
    int32_t r;
    __asm__("smlad %0, %1, %2, %3" : "=r"(r) : "r"(x), "r"(w), "r"(sum));
    return r;
}

/* sum + upper half of x times lower half of w */
static inline int32_t kws_upper_lower(int32_t x, int32_t w, int32_t sum)
{
    int32_t r;
    __asm__("smlatb %0, %1, %2, %3" : "=r"(r) : "r"(x), "r"(w), "r"(sum));
    return r;
}

/* sum + lower half of x times upper half of w */
static inline int32_t kws_lower_upper(int32_t x, int32_t w, int32_t sum)
{
    int32_t r;
    __asm__("smlabt %0, %1, %2, %3" : "=r"(r) : "r"(x), "r"(w), "r"(sum));
    return r;
}

static inline int32_t kws_two_samples(const int16_t *from)
{
    int32_t two;
    memcpy(&two, __builtin_assume_aligned(from, 4), 4);
    return two;
}

static inline int32_t kws_two_weights(int8_t lower, int8_t upper)
{
    return (int32_t)((uint32_t)(uint16_t)lower | (uint32_t)(uint16_t)upper << 16);
}

/* Two neighbours of a 3x3 kernel at once, with pairs (w0, w1) and (w1, w2) of each row. */
KWS_KERNEL void kws_plane_3x3(const struct kws_window *of, const struct kws_rescale *to,
                              const int16_t *plane, const int8_t *w, int32_t bias,
                              int32_t multiplier, int32_t shift, int8_t *out)
{
    const int pitch = kws_plane_pitch(of), next = of->stride_y * pitch;
    const int step = of->out_channels;
    const int32_t offset = kws_offset_of(to, shift);
    const int32_t a01 = kws_two_weights(w[0], w[1]), a12 = kws_two_weights(w[1], w[2]);
    const int32_t b01 = kws_two_weights(w[3], w[4]), b12 = kws_two_weights(w[4], w[5]);
    const int32_t c01 = kws_two_weights(w[6], w[7]), c12 = kws_two_weights(w[7], w[8]);
    for (int y = 0; y < of->out_height; y++, plane += next) {
        const int16_t *from = plane;
        for (int x = 0; x < of->out_width; x += 2, from += 2 * of->stride_x) {
            int32_t left = bias, right = bias;
#define KWS_ROW(row, w01, w12) \
    { \
        const int32_t p = kws_two_samples(from + (row)*pitch); \
        const int32_t q = kws_two_samples(from + (row)*pitch + 2); \
        left = kws_lower_upper(q, w12, kws_pair(p, w01, left)); \
        if (of->stride_x == 1) { \
            right = kws_pair(q, w12, kws_upper_lower(p, w01, right)); \
        } else { \
            const int32_t r = kws_two_samples(from + (row)*pitch + 4); \
            right = kws_lower_upper(r, w12, kws_pair(q, w01, right)); \
        } \
    }
            KWS_ROW(0, a01, a12)
            KWS_ROW(1, b01, b12)
            KWS_ROW(2, c01, c12)
#undef KWS_ROW
            *out = kws_rescaled(to, left, multiplier, shift, offset);
            out += step;
            if (x + 1 < of->out_width) {
                *out = kws_rescaled(to, right, multiplier, shift, offset);
                out += step;
            }
        }
    }
}

#endif

/* Any kernel: tap by tap. `w` [height, width] */
KWS_KERNEL void kws_plane_any(const struct kws_window *of, const struct kws_rescale *to,
                              const int16_t *plane, const int8_t *w, int32_t bias,
                              int32_t multiplier, int32_t shift, int8_t *out)
{
    const int pitch = kws_plane_pitch(of);
    const int32_t offset = kws_offset_of(to, shift);
    for (int y = 0; y < of->out_height; y++) {
        for (int x = 0; x < of->out_width; x++, out += of->out_channels) {
            const int16_t *from = plane + y * of->stride_y * pitch + x * of->stride_x;
            int32_t sum = bias;
            for (int row = 0; row < of->height; row++) {
                for (int column = 0; column < of->width; column++) {
                    sum += from[row * of->dilation_y * pitch + column * of->dilation_x] *
                           w[row * of->width + column];
                }
            }
            *out = kws_rescaled(to, sum, multiplier, shift, offset);
        }
    }
}

/* `in` [in_height, in_width, in_channels] to `out` [out_height, out_width, out_channels], which
 * may be `in` if their shapes are one. `weights` are [out_channels, height, width]. `work` holds a
 * plane. */
KWS_KERNEL void kws_depthwise(const struct kws_window *of, const struct kws_channels *with,
                              const struct kws_rescale *to, const int8_t *in, int8_t *out,
                              int16_t *work)
{
    const int size = kws_plane_pitch(of) * kws_plane_rows(of), taps = of->height * of->width;
    const int multiplier = of->out_channels / of->in_channels;
    for (int i = 0; i < size; i++) {
        work[i] = (int16_t)of->in_zero;
    }
    for (int channel = 0; channel < of->out_channels; channel++) {
        if (channel % multiplier == 0) {
            kws_plane_fill(of, in + channel / multiplier, work);
        }
        const int8_t *weights = with->weights + channel * taps;
#if KWS_DSP
        if (of->height == 3 && of->width == 3 && of->dilation_x == 1 && of->dilation_y == 1 &&
            of->stride_x <= 2) {
            kws_plane_3x3(of, to, work, weights, with->bias[channel], with->multipliers[channel],
                          with->shifts[channel], out + channel);
            continue;
        }
#endif
        kws_plane_any(of, to, work, weights, with->bias[channel], with->multipliers[channel],
                      with->shifts[channel], out + channel);
    }
}

#endif
