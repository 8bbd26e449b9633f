#include "kws_network.h"

#ifndef KWS_ENGINE_STREAM_FRAMES

#include "kws_board.h"
#include "kws_frontend.h"
#include "kws_model.h"

void kws_network_forget(kws_network *network)
{
    network->next = 0;
}

int16_t *kws_network_frame(kws_network *network)
{
    return network->frames[network->next];
}

bool kws_network_push(kws_network *network)
{
    network->next = (network->next + 1) % KWS_FRAMES;
    return true;
}

void kws_network_features(kws_network *network)
{
    kws_frontend_features(&kws_generated_tables, &network->frames[0][0], network->next,
                          &network->features[0][0]);
}

bool kws_network_scores(kws_network *network, int8_t *scores)
{
    kws_network_features(network);
    const uint32_t before = kws_board_micros();
    const bool right = kws_model_run(&network->features[0][0], scores);
    network->micros = kws_board_micros() - before;
    network->failures += !right;
    return right;
}

#endif
