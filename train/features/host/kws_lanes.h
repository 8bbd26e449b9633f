/* The words of kws_arith.h as vectors: KWS_LANES frames at once, on a host. Same bits.
 *
 * GNU vector types carry + - << >> by themselves; what they lack is a widening multiply. */
#ifndef KWS_LANES_H
#define KWS_LANES_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

typedef int32_t kws_word __attribute__((vector_size(4 * KWS_LANES)));
typedef int64_t kws_half __attribute__((vector_size(4 * KWS_LANES))); /* every other lane, wide */
typedef uint64_t kws_raw __attribute__((vector_size(4 * KWS_LANES)));  /* the same, unsigned */
typedef struct {
    kws_half even, odd;
} kws_wide;

/* Samples side by side: [fft_size][KWS_LANES]. */
typedef const int16_t *kws_source;

/* Products of the even lanes; a lane's other neighbour is ignored. */
static inline kws_half kws_even_products(kws_half a, kws_half b)
{
#if KWS_LANES == 16 && defined(__AVX512F__)
    return (kws_half)_mm512_mul_epi32((__m512i)a, (__m512i)b);
#elif KWS_LANES == 8 && defined(__AVX2__)
    return (kws_half)_mm256_mul_epi32((__m256i)a, (__m256i)b);
#else
    const kws_half low_a = (kws_half)((a << 32) >> 32), low_b = (kws_half)((b << 32) >> 32);
    return low_a * low_b;
#endif
}

/* Odd lanes to the places of the even ones (AVX2 shifts 64 bits only without the sign). */
static inline kws_half kws_odd_lanes(kws_word a)
{
    return (kws_half)((kws_raw)a >> 32);
}

static inline kws_wide kws_products(kws_word a, kws_word b)
{
    return (kws_wide){kws_even_products((kws_half)a, (kws_half)b),
                      kws_even_products(kws_odd_lanes(a), kws_odd_lanes(b))};
}

static inline kws_word kws_all(int32_t constant)
{
    return constant - (kws_word){0};
}

/* The upper words of products, back in their lanes. */
static inline kws_word kws_upper(kws_wide products)
{
    const kws_half mask = (kws_half){0} - (1LL << 32); /* the odd lanes */
    return (kws_word)kws_odd_lanes((kws_word)products.even) | (kws_word)(products.odd & mask);
}

static inline kws_word kws_high(kws_word a, int32_t b)
{
    return kws_upper(kws_products(a, kws_all(b)));
}

static inline kws_word kws_high_add(kws_word sum, kws_word a, int32_t b)
{
    return sum + kws_high(a, b);
}

static inline kws_word kws_high_sub(kws_word sum, kws_word a, int32_t b)
{
    return sum + kws_high(-a, b);
}

static inline kws_word kws_high_16(int32_t a, kws_word b)
{
    return kws_high(b << 16, a);
}

static inline kws_wide kws_multiply_add(kws_wide sum, kws_word a, kws_word b)
{
    const kws_wide products = kws_products(a, b);
    return (kws_wide){sum.even + products.even, sum.odd + products.odd};
}

static inline kws_word kws_horner(int32_t coefficient, kws_word sum, kws_word x)
{
    return coefficient + kws_upper(kws_products(sum, x));
}

static inline kws_wide kws_combine(kws_wide a, kws_wide b, kws_wide c)
{
    return (kws_wide){2 * a.even + b.even - 2 * c.even, 2 * a.odd + b.odd - 2 * c.odd};
}

#define kws_shift_left(value, count) ((value) << (count))

static inline kws_word kws_max(kws_word a, int32_t b)
{
    const kws_word above = a > b;
    return (a & above) | (kws_all(b) & ~above);
}

static inline kws_word kws_min(kws_word a, int32_t b)
{
    const kws_word below = a < b;
    return (a & below) | (kws_all(b) & ~below);
}

static inline bool kws_any(kws_word count)
{
    int32_t any = 0;
    for (int32_t i = 0; i < KWS_LANES; i++) {
        any |= count[i];
    }
    return any != 0;
}

static inline kws_word kws_bits(kws_word value)
{
    kws_word bits;
    for (int32_t i = 0; i < KWS_LANES; i++) {
        bits[i] = 32 - __builtin_clz((uint32_t)value[i]);
    }
    return bits;
}

static inline kws_half kws_leading_zeros(kws_half value)
{
#if KWS_LANES == 16 && defined(__AVX512CD__)
    return (kws_half)_mm512_lzcnt_epi64((__m512i)value);
#else
    for (int32_t i = 0; i < KWS_LANES / 2; i++) {
        value[i] = __builtin_clzll((uint64_t)value[i]);
    }
    return value;
#endif
}

static inline kws_word kws_normalize(kws_wide power, kws_word *exponent)
{
    const kws_half zero = {0}, even_ok = power.even > zero, odd_ok = power.odd > zero;
    const kws_half even = (power.even & even_ok) | (1 & ~even_ok);
    const kws_half odd = (power.odd & odd_ok) | (1 & ~odd_ok);
    const kws_half even_zeros = kws_leading_zeros(even), odd_zeros = kws_leading_zeros(odd);
    *exponent = 63 - kws_upper((kws_wide){even_zeros << 32, odd_zeros << 32});
    return kws_upper((kws_wide){even << even_zeros, odd << odd_zeros}) & 0x7fffffff;
}

static inline kws_word kws_load(kws_source samples, int32_t index)
{
    typedef int16_t row __attribute__((vector_size(2 * KWS_LANES)));
    return __builtin_convertvector(*(const row *)(samples + index * KWS_LANES), kws_word);
}

/* Lane i's value goes to the place of this coefficient in row i. */
static inline void kws_store_16(int16_t *frames, int32_t index, kws_word value)
{
    const kws_word saturated = kws_min(kws_max(value, INT16_MIN), INT16_MAX);
    for (int32_t i = 0; i < KWS_LANES; i++) {
        frames[index * KWS_LANES + i] = (int16_t)saturated[i];
    }
}

#endif
