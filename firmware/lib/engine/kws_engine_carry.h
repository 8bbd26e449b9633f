/* What a stream keeps of a tensor from one step to the next. */
#ifndef KWS_ENGINE_CARRY_H
#define KWS_ENGINE_CARRY_H

#include "kws_engine_math.h"

#include <string.h>

#if KWS_DSP

/* memcpy to whole words, which takes a quarter to half of its instructions. */
static __attribute__((noinline)) void kws_move(void *to, const void *from, int size)
{
    char *at = to;
    const char *source = from;
    const char *const end = at + size / 32 * 32;
    if (at < end && (uintptr_t)at % 4 == 0 && (uintptr_t)source % 4 == 0) {
        __asm__("1: \n"
                "ldmia %[from]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "stmia %[to]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "cmp %[to], %[end] \n"
                "bne 1b \n"
                : [to] "+r"(at), [from] "+r"(source)
                : [end] "r"(end)
                : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
    } else if (at < end && (uintptr_t)at % 4 == 0) {
        __asm__("1: \n"
                "ldr r4, [%[from]], #4 \n"
                "ldr r5, [%[from]], #4 \n"
                "ldr r6, [%[from]], #4 \n"
                "ldr r8, [%[from]], #4 \n"
                "ldr r9, [%[from]], #4 \n"
                "ldr r10, [%[from]], #4 \n"
                "ldr r12, [%[from]], #4 \n"
                "ldr lr, [%[from]], #4 \n"
                "stmia %[to]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "cmp %[to], %[end] \n"
                "bne 1b \n"
                : [to] "+r"(at), [from] "+r"(source)
                : [end] "r"(end)
                : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
    }
    const int left = size - (int)(at - (char *)to);
    if (left > 0) {
        memcpy(at, source, (size_t)left);
    }
}

#else

static inline void kws_move(void *to, const void *from, int size)
{
    memcpy(to, from, (size_t)size);
}

#endif

/* `rows` has room for the kept bytes, followed by the new ones. The kept bytes are copied there,
 * and then the last bytes of `rows` are kept for the next step. */
static inline void kws_carry(uint8_t *kept, int kept_size, int8_t *rows, int new_size)
{
    kws_move(rows, kept, kept_size);
    kws_move(kept, rows + new_size, kept_size);
}

#endif
