/* Runs frames of features from input.bin through the native engine of a stream.
 *
 * Input: number of streams, number of steps of each, then the frames of each step. Output for each
 * step: what it returned and the scores (int8; before there are any, what was there before), the
 * instructions it took and the bytes of stack (uint32 each). Between steps the scratch memory is
 * overwritten. Guards around scratch and state must stay intact. */
#include <string.h>

#include "host.h"
#include "kws_engine_stream.h"
#include "watch.h"

static int8_t frames[KWS_ENGINE_STREAM_INPUTS];
static _Alignas(4) uint8_t scratch[GUARD + KWS_ENGINE_STREAM_SCRATCH_BYTES + GUARD];
static uint8_t state[GUARD + KWS_ENGINE_STREAM_STATE_BYTES + GUARD];
static int8_t result[1 + KWS_ENGINE_STREAM_SCORES];

static int step(void)
{
    host_read(frames, sizeof frames);
    memset(scratch, PATTERN, sizeof scratch);
    paint();
    const uint32_t before = host_instructions();
    const int done = kws_engine_stream_step(frames, result + 1, state + GUARD, scratch + GUARD);
    const uint32_t record[2] = {host_instructions() - before, deepest()};
    if (!whole(scratch) || !whole(scratch + GUARD + KWS_ENGINE_STREAM_SCRATCH_BYTES) ||
        !whole(state) || !whole(state + GUARD + KWS_ENGINE_STREAM_STATE_BYTES)) {
        return 5;
    }
    result[0] = (int8_t)done;
    host_write(result, sizeof result);
    host_write(record, sizeof record);
    return 0;
}

int target_main(void)
{
    int32_t counts[2]; /* streams, steps */
    host_read(counts, sizeof counts);
    memset(state, PATTERN, sizeof state);
    memset(result, PATTERN, sizeof result);
    for (int32_t i = 0; i < counts[0]; i++) {
        kws_engine_stream_reset(state + GUARD);
        for (int32_t j = 0; j < counts[1]; j++) {
            const int failed = step();
            if (failed) {
                return failed;
            }
        }
    }
    return 0;
}
