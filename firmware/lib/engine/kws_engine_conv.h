/* Convolutions, and dense layers, which are convolutions of one place. */
#ifndef KWS_ENGINE_CONV_H
#define KWS_ENGINE_CONV_H

#include "kws_engine_tile.h"

/* How a kernel slides; rows first, as everywhere. */
struct kws_window {
    int in_height, in_width, in_channels;
    int out_height, out_width, out_channels;
    int height, width; /* of the kernel */
    int stride_y, stride_x;
    int dilation_y, dilation_x;
    int pad_top, pad_left;
    int32_t in_zero;
};

/* What each output channel has of its own. */
struct kws_channels {
    const int8_t *weights;
    const int32_t *bias; /* the input's zero point is folded in */
    const int32_t *multipliers;
    const int8_t *shifts;
};

/* Where the next output is. */
struct kws_place {
    int y, x;
};

KWS_KERNEL int kws_inputs_of(const struct kws_window *of)
{
    return of->height * of->width * of->in_channels;
}

KWS_KERNEL int kws_groups_of(const struct kws_window *of)
{
    return (kws_inputs_of(of) + 3) / 4;
}

/* One row of a kernel from one row of the input, zero points outside. */
KWS_KERNEL void kws_patch_row(const struct kws_window *of, const int8_t *row, int first,
                              int8_t *patch)
{
    const int channels = of->in_channels;
    const int last = first + (of->width - 1) * of->dilation_x;
    if (of->dilation_x == 1 && first >= 0 && last < of->in_width) {
        memcpy(patch, row + first * channels, (size_t)(of->width * channels));
        return;
    }
    for (int x = 0; x < of->width; x++, patch += channels) {
        const int from = first + x * of->dilation_x;
        if (from >= 0 && from < of->in_width) {
            memcpy(patch, row + from * channels, (size_t)channels);
        } else {
            memset(patch, (int)of->in_zero, (size_t)channels);
        }
    }
}

/* The inputs of one output place [height, width, in_channels]. */
KWS_KERNEL void kws_patch(const struct kws_window *of, struct kws_place at, const int8_t *in,
                          int8_t *patch)
{
    const int length = of->width * of->in_channels;
    for (int y = 0; y < of->height; y++, patch += length) {
        const int from = at.y * of->stride_y - of->pad_top + y * of->dilation_y;
        if (from >= 0 && from < of->in_height) {
            kws_patch_row(of, in + from * of->in_width * of->in_channels,
                          at.x * of->stride_x - of->pad_left, patch);
        } else {
            memset(patch, (int)of->in_zero, (size_t)length);
        }
    }
}

/* Are the inputs of every place four-byte groups that lie together? */
KWS_KERNEL bool kws_reads_directly(const struct kws_window *of)
{
    return of->height == 1 && of->width == 1 && of->stride_y == 1 && of->stride_x == 1 &&
           of->pad_top == 0 && of->pad_left == 0 && of->in_channels % 4 == 0;
}

/* The next `count` places from output number `first` on, in a tile of `places`. */
KWS_KERNEL void kws_conv_tile(const struct kws_window *of, const struct kws_channels *with,
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
    const int8_t *weights = with->weights;
    int8_t *to_place = out + first * of->out_channels;
    for (int channel = 0; channel < of->out_channels; channel++, weights += 4 * groups) {
        const int32_t bias = with->bias[channel], multiplier = with->multipliers[channel];
        const int32_t shift = with->shifts[channel], offset = kws_offset_of(to, shift);
        int32_t sums[KWS_MOST_PLACES] = {bias, bias, bias, bias, bias, bias};
        kws_dot(work, places, weights, groups, sums);
        for (int place = 0; place < places; place++) {
            if (place < count) {
                to_place[place * of->out_channels + channel] =
                    kws_rescaled(to, sums[place], multiplier, shift, offset);
            }
        }
    }
}

/* `in` [in_height, in_width, in_channels] to `out` [out_height, out_width, out_channels]. They may
 * overlap as far as no input is written over before its tile is filled. `work` holds a tile of
 * `places`, and a patch. */
KWS_KERNEL void kws_conv(const struct kws_window *of, const struct kws_channels *with,
                         const struct kws_rescale *to, const int8_t *in, int8_t *out,
                         int16_t *work, int places)
{
    const int outputs = of->out_height * of->out_width, rest = outputs % places;
    const int last = rest == 1 ? 1 : rest <= 3 && places > 3 ? 3 : places;
    const int groups = kws_groups_of(of);
    struct kws_place at = {0, 0};
    if (kws_inputs_of(of) % 4) { /* weights of 0 follow: any number will do, but not chance */
        memset(work + KWS_TILE(groups, places), 0, (size_t)(4 * groups));
    }
    int first = 0;
    for (; first + places <= outputs; first += places) {
        kws_conv_tile(of, with, to, in, out, work, places, first, places, &at);
    }
    if (rest) {
        kws_conv_tile(of, with, to, in, out, work, last, first, rest, &at);
    }
}

#endif
