/* Runs windows of features from input.bin through the native engine.
 *
 * Input: number of windows, then the features of each. Output for each window: its scores (int8),
 * the instructions it took and the bytes of stack (uint32 each), and, with KWS_ENGINE_TRACE,
 * before them every layer's output in turn. Guards around the scratch memory must stay whole. */
#include <stdbool.h>
#include <string.h>

#include "host.h"
#include "kws_engine.h"

enum { GUARD = 64, PATTERN = 0x5a, STACK = 8192 };

static int8_t features[KWS_ENGINE_INPUTS];
static _Alignas(4) uint8_t memory[GUARD + KWS_ENGINE_SCRATCH_BYTES + GUARD];
static int8_t scores[KWS_ENGINE_SCORES];

#ifdef KWS_ENGINE_TRACE
void kws_engine_trace(const int8_t *values, int size);

void kws_engine_trace(const int8_t *values, int size)
{
    host_write(values, size);
}
#endif

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

/* The free stack below this call: painted, then searched for the deepest change. No interrupt
 * uses it meanwhile. */
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

int target_main(void)
{
    int32_t windows;
    host_read(&windows, sizeof windows);
    memset(memory, PATTERN, sizeof memory);
    for (int32_t i = 0; i < windows; i++) {
        host_read(features, sizeof features);
        paint();
        const uint32_t before = host_instructions();
        const int failed = kws_engine_run(features, scores, memory + GUARD);
        const uint32_t record[2] = {host_instructions() - before, deepest()};
        if (failed || !whole(memory) || !whole(memory + GUARD + KWS_ENGINE_SCRATCH_BYTES)) {
            return 5;
        }
        host_write(scores, sizeof scores);
        host_write(record, sizeof record);
    }
    return 0;
}
