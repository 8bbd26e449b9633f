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

#if KWS_LOOPS

/* Differences are sums minus twice one of their parts, so that no register is needed for them. */
#define SUM_AND_DIFFERENCE(a, b) "add " a ", " a ", " b " \n sub " b ", " a ", " b ", lsl #1 \n"

/* Of points 0 to 3 in r4 to r11: even, odd, skew and cross in the same order, then points 0 and 2
 * in r4 to r7, and what becomes points 1 and 3 in r8, r9 and r11, r10. */
#define FOUR_POINTS \
    SUM_AND_DIFFERENCE("r4", "r8") \
    SUM_AND_DIFFERENCE("r5", "r9") \
    SUM_AND_DIFFERENCE("r6", "r10") \
    SUM_AND_DIFFERENCE("r7", "r11") \
    SUM_AND_DIFFERENCE("r4", "r6") \
    SUM_AND_DIFFERENCE("r5", "r7") \
    SUM_AND_DIFFERENCE("r8", "r11") \
    "sub r9, r9, r10 \n" \
    "add r10, r9, r10, lsl #1 \n"

/* Turns into r4, r5. */
#define TURN(re, im, cos, sin, plus, minus) \
    "smmul r4, " re ", " cos " \n" \
    "smmul r5, " im ", " cos " \n" plus " r4, " im ", " sin ", r4 \n" minus " r5, " re ", " sin \
    ", r5 \n"

/* Columns 1 to quarter - 1 of a group whose column 0 is `x`. The pointer is in the middle of four
 * points, because offsets end at 1020 bytes. */
#define TURNED_COLUMNS(name, quarter, stride) \
    static __attribute__((noinline)) void name(complex_t *x, const twiddle_t *twiddles) \
    { \
        const twiddle_t *once = twiddles + (stride), *twice = twiddles + 2 * (stride); \
        char *middle = (char *)(x + 1) + 12 * (quarter); \
        char *const end = middle + 8 * ((quarter)-1); \
        __asm__ volatile( \
            "1: \n" \
            "ldrd r4, r5, [%[x], #-%c[outer]] \n" \
            "ldrd r6, r7, [%[x], #-%c[inner]] \n" \
            "ldrd r8, r9, [%[x], #%c[inner]] \n" \
            "ldrd r10, r11, [%[x], #%c[outer]] \n" FOUR_POINTS \
            "asr r4, r4, #1 \n" \
            "asr r5, r5, #1 \n" \
            "strd r4, r5, [%[x], #-%c[outer]] \n" \
            "ldrd r12, lr, [%[twice]], #2 * %c[step] \n" \
            TURN("r6", "r7", "r12", "lr", "smmla", "smmls") \
            "strd r4, r5, [%[x], #%c[inner]] \n" \
            "ldrd r12, lr, [%[once]], #%c[step] \n" \
            TURN("r8", "r9", "r12", "lr", "smmla", "smmls") \
            "strd r4, r5, [%[x], #-%c[inner]] \n" \
            TURN("r11", "r10", "r12", "lr", "smmls", "smmla") \
            "strd r4, r5, [%[x], #%c[outer]] \n" \
            "adds %[x], #8 \n" \
            "cmp %[x], %[end] \n" \
            "bne 1b \n" \
            : [x] "+r"(middle), [once] "+r"(once), [twice] "+r"(twice) \
            : [end] "r"(end), [outer] "i"(12 * (quarter)), [inner] "i"(4 * (quarter)), \
              [step] "i"(8 * (stride)) \
            : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"); \
    }

TURNED_COLUMNS(turned_64, 64, 2)
TURNED_COLUMNS(turned_16, 16, 8)

/* One column of all groups of 16 points, where its twiddles stay in registers. */
static __attribute__((noinline)) void turned_column(complex_t *x, const complex_t *end,
                                                    const twiddle_t *once, const twiddle_t *twice)
{
    const int32_t cos = once->cos, sin = once->sin, cos2 = twice->cos, sin2 = twice->sin;
    __asm__ volatile(
        "1: \n"
        "ldrd r4, r5, [%[x]] \n"
        "ldrd r6, r7, [%[x], #32] \n"
        "ldrd r8, r9, [%[x], #64] \n"
        "ldrd r10, r11, [%[x], #96] \n" FOUR_POINTS
        "asr r4, r4, #1 \n"
        "asr r5, r5, #1 \n"
        "strd r4, r5, [%[x]], #128 \n" TURN("r6", "r7", "%[cos2]", "%[sin2]", "smmla", "smmls")
        "strd r4, r5, [%[x], #-64] \n" TURN("r8", "r9", "%[cos]", "%[sin]", "smmla", "smmls")
        "strd r4, r5, [%[x], #-96] \n" TURN("r11", "r10", "%[cos]", "%[sin]", "smmls", "smmla")
        "strd r4, r5, [%[x], #-32] \n"
        "cmp %[x], %[end] \n"
        "blo 1b \n"
        : [x] "+r"(x)
        : [end] "r"(end), [cos] "r"(cos), [sin] "r"(sin), [cos2] "r"(cos2), [sin2] "r"(sin2)
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* The last stage: neighbours, without rotations. */
static __attribute__((noinline)) void radix4_neighbours(complex_t *x, const complex_t *end)
{
    __asm__ volatile("1: \n"
                     "ldmia %[x], {r4, r5, r6, r7, r8, r9, r10, r11} \n" FOUR_POINTS
                     "asr r4, r4, #1 \n"
                     "asr r5, r5, #1 \n"
                     "asr r6, r6, #1 \n"
                     "asr r7, r7, #1 \n"
                     "asr r8, r8, #1 \n"
                     "asr r9, r9, #1 \n"
                     "asr r10, r10, #1 \n"
                     "asr r11, r11, #1 \n"
                     "strd r8, r9, [%[x], #8] \n"
                     "strd r6, r7, [%[x], #16] \n"
                     "strd r11, r10, [%[x], #24] \n"
                     "strd r4, r5, [%[x]], #32 \n"
                     "cmp %[x], %[end] \n"
                     "bne 1b \n"
                     : [x] "+r"(x)
                     : [end] "r"(end)
                     : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* All stages of 256 points, the usual frame. */
static void radix4_256(complex_t *x, const twiddle_t *twiddles)
{
    radix4_plain(x, 64);
    turned_64(x, twiddles);
    for (complex_t *group = x; group < x + 256; group += 64) {
        radix4_plain(group, 16);
        turned_16(group, twiddles);
    }
    for (complex_t *group = x; group < x + 256; group += 16) {
        radix4_plain(group, 4);
    }
    for (int32_t column = 1; column < 4; column++) {
        turned_column(x + column, x + 256, twiddles + 32 * column, twiddles + 64 * column);
    }
    radix4_neighbours(x, x + 256);
}

#endif

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
#if KWS_LOOPS

static __attribute__((noinline)) void split(complex_t *x, int32_t points,
                                            const twiddle_t *twiddles, const uint16_t *order)
{
    const twiddle_t *const end = twiddles + points / 2;
    const uint16_t *high = order + points;
    if (points < 2) {
        return;
    }
    __asm__ volatile(
        "1: \n"
        "ldrh r4, [%[low], #2]! \n"
        "ldrh r5, [%[high], #-2]! \n"
        "ldrd r10, r11, [%[twiddles], #8]! \n"
        "add r4, %[x], r4, lsl #3 \n"
        "add r5, %[x], r5, lsl #3 \n"
        "ldrd r6, r7, [r4] \n"
        "ldrd r8, r9, [r5] \n"
        "add r6, r6, r8 \n" /* r6 and r9 are even, r7 and r8 are turned */
        "rsb r8, r6, r8, lsl #1 \n"
        "add r7, r7, r9 \n"
        "sub r9, r7, r9, lsl #1 \n"
        "smmul r12, r7, r10 \n"
        "smmla r12, r8, r11, r12 \n"
        "smmul r10, r8, r10 \n"
        "smmls r10, r7, r11, r10 \n"
        "rsb r7, r12, r6, asr #1 \n"
        "rsb r8, r10, r9, asr #1 \n"
        "strd r7, r8, [r5] \n"
        "add r7, r12, r6, asr #1 \n"
        "add r8, r10, r9, asr #1 \n"
        "strd r7, r8, [r4] \n"
        "cmp %[twiddles], %[end] \n"
        "bne 1b \n"
        : [low] "+r"(order), [high] "+r"(high), [twiddles] "+r"(twiddles)
        : [x] "r"(x), [end] "r"(end)
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

#else

static void split(complex_t *x, int32_t points, const twiddle_t *twiddles, const uint16_t *order)
{
    const twiddle_t *const end = twiddles + points / 2;
    const uint16_t *from_low = order, *from_high = order + points;
    while (twiddles < end) {
        complex_t *const low = x + *++from_low, *const high = x + *--from_high;
        const complex_t a = *low, b = *high;
        const complex_t even = {a.re + b.re, a.im - b.im};
        const complex_t odd = turn((complex_t){a.im + b.im, b.re - a.re}, *++twiddles);
        *high = subtract(halve(even), odd);
        *low = add(halve(even), odd);
    }
}

#endif

void kws_fft(const kws_frontend_tables *tables, kws_word *block)
{
    complex_t *const x = (complex_t *)block;
    const twiddle_t *const twiddles = (const twiddle_t *)tables->twiddles;
    const int32_t points = tables->fft_size / 2;
    int32_t quarter = points / 4, stride = 2;
#if KWS_LOOPS
    if (points == 256) {
        radix4_256(x, twiddles);
        quarter = 0;
    }
#endif
    for (; quarter > 0; quarter /= 4, stride *= 4) {
        radix4_stage(x, points, quarter, twiddles, stride);
    }
    if (stride == points) { /* groups of two are left */
        radix2_stage(x, points);
    }
    split(x, points, twiddles, tables->bin_order);
}
