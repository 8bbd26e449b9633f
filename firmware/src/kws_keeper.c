#include "kws_keeper.h"

#ifdef KWS_KEEP_AUDIO

#include <string.h>

#include "kws_board.h"

enum {
    READING_MICROS = 2000000,            /* then the host is taken to be gone */
    MOST_AFTER = KWS_SAMPLE_RATE / 2, /* a near miss is kept this long after its peak */
};

void kws_keeper_start(kws_keeper *keeper)
{
    memset(keeper, 0, sizeof *keeper);
    kws_keeper_forget(keeper);
}

void kws_keeper_forget(kws_keeper *keeper)
{
    keeper->block = 0;
    keeper->inside = 0;
    keeper->before = 0;
    keeper->armed = true;
    keeper->peak.kind = KWS_KEPT_NOTHING;
}

void kws_keeper_push(kws_keeper *keeper, const int16_t *samples, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (keeper->inside == KWS_ADPCM_SAMPLES) {
            keeper->block = (keeper->block + 1) % KWS_KEEPER_BLOCKS;
            keeper->inside = 0;
            keeper->before += keeper->before < KWS_KEEPER_BLOCKS - 1;
        }
        kws_adpcm_put(&keeper->coder, keeper->ring[keeper->block], keeper->inside, samples[i]);
        keeper->inside++;
    }
    keeper->peak.after += (uint32_t)count;
}

static bool is_read(const kws_keeper *keeper)
{
    return keeper->reading && kws_board_micros() - keeper->read_micros < READING_MICROS;
}

static bool keep(kws_keeper *keeper, const kws_kept *what)
{
    keeper->count++;
    if (is_read(keeper)) {
        keeper->missed++;
        return false;
    }
    keeper->reading = false;
    keeper->kept = *what;
    keeper->kept.number = keeper->count;
    keeper->kept.samples =
        (uint32_t)(keeper->before * KWS_ADPCM_SAMPLES + keeper->inside);
    const int32_t oldest = keeper->block + KWS_KEEPER_BLOCKS - keeper->before;
    for (int32_t i = 0; i <= keeper->before; i++) {
        memcpy(keeper->clip[i], keeper->ring[(oldest + i) % KWS_KEEPER_BLOCKS], KWS_ADPCM_BYTES);
    }
    return true;
}

/* The peak becomes a near miss when its word is over, while its window is still in the ring. */
static bool ends(const kws_keeper *keeper, bool near)
{
    return keeper->peak.kind == KWS_KEPT_NEAR && (!near || keeper->peak.after >= MOST_AFTER);
}

bool kws_keeper_judge(kws_keeper *keeper, const kws_detection *best, bool detected,
                      uint32_t time_ms)
{
    const kws_kept now = {
        .time_ms = time_ms,
        .label = best->label,
        .score = best->score,
        .kind = detected ? KWS_KEPT_DETECTION : KWS_KEPT_NEAR,
    };
    const bool near =
        keeper->near_score > 0 && best->label >= 0 && best->score >= keeper->near_score;
    if (detected) {
        keeper->armed = false; /* its score falls through the range of near misses */
        keeper->peak.kind = KWS_KEPT_NOTHING;
        return keep(keeper, &now);
    }
    if (ends(keeper, near)) {
        const kws_kept peak = keeper->peak;
        keeper->armed = !near;
        keeper->peak.kind = KWS_KEPT_NOTHING;
        return keep(keeper, &peak);
    }
    keeper->armed |= !near;
    const bool higher =
        keeper->peak.kind == KWS_KEPT_NOTHING || best->score > keeper->peak.score;
    if (near && keeper->armed && higher) {
        keeper->peak = now;
    }
    return false;
}

int32_t kws_keeper_read(kws_keeper *keeper, uint32_t number, int32_t first, int32_t most,
                        uint8_t *blocks)
{
    const uint32_t samples = keeper->kept.samples + KWS_ADPCM_SAMPLES - 1;
    const int32_t rest = (int32_t)(samples / KWS_ADPCM_SAMPLES) - first;
    if (number == 0 || number != keeper->kept.number || rest <= 0) {
        return 0;
    }
    const int32_t count = rest < most ? rest : most;
    memcpy(blocks, keeper->clip[first], (size_t)(count * KWS_ADPCM_BYTES));
    keeper->reading = count < rest;
    keeper->read_micros = kws_board_micros();
    return count;
}

#endif
