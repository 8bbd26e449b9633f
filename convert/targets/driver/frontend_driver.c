/* Runs windows from input.bin through the streaming front end and returns what it computed.
 *
 * Input: number of windows, then the samples of each. Output for each window: its frames
 * [frames][coefficients] int16, its features int8, and the instructions its frames took (uint32).
 * Samples arrive in pieces of varying length, but in hops for the first window, so that its
 * instructions are those on a board. */
#include "host.h"
#include "kws_frontend.h"
#include "kws_frontend_tables.h"

#define WINDOW KWS_WINDOW
#define FRAMES KWS_FRAMES
#define COEFFICIENTS KWS_COEFFICIENTS

static int16_t pcm[WINDOW], samples[KWS_FFT_SIZE], frames[FRAMES * COEFFICIENTS];
static int32_t scratch[KWS_FRONTEND_SCRATCH_WORDS(KWS_FFT_SIZE, KWS_MEL_BANDS)];
static kws_frontend stream;
static int8_t features[FRAMES * COEFFICIENTS];

/* A piece between 1 and 2 * hop samples, or just hop when instructions are counted. */
static int32_t piece_length(uint32_t *state, int32_t counting)
{
    *state = *state * 1664525U + 1013904223U;
    return counting ? KWS_HOP : 1 + (int32_t)((*state >> 8) & 0xffff) * 2 * KWS_HOP / 65536;
}

static void run_window(uint32_t *state, int32_t counting)
{
    int16_t *frame = frames;
    kws_frontend_start(&stream, &kws_generated_tables, samples, scratch);
    for (int32_t used = 0; used < WINDOW;) {
        int32_t piece = piece_length(state, counting);
        piece = piece < WINDOW - used ? piece : WINDOW - used;
        while (piece > 0) {
            bool ready;
            const int32_t taken = kws_frontend_push(&stream, pcm + used, piece, frame, &ready);
            used += taken;
            piece -= taken;
            frame += ready ? COEFFICIENTS : 0;
        }
    }
}

#ifdef CHECK_BATCH /* check that the other calls agree: the batch, and a ring of frames */
#include <string.h>

static int32_t agrees(void)
{
    static int16_t batch[FRAMES * COEFFICIENTS], ring[FRAMES * COEFFICIENTS];
    static int8_t from_ring[FRAMES * COEFFICIENTS];
    const int32_t oldest = FRAMES / 3, tail = (FRAMES - oldest) * COEFFICIENTS;
    if (kws_frontend_frames(&kws_generated_tables, pcm, WINDOW, scratch, batch) != FRAMES) {
        return 0;
    }
    memcpy(ring + oldest * COEFFICIENTS, frames, (size_t)tail * sizeof *ring);
    memcpy(ring, frames + tail, (size_t)oldest * COEFFICIENTS * sizeof *ring);
    kws_frontend_features(&kws_generated_tables, ring, oldest, from_ring);
    return !memcmp(batch, frames, sizeof frames) && !memcmp(from_ring, features, sizeof features);
}
#else
static int32_t agrees(void)
{
    return 1;
}
#endif

int target_main(void)
{
    int32_t windows;
    uint32_t state = 1;
    host_read(&windows, sizeof windows);
    for (int32_t i = 0; i < windows; i++) {
        host_read(pcm, sizeof pcm);
        const uint32_t before = host_instructions();
        run_window(&state, i == 0);
        const uint32_t count = host_instructions() - before;
        kws_frontend_features(&kws_generated_tables, frames, 0, features);
        if (!agrees()) {
            return 4;
        }
        host_write(frames, sizeof frames);
        host_write(features, sizeof features);
        host_write(&count, sizeof count);
    }
    return 0;
}
