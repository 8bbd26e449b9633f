#include "kws_stages.h"

typedef struct {
    kws_word re, im;
} complex_t;

typedef struct {
    int32_t cos, sin;
} twiddle_t;

/* (re + i im)(cos - i sin) / 2 */
static inline complex_t turn(complex_t a, twiddle_t w)
{
    return (complex_t){kws_high_add(kws_high(a.re, w.cos), a.im, w.sin),
                       kws_high_sub(kws_high(a.im, w.cos), a.re, w.sin)};
}

/* (re + i im)(cos + i sin) / 2 */
static inline complex_t turn_back(complex_t a, twiddle_t w)
{
    return (complex_t){kws_high_sub(kws_high(a.re, w.cos), a.im, w.sin),
                       kws_high_add(kws_high(a.im, w.cos), a.re, w.sin)};
}

static inline complex_t halve(complex_t a)
{
    return (complex_t){a.re >> 1, a.im >> 1};
}

static inline complex_t add(complex_t a, complex_t b)
{
    return (complex_t){a.re + b.re, a.im + b.im};
}

static inline complex_t subtract(complex_t a, complex_t b)
{
    return (complex_t){a.re - b.re, a.im - b.im};
}

/* a + i b and a - i b. */
static inline complex_t add_i(complex_t a, complex_t b)
{
    return (complex_t){a.re - b.im, a.im + b.re};
}

static inline complex_t subtract_i(complex_t a, complex_t b)
{
    return (complex_t){a.re + b.im, a.im - b.re};
}

/* A butterfly over four points `quarter` apart; column 0 of a stage needs no rotation. */
static inline void radix4_plain(complex_t *x0, int32_t quarter)
{
    complex_t *const x1 = x0 + quarter, *const x2 = x1 + quarter, *const x3 = x2 + quarter;
    const complex_t even = add(*x0, *x2), skew = subtract(*x0, *x2);
    const complex_t odd = add(*x1, *x3), cross = subtract(*x1, *x3);
    *x0 = halve(add(even, odd));
    *x1 = halve(subtract_i(skew, cross));
    *x2 = halve(subtract(even, odd));
    *x3 = halve(add_i(skew, cross));
}

static inline void radix4_turned(complex_t *x0, int32_t quarter, const twiddle_t *once,
                                 const twiddle_t *twice)
{
    complex_t *const x1 = x0 + quarter, *const x2 = x1 + quarter, *const x3 = x2 + quarter;
    const complex_t even = add(*x0, *x2), skew = subtract(*x0, *x2);
    const complex_t odd = add(*x1, *x3), cross = subtract(*x1, *x3);
    *x0 = halve(add(even, odd));
    *x2 = turn(subtract(even, odd), *twice);
    *x1 = turn(subtract_i(skew, cross), *once);
    *x3 = turn_back(add_i(skew, cross), *once);
}

/* One stage over `points`, in groups of 4 `quarter`s. Halving makes it unitary. */
static void radix4_stage(complex_t *x, int32_t points, int32_t quarter, const twiddle_t *twiddles,
                         int32_t stride)
{
    for (int32_t group = 0; group < points; group += 4 * quarter) {
        const twiddle_t *once = twiddles, *twice = twiddles;
        complex_t *const end = x + group + quarter;
        radix4_plain(x + group, quarter);
        for (complex_t *x0 = x + group + 1; x0 < end; x0++) {
            once += stride;
            twice += 2 * stride;
            radix4_turned(x0, quarter, once, twice);
        }
    }
}

static void radix2_stage(complex_t *x, int32_t points)
{
    for (int32_t i = 0; i < points; i += 2) {
        const complex_t a = x[i], b = x[i + 1];
        x[i] = add(a, b);
        x[i + 1] = subtract(a, b);
    }
}

/* Turns the FFT of even + i odd samples into that of all samples, bins k and points - k
 * together. */
static void split(complex_t *x, int32_t points, const twiddle_t *twiddles, const uint16_t *order)
{
    for (int32_t k = 1; k <= points / 2; k++) {
        complex_t *const low = x + order[k], *const high = x + order[points - k];
        const complex_t a = *low, b = *high;
        const complex_t even = {a.re + b.re, a.im - b.im};
        const complex_t odd = turn((complex_t){a.im + b.im, b.re - a.re}, twiddles[k]);
        *high = subtract(halve(even), odd);
        *low = add(halve(even), odd);
    }
}

void kws_fft(const kws_frontend_tables *tables, kws_word *block)
{
    complex_t *const x = (complex_t *)block;
    const twiddle_t *const twiddles = (const twiddle_t *)tables->twiddles;
    const int32_t points = tables->fft_size / 2;
    int32_t quarter = points / 4, stride = 2;
    for (; quarter > 0; quarter /= 4, stride *= 4) {
        radix4_stage(x, points, quarter, twiddles, stride);
    }
    if (stride == points) { /* groups of two are left */
        radix2_stage(x, points);
    }
    split(x, points, twiddles, tables->bin_order);
}
