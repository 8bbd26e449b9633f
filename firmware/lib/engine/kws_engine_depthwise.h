/* Depthwise convolutions, channel by channel: a channel's plane is widened to int16 in a padded
 * buffer, so that the output may overwrite the input.
 *
 * The buffer consists of lines along which outputs are computed in pairs: rows, or columns if
 * that leaves fewer pairs incomplete. */
#ifndef KWS_ENGINE_DEPTHWISE_H
#define KWS_ENGINE_DEPTHWISE_H

#include "kws_engine_conv.h"

/* A kws_window in lines instead of rows and columns: `along` is the direction of a line,
 * `across` leads from one line to the next. */
struct kws_lines {
    bool down;                           /* The lines are columns. */
    int count, length;                   /* The number of output lines and their length. */
    int across, along;                   /* The size of the kernel. */
    int stride_across, stride_along;     /* The steps of the kernel in the input. */
    int dilation_across, dilation_along; /* The steps of the kernel's taps in the input. */
    int pad_across, pad_along;           /* The zero points before the input. */
    int out_across, out_along;           /* The distances of neighbours in the output. */
    int pitch;    /* The int16 of a buffered line: the kernel's reach, rounded up, and a pair. */
    int buffered; /* The number of buffered lines. */
};

KWS_KERNEL struct kws_lines kws_lines_of(const struct kws_window *of)
{
    const int pairs_down = (of->out_height + 1) / 2 * of->out_width;
    const int pairs_right = (of->out_width + 1) / 2 * of->out_height;
    struct kws_lines l;
    l.down = pairs_down < pairs_right;
    l.count = l.down ? of->out_width : of->out_height;
    l.length = l.down ? of->out_height : of->out_width;
    l.across = l.down ? of->width : of->height;
    l.along = l.down ? of->height : of->width;
    l.stride_across = l.down ? of->stride_x : of->stride_y;
    l.stride_along = l.down ? of->stride_y : of->stride_x;
    l.dilation_across = l.down ? of->dilation_x : of->dilation_y;
    l.dilation_along = l.down ? of->dilation_y : of->dilation_x;
    l.pad_across = l.down ? of->pad_left : of->pad_top;
    l.pad_along = l.down ? of->pad_top : of->pad_left;
    l.out_across = (l.down ? 1 : of->out_width) * of->out_channels;
    l.out_along = (l.down ? of->out_width : 1) * of->out_channels;
    const int reach = (l.length - 1) * l.stride_along + (l.along - 1) * l.dilation_along + 1;
    l.pitch = (reach + 2 * l.stride_along + 1) / 2 * 2;
    l.buffered = (l.count - 1) * l.stride_across + (l.across - 1) * l.dilation_across + 1;
    return l;
}

/* Copies one channel's inputs into the buffer, whose padding is already there. */
KWS_KERNEL void kws_plane_fill(const struct kws_window *of, const struct kws_lines *l,
                               const int8_t *in, int16_t *plane)
{
    const int channels = of->in_channels;
    const int lines = l->buffered - l->pad_across, samples = l->pitch - l->pad_along;
    const int height = kws_smaller(of->in_height, l->down ? samples : lines);
    const int width = kws_smaller(of->in_width, l->down ? lines : samples);
    const int to_right = l->down ? l->pitch : 1, to_below = l->down ? 1 : l->pitch;
    int16_t *to = plane + l->pad_across * l->pitch + l->pad_along;
    for (int y = 0; y < height; y++, to += to_below, in += of->in_width * channels) {
#pragma GCC unroll 8
        for (int x = 0; x < width; x++) {
            to[x * to_right] = in[x * channels];
        }
    }
}

/* Any kernel, tap by tap; weights `w` are [height][width]. */
KWS_KERNEL void kws_plane_any(const struct kws_window *of, const struct kws_lines *l,
                              const struct kws_rescale *to, const int16_t *plane,
                              const struct kws_factors *with, const int8_t *w, int8_t *out)
{
    const int32_t offset = kws_offset_of(to, with->shift);
    for (int line = 0; line < l->count; line++) {
        for (int i = 0; i < l->length; i++) {
            const int16_t *from = plane + line * l->stride_across * l->pitch + i * l->stride_along;
            int32_t sum = with->bias;
            for (int across = 0; across < l->across; across++) {
                for (int along = 0; along < l->along; along++) {
                    const int tap = l->down ? along * of->width + across
                                            : across * of->width + along;
                    sum += w[tap] * from[across * l->dilation_across * l->pitch +
                                         along * l->dilation_along];
                }
            }
            out[line * l->out_across + i * l->out_along] =
                kws_rescaled(to, sum, with->multiplier, with->shift, offset);
        }
    }
}

#if KWS_DSP

/* A line of three weights as pairs (w0, w1) and (w1, w2). */
struct kws_three {
    uint32_t first, second;
};

static inline struct kws_three kws_three_of(const int8_t *w, int step)
{
    const uint32_t low = 0xffff, middle = (uint32_t)w[step];
    const struct kws_three three = {((uint32_t)w[0] & low) | middle << 16,
                                    (middle & low) | (uint32_t)w[2 * step] << 16};
    return three;
}

/* Samples i and i + 1 in p, i + 2 and i + 3 in q: the outputs at i and at i + 1. */
#define KWS_THREE_BY_1(offset, weights, left, right) \
    "ldrd %[p], %[q], [%[from], %[" offset "]] \n" \
    "ldrd %[a], %[b], %[" weights "] \n" \
    "smlad %[left], %[p], %[a], %[" left "] \n" \
    "smlatb %[right], %[p], %[a], %[" right "] \n" \
    "smlabt %[left], %[q], %[b], %[left] \n" \
    "smlad %[right], %[q], %[b], %[right] \n"

/* The right output begins two samples later and ends at i + 4. */
#define KWS_THREE_BY_2(offset, after, weights, left, right) \
    "ldrd %[p], %[q], [%[from], %[" offset "]] \n" \
    "ldrd %[a], %[b], %[" weights "] \n" \
    "smlad %[left], %[p], %[a], %[" left "] \n" \
    "ldr %[p], [%[from], %[" after "]] \n" \
    "smlabt %[left], %[q], %[b], %[left] \n" \
    "smlad %[right], %[q], %[a], %[" right "] \n" \
    "smlabt %[right], %[p], %[b], %[right] \n"

#define KWS_PAIR_RESULTS \
    [left] "=&r"(*left), [right] "=&r"(*right), [p] "=&r"(p), [q] "=&r"(q), [a] "=&r"(a), \
        [b] "=&r"(b)

#define KWS_PAIR_WEIGHTS [w0] "m"(weights[0]), [w1] "m"(weights[1]), [w2] "m"(weights[2])

/* Sums of two neighbours of a 3x3 kernel. */
KWS_KERNEL void kws_two_of_3x3(const int16_t *from, const struct kws_lines *l,
                               const struct kws_three *weights, int32_t bias, int32_t *left,
                               int32_t *right)
{
    const int pitch = 2 * l->pitch; /* in bytes */
    uint32_t p, q, a, b;
    if (l->stride_along == 1) {
        __asm__(KWS_THREE_BY_1("o0", "w0", "bias", "bias")
                    KWS_THREE_BY_1("o1", "w1", "left", "right")
                        KWS_THREE_BY_1("o2", "w2", "left", "right")
                : KWS_PAIR_RESULTS
                : KWS_PAIR_WEIGHTS, [from] "r"(from), [bias] "r"(bias), [o0] "i"(0),
                  [o1] "i"(pitch), [o2] "i"(2 * pitch)
                : "memory");
    } else {
        __asm__(KWS_THREE_BY_2("o0", "e0", "w0", "bias", "bias")
                    KWS_THREE_BY_2("o1", "e1", "w1", "left", "right")
                        KWS_THREE_BY_2("o2", "e2", "w2", "left", "right")
                : KWS_PAIR_RESULTS
                : KWS_PAIR_WEIGHTS, [from] "r"(from), [bias] "r"(bias), [o0] "i"(0),
                  [o1] "i"(pitch), [o2] "i"(2 * pitch), [e0] "i"(8), [e1] "i"(pitch + 8),
                  [e2] "i"(2 * pitch + 8)
                : "memory");
    }
}

KWS_KERNEL bool kws_is_3x3(const struct kws_lines *l)
{
    /* ldrd needs a small pitch that the compiler knows, which it does not with -Og */
    return l->across == 3 && l->along == 3 && l->dilation_across == 1 && l->dilation_along == 1 &&
           l->stride_along <= 2 && 4 * l->pitch + 8 <= 1020 && __builtin_constant_p(l->pitch);
}

KWS_KERNEL void kws_plane_3x3(const struct kws_lines *l, const struct kws_rescale *to,
                              const int16_t *plane, const struct kws_factors *with,
                              const int8_t *w, int8_t *out)
{
    const int32_t offset = kws_offset_of(to, with->shift);
    const int next = l->down ? 1 : 3, step = l->down ? 3 : 1;
    const struct kws_three weights[3] = {
        kws_three_of(w, step),
        kws_three_of(w + next, step),
        kws_three_of(w + 2 * next, step),
    };
    for (int line = 0; line < l->count; line++) {
        const int16_t *from = plane + line * l->stride_across * l->pitch;
        const int16_t *end = from + l->length / 2 * 2 * l->stride_along;
        int8_t *at = out + line * l->out_across;
        int32_t left, right;
        for (; from != end; from += 2 * l->stride_along, at += 2 * l->out_along) {
            kws_two_of_3x3(from, l, weights, with->bias, &left, &right);
            at[0] = kws_rescaled(to, left, with->multiplier, with->shift, offset);
            at[l->out_along] = kws_rescaled(to, right, with->multiplier, with->shift, offset);
        }
        if (l->length % 2) {
            kws_two_of_3x3(from, l, weights, with->bias, &left, &right);
            at[0] = kws_rescaled(to, left, with->multiplier, with->shift, offset);
        }
    }
}

/* Pairs of weights of one line, for outputs at even places and for those that begin one sample
 * later. */
enum { KWS_MOST_PAIRS = 8 };

struct kws_both {
    uint32_t even, odd;
};

/* The weights `first` and `first` + 1; 0 outside the kernel. */
static inline uint32_t kws_two_of(const int8_t *w, int first, int count)
{
    const uint32_t low = first >= 0 && first < count ? (uint32_t)w[first] : 0;
    const uint32_t high = first + 1 < count ? (uint32_t)w[first + 1] : 0;
    return (low & 0xffff) | high << 16;
}

static inline int32_t kws_pair(uint32_t x, uint32_t w, int32_t sum)
{
    int32_t r;
    __asm__("smlad %0, %1, %2, %3" : "=r"(r) : "r"(x), "r"(w), "r"(sum));
    return r;
}

KWS_KERNEL int kws_pairs_of(const struct kws_lines *l)
{
    return l->along / 2 + 1;
}

/* A kernel of one line, such as a kernel over time. */
KWS_KERNEL bool kws_is_line(const struct kws_lines *l)
{
    return l->across == 1 && l->stride_along == 1 && l->dilation_along == 1 &&
           kws_pairs_of(l) <= KWS_MOST_PAIRS;
}

KWS_KERNEL void kws_plane_line(const struct kws_lines *l, const struct kws_rescale *to,
                               const int16_t *plane, const struct kws_factors *with,
                               const int8_t *w, int8_t *out)
{
    const int32_t offset = kws_offset_of(to, with->shift);
    struct kws_both weights[KWS_MOST_PAIRS];
#pragma GCC unroll 8
    for (int i = 0; i < kws_pairs_of(l); i++) {
        weights[i].even = kws_two_of(w, 2 * i, l->along);
        weights[i].odd = kws_two_of(w, 2 * i - 1, l->along);
    }
    for (int line = 0; line < l->count; line++) {
        const int16_t *from = plane + line * l->stride_across * l->pitch;
        int8_t *at = out + line * l->out_across;
        for (int left = l->length; left > 0; left -= 2, from += 2, at += 2 * l->out_along) {
            int32_t even = with->bias, odd = with->bias;
#pragma GCC unroll 8
            for (int i = 0; i < kws_pairs_of(l); i++) {
                uint32_t x;
                memcpy(&x, __builtin_assume_aligned(from + 2 * i, 4), 4);
                even = kws_pair(x, weights[i].even, even);
                odd = kws_pair(x, weights[i].odd, odd);
            }
            at[0] = kws_rescaled(to, even, with->multiplier, with->shift, offset);
            if (left > 1) {
                at[l->out_along] = kws_rescaled(to, odd, with->multiplier, with->shift, offset);
            }
        }
    }
}

#endif

/* Computes `out` [out_height, out_width, out_channels] from `in` [in_height, in_width,
 * in_channels]. `out` may begin where `in` does if it has as many channels and no more places.
 * `channels` are those of kws_conv, with weights [height][width]. `work` has room for a plane. */
KWS_KERNEL void kws_depthwise(const struct kws_window *of, const int32_t *channels,
                              const struct kws_rescale *to, const int8_t *in, int8_t *out,
                              int16_t *work)
{
    const struct kws_lines l = kws_lines_of(of);
    const int words = (of->height * of->width + 3) / 4;
    const int multiplier = of->out_channels / of->in_channels;
    for (int i = 0; i < l.pitch * l.buffered; i++) {
        work[i] = (int16_t)of->in_zero;
    }
    for (int channel = 0; channel < of->in_channels; channel++) {
        if (multiplier > 1 || !kws_is_constant(of, channels)) {
            kws_plane_fill(of, &l, in + channel, work);
        }
        for (int i = 0; i < multiplier; i++, channels += 3 + words) {
            const struct kws_factors with = {channels[0], channels[1], channels[2]};
            const int8_t *weights = (const int8_t *)(channels + 3);
            int8_t *to_plane = out + channel * multiplier + i;
            if (kws_is_constant(of, channels)) {
                for (int place = 0; place < of->out_height * of->out_width; place++) {
                    to_plane[place * of->out_channels] = (int8_t)with.bias;
                }
                continue;
            }
#if KWS_DSP
            if (kws_is_3x3(&l)) {
                kws_plane_3x3(&l, to, work, &with, weights, to_plane);
                continue;
            }
            if (kws_is_line(&l)) {
                kws_plane_line(&l, to, work, &with, weights, to_plane);
                continue;
            }
#endif
            kws_plane_any(of, &l, to, work, &with, weights, to_plane);
        }
    }
}

#endif
