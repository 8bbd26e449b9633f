/* libFuzzer target: whatever the samples and however they are chopped, the stream's frames are
 * those of the batch call, and nothing overflows or strays. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kws_frontend_tables.h"

#define MOST_SAMPLES 4096
#define MOST_FRAMES (MOST_SAMPLES / KWS_HOP + 1)

static int32_t scratch[KWS_FRONTEND_SCRATCH_WORDS(KWS_FFT_SIZE, KWS_MEL_BANDS)];

/* Each byte of the input's first eighth is the length of a piece; the rest are samples. */
static int32_t stream(const uint8_t *cuts, int32_t cut_count, const int16_t *pcm, int32_t count,
                      int16_t *frames)
{
    static int16_t samples[KWS_FFT_SIZE];
    kws_frontend state;
    int32_t number = 0, next = 0;
    kws_frontend_start(&state, &kws_generated_tables, samples, scratch);
    while (count > 0) {
        bool ready;
        int32_t piece = cut_count ? cuts[next++ % cut_count] : count;
        piece = piece < count ? piece : count;
        const int32_t taken = kws_frontend_push(&state, pcm, piece, frames, &ready);
        if (taken > piece || (taken < piece && !ready)) {
            abort();
        }
        if (piece == 0) { /* an empty piece is allowed; a fuzzer of only those never ends */
            cut_count = 0;
        }
        pcm += taken;
        count -= taken;
        frames += ready ? KWS_COEFFICIENTS : 0;
        number += ready;
    }
    return number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t pcm[MOST_SAMPLES];
    static int16_t batch[MOST_FRAMES * KWS_COEFFICIENTS], streamed[MOST_FRAMES * KWS_COEFFICIENTS];
    const size_t cut_count = size / 8;
    size_t count = (size - cut_count) / 2;
    count = count < MOST_SAMPLES ? count : MOST_SAMPLES;
    memcpy(pcm, data + cut_count, count * 2);
    const int32_t expected =
        kws_frontend_frames(&kws_generated_tables, pcm, (int32_t)count, scratch, batch);
    const int32_t got = stream(data, (int32_t)cut_count, pcm, (int32_t)count, streamed);
    if (got != expected ||
        memcmp(batch, streamed, (size_t)got * KWS_COEFFICIENTS * sizeof *batch) != 0) {
        abort();
    }
    return 0;
}
