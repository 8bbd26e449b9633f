#include "kws_model.h"

#ifndef KWS_ENGINE_TFLM

#ifdef KWS_ENGINE_STREAM_FRAMES
#define SCRATCH_BYTES KWS_ENGINE_STREAM_SCRATCH_BYTES
#else
#define SCRATCH_BYTES KWS_ENGINE_SCRATCH_BYTES
#endif

static uint32_t scratch[(SCRATCH_BYTES + 3) / 4];

const char *kws_model_engine(void)
{
    return "native";
}

uint32_t kws_model_memory(void)
{
    return SCRATCH_BYTES;
}

bool kws_model_start(void)
{
    return true;
}

#ifdef KWS_ENGINE_STREAM_FRAMES

void kws_model_forget(uint8_t *state)
{
    kws_engine_stream_reset(state);
}

bool kws_model_step(const int8_t *features, uint8_t *state, int8_t *scores)
{
    return kws_engine_stream_step(features, scores, state, (uint8_t *)scratch) >= 0;
}

#else

bool kws_model_run(const int8_t *features, int8_t *scores)
{
    return kws_engine_run(features, scores, (uint8_t *)scratch) == 0;
}

#endif

#endif
