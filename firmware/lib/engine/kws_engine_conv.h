/* Convolutions, and dense layers, which are convolutions with one output place. */
#ifndef KWS_ENGINE_CONV_H
#define KWS_ENGINE_CONV_H

#include "kws_engine_tile.h"

/* How a kernel slides; rows come first, as everywhere. */
struct kws_window {
    int in_height, in_width, in_channels;    /* The shape of the input. */
    int out_height, out_width, out_channels; /* The shape of the output. */
    int height, width;                       /* The size of the kernel. */
    int stride_y, stride_x;                  /* The steps of the kernel in the input. */
    int dilation_y, dilation_x;              /* The steps of the kernel's taps in the input. */
    int pad_top, pad_left;                   /* The zero points before the input. */
    int32_t in_zero;                         /* The zero point of the input. */
    bool has_constants;                      /* Some channels are constant: kws_is_constant. */
    /* For a 1x1 kernel whose weights read only some channels: their `in_channels` indices, among
     * the `in_pitch` channels of the input; otherwise NULL. */
    const uint16_t *reads;
    int in_pitch; /* The number of channels in the input, if `reads` is given. */
};

/* The constants of an output channel; the input's zero point is folded into the bias. In tables
 * they are followed by the channel's weights, padded with zeros to words. */
struct kws_factors {
    int32_t bias, multiplier, shift;
};

/* The position of the next output. */
struct kws_place {
    int y, x;
};

/* A channel without weights has the same result everywhere, which replaces its bias. */
KWS_KERNEL bool kws_is_constant(const struct kws_window *of, const int32_t *channel)
{
    return of->has_constants && channel[1] == 0;
}

KWS_KERNEL int kws_inputs_of(const struct kws_window *of)
{
    return of->height * of->width * of->in_channels;
}

KWS_KERNEL int kws_groups_of(const struct kws_window *of)
{
    return (kws_inputs_of(of) + 3) / 4;
}

/* Copies the inputs of one row of the kernel; outside the input they are zero points. */
KWS_KERNEL void kws_patch_row(const struct kws_window *of, const int8_t *row, int first,
                              int8_t *patch)
{
    const int channels = of->in_channels;
    for (int x = 0; x < of->width; x++, patch += channels) {
        const int from = first + x * of->dilation_x;
        if (from >= 0 && from < of->in_width) {
            memcpy(patch, row + from * channels, (size_t)channels);
        } else {
            memset(patch, (int)of->in_zero, (size_t)channels);
        }
    }
}

/* Copies the inputs [height][width][in_channels] of one output place. */
KWS_KERNEL void kws_patch(const struct kws_window *of, struct kws_place at, const int8_t *in,
                          int8_t *patch)
{
    if (of->reads) {
        in += (at.y * of->stride_y * of->in_width + at.x * of->stride_x) * of->in_pitch;
        for (int i = 0; i < of->in_channels; i++) {
            patch[i] = in[of->reads[i]];
        }
        return;
    }
    const int length = of->width * of->in_channels, pitch = of->in_width * of->in_channels;
    const int first = at.x * of->stride_x - of->pad_left;
    const bool within = of->dilation_x == 1 && first >= 0 && first + of->width <= of->in_width;
    int from = at.y * of->stride_y - of->pad_top, row = from * pitch;
    for (int y = 0; y < of->height; y++, patch += length) {
        if (from < 0 || from >= of->in_height) {
            memset(patch, (int)of->in_zero, (size_t)length);
        } else if (within) {
            memcpy(patch, in + row + first * of->in_channels, (size_t)length);
        } else {
            kws_patch_row(of, in + row, first, patch);
        }
        from += of->dilation_y;
        row += of->dilation_y * pitch;
    }
}

/* Whether the inputs of each place are contiguous groups of four bytes. */
KWS_KERNEL bool kws_reads_directly(const struct kws_window *of)
{
    return of->height == 1 && of->width == 1 && of->stride_y == 1 && of->stride_x == 1 &&
           of->pad_top == 0 && of->pad_left == 0 && of->in_channels % 4 == 0 && !of->reads;
}

/* Computes `count` outputs from number `first` on, in a tile of `places`. */
KWS_KERNEL void kws_conv_tile(const struct kws_window *of, const int32_t *channels,
                              const struct kws_rescale *to, const int8_t *in, int8_t *out,
                              int16_t *work, int places, int first, int count,
                              struct kws_place *at)
{
    const int groups = kws_groups_of(of);
    int8_t *patch = (int8_t *)(work + KWS_TILE(groups, places));
    for (int place = 0; place < count; place++) {
        if (kws_reads_directly(of)) {
            kws_tile_fill(work, places, place, in + (first + place) * of->in_channels, groups);
            continue;
        }
        kws_patch(of, *at, in, patch);
        kws_tile_fill(work, places, place, patch, groups);
        at->x++;
        if (at->x == of->out_width) {
            at->x = 0;
            at->y++;
        }
    }
    int8_t *to_place = out + first * of->out_channels;
    for (int channel = 0; channel < of->out_channels; channel++, to_place++) {
        const int32_t bias = channels[0];
        if (kws_is_constant(of, channels)) {
            for (int place = 0; place < count; place++) {
                to_place[place * of->out_channels] = (int8_t)bias;
            }
            channels += 3 + groups;
            continue;
        }
        int32_t sums[KWS_MOST_PLACES] = {bias, bias, bias, bias, bias, bias};
        channels = kws_dot(work, places, count, channels + 3, groups, sums);
        const int32_t multiplier = channels[-groups - 2], shift = channels[-groups - 1];
        const int32_t offset = kws_offset_of(to, shift);
#pragma GCC unroll 6
        for (int place = 0; place < places; place++) {
            if (place < count) {
                to_place[place * of->out_channels] =
                    kws_rescaled(to, sums[place], multiplier, shift, offset);
            }
        }
    }
}

/* Computes `out` [out_height, out_width, out_channels] from `in` [in_height, in_width,
 * in_channels]. They may overlap if no input is overwritten before its tile is filled. Each of
 * `channels` is its kws_factors followed by its weights [height][width][in_channels]. `work` has
 * room for a tile of `places` and a patch. */
KWS_KERNEL void kws_conv(const struct kws_window *of, const int32_t *channels,
                         const struct kws_rescale *to, const int8_t *in, int8_t *out,
                         int16_t *work, int places)
{
    const int outputs = of->out_height * of->out_width, rest = outputs % places;
    const int last = rest == 1 ? 1 : rest <= 3 && places > 3 ? 3 : places;
    const int groups = kws_groups_of(of);
    struct kws_place at = {0, 0};
    if (kws_inputs_of(of) % 4) { /* weights of 0 read them, so they must be initialized */
        memset(work + KWS_TILE(groups, places), 0, (size_t)(4 * groups));
    }
    int first = 0;
    for (; first + places <= outputs; first += places) {
        kws_conv_tile(of, channels, to, in, out, work, places, first, places, &at);
    }
    if (rest) {
        kws_conv_tile(of, channels, to, in, out, work, last, first, rest, &at);
    }
}

#endif
