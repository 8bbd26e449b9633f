#include "kws_network.h"

#ifdef KWS_ENGINE_STREAM_FRAMES

#include <string.h>

#include "kws_board.h"
#include "kws_frontend.h"
#include "kws_model.h"

#if KWS_ENGINE_STREAM_INPUTS != KWS_ENGINE_STREAM_FRAMES * KWS_COEFFICIENTS || \
    KWS_ENGINE_STREAM_SCORES != KWS_LABELS
#error "kws_engine_stream.h was generated for other features or labels than kws_settings.h"
#endif
#if (KWS_DECISION_MS * KWS_SAMPLE_RATE / 1000 + KWS_HOP / 2) / KWS_HOP != KWS_ENGINE_STREAM_FRAMES
#error "kws_engine_stream.h was generated for decisions at another pace than kws_settings.h"
#endif

enum {
    /* Frames that the steps up to the first scores take beyond a window. They come before all
     * others, are in no window and may be anything; so the first window ends where it does without
     * a stream. */
    OUTSIDE = KWS_ENGINE_STREAM_FIRST * KWS_ENGINE_STREAM_FRAMES - KWS_FRAMES,
};

void kws_network_forget(kws_network *network)
{
    memset(network->features, 0, sizeof network->features);
    network->waiting = OUTSIDE;
    network->right = false;
    kws_model_forget(network->state);
}

int16_t *kws_network_frame(kws_network *network)
{
    return network->newest;
}

bool kws_network_push(kws_network *network)
{
    int8_t (*const rows)[KWS_COEFFICIENTS] = network->features;
    memmove(rows, rows + 1, sizeof network->features - sizeof *rows);
    kws_frontend_quantize(&kws_generated_tables, network->newest,
                          rows[KWS_ENGINE_STREAM_FRAMES - 1]);
    network->waiting++;
    if (network->waiting < KWS_ENGINE_STREAM_FRAMES) {
        return false;
    }
    network->waiting = 0;
    const uint32_t before = kws_board_micros();
    network->right = kws_model_step(&rows[0][0], network->state, network->stepped);
    network->micros = kws_board_micros() - before;
    network->failures += !network->right;
    return true;
}

void kws_network_features(kws_network *network)
{
    (void)network; /* they are those of the newest frames after every push */
}

bool kws_network_scores(kws_network *network, int8_t *scores)
{
    memcpy(scores, network->stepped, sizeof network->stepped);
    return network->right;
}

#endif
