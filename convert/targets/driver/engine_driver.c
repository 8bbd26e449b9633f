/* Runs windows of features from input.bin through the native engine.
 *
 * Input: number of windows, then the features of each. Output for each window: its scores (int8),
 * the instructions it took and the bytes of stack (uint32 each), and, with KWS_ENGINE_TRACE,
 * before them every layer's output in turn. Guards around the scratch memory must stay intact. */
#include <string.h>

#include "host.h"
#include "kws_engine.h"
#include "watch.h"

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
