/* The few operations that differ between processors. Every version gives the same bits.
 *
 * A kws_word is an int32_t and a kws_wide an int64_t. Only a host that computes features of many
 * recordings defines KWS_LANES: then both are vectors, and the stages compute several frames at
 * once. That is why they avoid branches on values and read samples through kws_load. */
#ifndef KWS_ARITH_H
#define KWS_ARITH_H

#include <stdbool.h>
#include <stdint.h>

/* Loops in assembly take nearly all registers, so gcc must optimize and keep no frame pointer;
 * otherwise define KWS_PLAIN. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__thumb__) && \
    defined(__OPTIMIZE__) && !defined(__clang__) && !defined(KWS_PLAIN) && !defined(KWS_LANES)
#define KWS_LOOPS 1
#else
#define KWS_LOOPS 0
#endif

#ifdef KWS_LANES
#include "kws_lanes.h"
#else

typedef int32_t kws_word;
typedef int64_t kws_wide;
typedef const int16_t *kws_source; /* the samples of a frame */

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__thumb__)

/* The upper word of a * b, rounded down. */
static inline kws_word kws_high(kws_word a, int32_t b)
{
    int32_t r;
    __asm__("smmul %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* sum + the upper word of a * b. */
static inline kws_word kws_high_add(kws_word sum, kws_word a, int32_t b)
{
    int32_t r;
    __asm__("smmla %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
}

/* sum + the upper word of -(a * b). */
static inline kws_word kws_high_sub(kws_word sum, kws_word a, int32_t b)
{
    int32_t r;
    __asm__("smmls %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
}

/* (a * b) >> 16, where b is a sample. */
static inline kws_word kws_high_16(int32_t a, kws_word b)
{
    int32_t r;
    __asm__("smulwb %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* sum + a * b. */
static inline kws_wide kws_multiply_add(kws_wide sum, kws_word a, kws_word b)
{
    return sum + (int64_t)a * b;
}

#else

#if defined(__XTENSA__) && __has_include(<xtensa/config/core-isa.h>)
#include <xtensa/config/core-isa.h> /* the ESP32's compilers have it: XCHAL_HAVE_MUL32_HIGH */
#endif

#if defined(__XTENSA__) && !XCHAL_HAVE_MUL32_HIGH

/* Without a 64-bit product in hardware or in the compiler's library: four 16-bit products. */
static inline kws_word kws_high(kws_word a, int32_t b)
{
    const int32_t a_high = a >> 16, b_high = b >> 16;
    const int32_t a_low = a & 0xffff, b_low = b & 0xffff;
    const uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    const int32_t middle = a_high * b_low + (int32_t)(low >> 16);
    const int32_t other = a_low * b_high + (middle & 0xffff);
    return a_high * b_high + (middle >> 16) + (other >> 16);
}

static inline kws_wide kws_multiply_add(kws_wide sum, kws_word a, kws_word b)
{
    const uint32_t low = (uint32_t)a * (uint32_t)b;
    return sum + (int64_t)(((uint64_t)(uint32_t)kws_high(a, b) << 32) | low);
}

#else

static inline kws_word kws_high(kws_word a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

static inline kws_wide kws_multiply_add(kws_wide sum, kws_word a, kws_word b)
{
    return sum + (int64_t)a * b;
}

#endif

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
    return kws_high(a, b * 65536);
}

#endif

/* A step of Horner's rule: coefficient + the upper word of sum * x. */
static inline kws_word kws_horner(int32_t coefficient, kws_word sum, kws_word x)
{
    return kws_high_add(coefficient, sum, x);
}

/* 2 a + b - 2 c. */
static inline kws_wide kws_combine(kws_wide a, kws_wide b, kws_wide c)
{
    return 2 * a + b - 2 * c;
}

/* value * 2^count; the caller ensures that it does not overflow. */
static inline kws_word kws_shift_left(kws_word value, kws_word count)
{
    return (int32_t)((uint32_t)value << count);
}

/* A constant, as a word. */
static inline kws_word kws_all(int32_t constant)
{
    return constant;
}

static inline kws_word kws_max(kws_word a, int32_t b)
{
    return a > b ? a : b;
}

/* Whether a shift has to be done at all. */
static inline bool kws_any(kws_word count)
{
    return count != 0;
}

/* The number of bits of a positive number: 1 for 1, 2 for 2 and 3, and so on. */
static inline kws_word kws_bits(kws_word value)
{
    return 32 - __builtin_clz((uint32_t)value);
}

/* power = 2^exponent * (1 + fraction), fraction in Q31; a power below 1 counts as 1. */
static inline kws_word kws_normalize(kws_wide power, kws_word *exponent)
{
    const uint32_t upper = (uint32_t)((uint64_t)power >> 32), lower = (uint32_t)power;
    uint32_t mantissa = 1U << 31;
    *exponent = 0;
    if (power > 0 && upper) {
        const int32_t shift = __builtin_clz(upper);
        mantissa = (upper << shift) | (lower >> 1 >> (31 - shift));
        *exponent = 63 - shift;
    } else if (power > 0) {
        const int32_t shift = __builtin_clz(lower);
        mantissa = lower << shift;
        *exponent = 31 - shift;
    }
    return (int32_t)(mantissa & 0x7fffffffU);
}

static inline kws_word kws_load(kws_source samples, int32_t index)
{
    return samples[index];
}

static inline int16_t kws_saturate_16(int32_t value)
{
#if KWS_LOOPS
    __asm__("ssat %0, #16, %0" : "+r"(value));
    return (int16_t)value;
#else
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
#endif
}

static inline void kws_store_16(int16_t *frame, int32_t index, kws_word value)
{
    frame[index] = kws_saturate_16(value);
}

#endif

static inline int8_t kws_saturate_8(int32_t value)
{
    return (int8_t)(value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value);
}

#endif
