/* The engine that was built in: the generated one or, with KWS_ENGINE_TFLM, TensorFlow Lite
 * Micro. */
#ifndef KWS_MODEL_H
#define KWS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns "native" or "tflm". */
const char *kws_model_engine(void);

/* Returns the bytes of working memory that the engine has. */
uint32_t kws_model_memory(void);

/* Returns false if the model does not fit into that memory. */
bool kws_model_start(void);

#ifdef KWS_ENGINE_STREAM_FRAMES

/* Starts a stream in `state` [KWS_ENGINE_STREAM_STATE_BYTES]. */
void kws_model_forget(uint8_t *state);

/* Takes features [KWS_ENGINE_STREAM_FRAMES][KWS_COEFFICIENTS] of the next frames, and computes
 * scores [KWS_LABELS] of the window that ends with them, once there is one; returns false if that
 * failed. */
bool kws_model_step(const int8_t *features, uint8_t *state, int8_t *scores);

#else

/* Computes scores [KWS_LABELS] from features [KWS_FRAMES][KWS_COEFFICIENTS]; returns false if that
 * failed. */
bool kws_model_run(const int8_t *features, int8_t *scores);

#endif

#ifdef __cplusplus
}
#endif

#endif
