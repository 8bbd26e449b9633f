/* The few operations that processors do differently. Every version gives the same bits. */
#ifndef KWS_ARITH_H
#define KWS_ARITH_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__thumb__)

/* Upper word of a * b, rounded down. */
static inline int32_t kws_high(int32_t a, int32_t b)
{
    int32_t r;
    __asm__("smmul %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* sum + upper word of a * b. */
static inline int32_t kws_high_add(int32_t sum, int32_t a, int32_t b)
{
    int32_t r;
    __asm__("smmla %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
}

/* sum + upper word of -(a * b). */
static inline int32_t kws_high_sub(int32_t sum, int32_t a, int32_t b)
{
    int32_t r;
    __asm__("smmls %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
}

/* (a * b) >> 16. */
static inline int32_t kws_high_16(int32_t a, int16_t b)
{
    int32_t r;
    __asm__("smulwb %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

static inline int64_t kws_multiply(int32_t a, int32_t b)
{
    return (int64_t)a * b;
}

/* sum + (value >> 16)^2. */
static inline int64_t kws_add_upper_square(int64_t sum, int32_t value)
{
    __asm__("smlaltt %Q0, %R0, %1, %1" : "+r"(sum) : "r"(value));
    return sum;
}

#else

#if defined(__XTENSA__) && !defined(KWS_HAVE_MULSH)

/* No 64-bit product in hardware and none in this compiler's library: four 16-bit ones. */
static inline int32_t kws_high(int32_t a, int32_t b)
{
    int32_t a_high = a >> 16, b_high = b >> 16;
    int32_t a_low = a & 0xffff, b_low = b & 0xffff;
    uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    int32_t middle = a_high * b_low + (int32_t)(low >> 16);
    int32_t other = a_low * b_high + (middle & 0xffff);
    return a_high * b_high + (middle >> 16) + (other >> 16);
}

static inline int64_t kws_multiply(int32_t a, int32_t b)
{
    uint32_t low = (uint32_t)a * (uint32_t)b;
    return (int64_t)(((uint64_t)(uint32_t)kws_high(a, b) << 32) | low);
}

#else

static inline int32_t kws_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

static inline int64_t kws_multiply(int32_t a, int32_t b)
{
    return (int64_t)a * b;
}

#endif

static inline int32_t kws_high_add(int32_t sum, int32_t a, int32_t b)
{
    return sum + kws_high(a, b);
}

static inline int32_t kws_high_sub(int32_t sum, int32_t a, int32_t b)
{
    return sum + kws_high(-a, b);
}

static inline int32_t kws_high_16(int32_t a, int16_t b)
{
    return kws_high(a, b * 65536);
}

static inline int64_t kws_add_upper_square(int64_t sum, int32_t value)
{
    return sum + (value >> 16) * (value >> 16);
}

#endif

/* value * 2^count; the caller knows that it fits. */
static inline int32_t kws_shift_left(int32_t value, int32_t count)
{
    return (int32_t)((uint32_t)value << count);
}

/* Bits of a positive number: 1 for 1, 2 for 2 and 3, and so on. */
static inline int32_t kws_bits(uint32_t value)
{
    return 32 - __builtin_clz(value);
}

static inline int16_t kws_saturate_16(int32_t value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

static inline int8_t kws_saturate_8(int32_t value)
{
    return (int8_t)(value > INT8_MAX ? INT8_MAX : value < INT8_MIN ? INT8_MIN : value);
}

#endif
