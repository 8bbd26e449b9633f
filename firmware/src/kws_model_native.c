#include "kws_model.h"

#ifndef KWS_ENGINE_TFLM

#include "kws_engine.h"

static uint32_t scratch[(KWS_ENGINE_SCRATCH_BYTES + 3) / 4];

const char *kws_model_engine(void)
{
    return "native";
}

uint32_t kws_model_memory(void)
{
    return KWS_ENGINE_SCRATCH_BYTES;
}

bool kws_model_start(void)
{
    return true;
}

bool kws_model_run(const int8_t *features, int8_t *scores)
{
    return kws_engine_run(features, scores, (uint8_t *)scratch) == 0;
}

#endif
