#include "kws_arith.h"
#include "kws_stages.h"

typedef struct {
    int32_t re, im;
} complex_t;

/* (re + i im)(cos - i sin) / 2 */
static inline complex_t turn(int32_t re, int32_t im, complex_t w)
{
    return (complex_t){kws_high_add(kws_high(re, w.re), im, w.im),
                       kws_high_sub(kws_high(im, w.re), re, w.im)};
}

/* (re + i im)(cos + i sin) / 2 */
static inline complex_t turn_back(int32_t re, int32_t im, complex_t w)
{
    return (complex_t){kws_high_sub(kws_high(re, w.re), im, w.im),
                       kws_high_add(kws_high(im, w.re), re, w.im)};
}

/* A butterfly without its turns: x[i * quarter] become y[i], not yet halved. */
static inline void combine(const complex_t *x, int32_t quarter, complex_t y[4])
{
    const complex_t a = x[0], b = x[quarter], c = x[2 * quarter], d = x[3 * quarter];
    const complex_t even = {a.re + c.re, a.im + c.im}, odd = {b.re + d.re, b.im + d.im};
    const complex_t skew = {a.re - c.re, a.im - c.im}, cross = {b.re - d.re, b.im - d.im};
    y[0] = (complex_t){even.re + odd.re, even.im + odd.im};
    y[1] = (complex_t){skew.re + cross.im, skew.im - cross.re};
    y[2] = (complex_t){even.re - odd.re, even.im - odd.im};
    y[3] = (complex_t){skew.re - cross.im, skew.im + cross.re};
}

static inline void radix4_plain(complex_t *x, int32_t quarter)
{
    complex_t y[4];
    combine(x, quarter, y);
    for (int32_t i = 0; i < 4; i++) {
        x[i * quarter] = (complex_t){y[i].re >> 1, y[i].im >> 1};
    }
}

static inline void radix4_turned(complex_t *x, int32_t quarter, complex_t once, complex_t twice)
{
    complex_t y[4];
    combine(x, quarter, y);
    x[0] = (complex_t){y[0].re >> 1, y[0].im >> 1};
    x[quarter] = turn(y[1].re, y[1].im, once);
    x[2 * quarter] = turn(y[2].re, y[2].im, twice);
    x[3 * quarter] = turn_back(y[3].re, y[3].im, once);
}

/* One stage over `points`, in groups of `span`. Halving makes it unitary. */
static void radix4_stage(complex_t *x, int32_t points, int32_t span, const complex_t *twiddles)
{
    const int32_t quarter = span / 4, stride = 2 * points / span;
    for (int32_t group = 0; group < points; group += span) {
        radix4_plain(x + group, quarter);
    }
    for (int32_t j = 1; j < quarter; j++) {
        const complex_t once = twiddles[stride * j], twice = twiddles[2 * stride * j];
        for (int32_t group = j; group < points; group += span) {
            radix4_turned(x + group, quarter, once, twice);
        }
    }
}

static void radix2_stage(complex_t *x, int32_t points)
{
    for (int32_t i = 0; i < points; i += 2) {
        const complex_t a = x[i], b = x[i + 1];
        x[i] = (complex_t){a.re + b.re, a.im + b.im};
        x[i + 1] = (complex_t){a.re - b.re, a.im - b.im};
    }
}

/* From the FFT of even + i odd samples to that of all samples, bins k and points - k together. */
static void split(complex_t *x, int32_t points, const complex_t *twiddles, const uint16_t *order)
{
    for (int32_t k = 1; k <= points / 2; k++) {
        complex_t *const low = x + order[k], *const high = x + order[points - k];
        const complex_t a = *low, b = *high;
        const complex_t even = {a.re + b.re, a.im - b.im};
        const complex_t odd = turn(a.im + b.im, b.re - a.re, twiddles[k]);
        *high = (complex_t){(even.re >> 1) - odd.re, (even.im >> 1) - odd.im};
        *low = (complex_t){(even.re >> 1) + odd.re, (even.im >> 1) + odd.im};
    }
}

void kws_fft(const kws_frontend_tables *tables, int32_t *block)
{
    complex_t *const x = (complex_t *)block;
    const complex_t *const twiddles = (const complex_t *)tables->twiddles;
    const int32_t points = tables->fft_size / 2;
    int32_t span = points;
    for (; span >= 4; span /= 4) {
        radix4_stage(x, points, span, twiddles);
    }
    if (span == 2) {
        radix2_stage(x, points);
    }
    split(x, points, twiddles, tables->bin_order);
}
