#include "kws_model.h"

#ifdef KWS_ENGINE_TFLM

#include <string.h>

#include "kws_op_resolver.h"
#include "kws_settings.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

alignas(16) static uint8_t arena[KWS_ARENA_BYTES];
static tflite::MicroInterpreter *interpreter; /* null until started */

/* The library's DebugLog would print into the middle of packets; weak, for linkers that keep
 * both. */
extern "C" __attribute__((weak)) void DebugLog(const char *) {}

const char *kws_model_engine(void)
{
    return "tflm";
}

uint32_t kws_model_memory(void)
{
    return KWS_ARENA_BYTES;
}

bool kws_model_start(void)
{
    static KwsOpResolver resolver;
    if (interpreter != nullptr) {
        return true;
    }
    if (kws_add_operators(resolver) != kTfLiteOk) {
        return false;
    }
    static tflite::MicroInterpreter made(tflite::GetModel(kws_model_data), resolver, arena,
                                         sizeof arena);
    if (made.AllocateTensors() != kTfLiteOk || made.input(0)->bytes != KWS_FEATURES ||
        made.output(0)->bytes != KWS_LABELS) {
        return false;
    }
    interpreter = &made;
    return true;
}

bool kws_model_run(const int8_t *features, int8_t *scores)
{
    if (interpreter == nullptr) {
        return false;
    }
    if (interpreter->Reset() != kTfLiteOk) { /* clears an LSTM's state: windows are independent */
        return false;
    }
    memcpy(interpreter->input(0)->data.int8, features, KWS_FEATURES);
    if (interpreter->Invoke() != kTfLiteOk) {
        return false;
    }
    memcpy(scores, interpreter->output(0)->data.int8, KWS_LABELS);
    return true;
}

#endif
