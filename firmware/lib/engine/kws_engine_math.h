/* The engine's arithmetic: that of TensorFlow Lite, to the last bit, on every processor. */
#ifndef KWS_ENGINE_MATH_H
#define KWS_ENGINE_MATH_H

#include <stdbool.h>
#include <stdint.h>

/* Each layer is compiled for its shape: kernels are inlined where their sizes are constants. */
#define KWS_KERNEL static inline __attribute__((always_inline))

/* Cortex-M4 and alike do two 16-bit products in one instruction. The assembly takes nearly all
 * registers, so gcc must optimize and keep no frame pointer; otherwise define KWS_PLAIN. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__thumb__) && \
    defined(__OPTIMIZE__) && !defined(__clang__) && !defined(KWS_PLAIN)
#define KWS_DSP 1
#else
#define KWS_DSP 0
#endif

/* How a layer turns sums into int8; multiplier and shift belong to the channel. */
struct kws_rescale {
    int32_t zero;         /* The zero point of the output. */
    int32_t lowest, most; /* The range of the output, which the activation limits. */
    bool exact_shift;     /* Shifts are 1 to 22 and sums below 2^30, which allows a shorter way. */
    bool ties_matter;     /* The activation does not cut off ties below zero. */
};

/* (a * b + 2^30) >> 31, except for the square of INT32_MIN. */
static inline int32_t kws_q31(int32_t a, int32_t b)
{
#if defined(__XTENSA__)
    /* 16-bit products, because not every Xtensa has the upper word of a 32-bit product */
    const int32_t a_high = a >> 16, b_high = b >> 16;
    const int32_t a_low = a & 0xffff, b_low = b & 0xffff;
    const uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    const int32_t middle = a_high * b_low + (int32_t)(low >> 16);
    const int32_t other = a_low * b_high + (middle & 0xffff);
    const uint32_t high = (uint32_t)(a_high * b_high + (middle >> 16) + (other >> 16));
    const uint32_t lower = (uint32_t)a * (uint32_t)b;
    const uint32_t sum = lower + (1U << 30);
    return (int32_t)((high + (sum < lower ? 1U : 0U)) << 1 | sum >> 31);
#else
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
#endif
}

static inline int kws_smaller(int a, int b)
{
    return a < b ? a : b;
}

static inline int32_t kws_clamp(int32_t a, int32_t lowest, int32_t most)
{
    a = a < lowest ? lowest : a;
    return a > most ? most : a;
}

#if KWS_DSP

/* c + kws_q31(a, b) for |a| < 2^30. */
static inline int32_t kws_q31_plus(int32_t a, int32_t b, int32_t c)
{
    int32_t r; /* c + ((2a * b + 2^31) >> 32) */
    __asm__("smmlar %0, %1, %2, %3" : "=r"(r) : "r"(a * 2), "r"(b), "r"(c));
    return r;
}

static inline int32_t kws_to_int8(int32_t a)
{
    int32_t r;
    __asm__("ssat %0, #8, %1" : "=r"(r) : "r"(a));
    return r;
}

#else

static inline int32_t kws_q31_plus(int32_t a, int32_t b, int32_t c)
{
    return kws_q31(a, b) + c;
}

static inline int32_t kws_to_int8(int32_t a)
{
    return kws_clamp(a, INT8_MIN, INT8_MAX);
}

#endif

/* a / 2^shift, rounded to nearest, ties away from zero. */
static inline int32_t kws_rounded_shift(int32_t a, int32_t shift)
{
    const int32_t mask = (int32_t)((1U << shift) - 1);
    const int32_t rest = a & mask;
    const int32_t half = (mask >> 1) + (a < 0 ? 1 : 0);
    return (a >> shift) + (rest > half ? 1 : 0);
}

/* a * multiplier / 2^31 * 2^-shift, rounded twice; a negative shift is to the left. */
static inline int32_t kws_scaled(int32_t a, int32_t multiplier, int32_t shift)
{
    const int32_t moved = shift < 0 ? (int32_t)((uint32_t)a << -shift) : a;
    const int32_t high = kws_q31(moved, multiplier);
    return kws_rounded_shift(high, shift < 0 ? 0 : shift);
}

/* Half of 2^shift for rounding, plus the output's zero point in the same units. */
KWS_KERNEL int32_t kws_offset_of(const struct kws_rescale *to, int32_t shift)
{
    return to->exact_shift ? (2 * to->zero + 1) * (1 << (shift - 1)) : 0;
}

/* Limits a value to the range of the output. */
KWS_KERNEL int8_t kws_limited(const struct kws_rescale *to, int32_t value)
{
    value = kws_to_int8(value);
    if (to->lowest > INT8_MIN && value < to->lowest) {
        value = to->lowest;
    }
    if (to->most < INT8_MAX && value > to->most) {
        value = to->most;
    }
    return (int8_t)value;
}

/* Turns a sum into int8; `offset` is kws_offset_of the shift. */
KWS_KERNEL int8_t kws_rescaled(const struct kws_rescale *to, int32_t sum, int32_t multiplier,
                               int32_t shift, int32_t offset)
{
    int32_t value;
    if (to->exact_shift && !to->ties_matter) {
        value = kws_q31_plus(sum, multiplier, offset) >> shift;
    } else if (to->exact_shift) {
        const int32_t high = kws_q31_plus(sum, multiplier, 0);
        value = (high + (high >> 31) + offset) >> shift;
    } else {
        value = kws_scaled(sum, multiplier, shift) + to->zero;
    }
    return kws_limited(to, value);
}

#endif
