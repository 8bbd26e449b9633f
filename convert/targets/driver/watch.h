/* Detects writes outside a program's memory, and measures how deep its stack gets. */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { GUARD = 64, PATTERN = 0x5a, STACK = 8192 };

static bool whole(const uint8_t *guard)
{
    for (int i = 0; i < GUARD; i++) {
        if (guard[i] != PATTERN) {
            return false;
        }
    }
    return true;
}

#if defined(__arm__) || defined(__riscv) || defined(__XTENSA__)

/* The free stack below this call is painted, then searched for the deepest change. No interrupt
 * uses it in between. */
static volatile uint8_t *bottom;

static __attribute__((noinline)) void paint(void)
{
    volatile uint8_t *top = (volatile uint8_t *)__builtin_frame_address(0) - 64;
    bottom = top - STACK;
    for (volatile uint8_t *at = bottom; at < top; at++) {
        *at = PATTERN;
    }
}

static __attribute__((noinline)) uint32_t deepest(void)
{
    uint32_t untouched = 0;
    while (untouched < STACK && bottom[untouched] == PATTERN) {
        untouched++;
    }
    return STACK + 64 - untouched;
}

#else

static void paint(void)
{
}

static uint32_t deepest(void)
{
    return 0;
}

#endif

#endif
