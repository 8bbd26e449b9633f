/* The engine, whichever was built in: native, or TensorFlow Lite Micro with KWS_ENGINE_TFLM. */
#ifndef KWS_MODEL_H
#define KWS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "native" or "tflm". */
const char *kws_model_engine(void);

/* Bytes that it works in. */
uint32_t kws_model_memory(void);

/* False if the model does not fit. */
bool kws_model_start(void);

/* int8 features [KWS_FRAMES, KWS_COEFFICIENTS] to int8 scores [KWS_LABELS]. False: it failed. */
bool kws_model_run(const int8_t *features, int8_t *scores);

#ifdef __cplusplus
}
#endif

#endif
