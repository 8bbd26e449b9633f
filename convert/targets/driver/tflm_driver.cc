/* Runs windows from input.bin through TensorFlow Lite Micro, as firmware does.
 *
 * Input: the arena to use in bytes, the number of windows, then the features of each. Output: bytes
 * of the arena that were used, or 0 if it was too small, then for each window its scores and the
 * instructions that it took (uint32). */
#include "kws_op_resolver.h"
#include "kws_settings.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern "C" {
#include "host.h"
}

static const int32_t largest_arena = 1 << 20;
alignas(16) static uint8_t arena[largest_arena];
static int8_t scores[KWS_LABELS];

extern "C" void DebugLog(const char *) {}

namespace tflite { /* the library's clock needs an operating system */
uint32_t ticks_per_second() { return 1; }
uint32_t GetCurrentTimeTicks() { return 0; }
void InitializeTarget() {}
}

static int run(int32_t size, int32_t windows)
{
    static KwsOpResolver resolver;
    if (kws_add_operators(resolver) != kTfLiteOk) {
        return 4;
    }
    static tflite::MicroInterpreter interpreter(tflite::GetModel(kws_model_data), resolver, arena,
                                                static_cast<size_t>(size));
    const bool fits = interpreter.AllocateTensors() == kTfLiteOk;
    const uint32_t used = fits ? static_cast<uint32_t>(interpreter.arena_used_bytes()) : 0;
    host_write(&used, sizeof used);
    for (int32_t window = 0; fits && window < windows; window++) {
        host_read(interpreter.input(0)->data.int8, KWS_FEATURES);
        const uint32_t before = host_instructions();
        if (interpreter.Invoke() != kTfLiteOk) {
            return 5;
        }
        const uint32_t instructions = host_instructions() - before;
        for (int32_t label = 0; label < KWS_LABELS; label++) {
            scores[label] = interpreter.output(0)->data.int8[label];
        }
        host_write(scores, KWS_LABELS);
        host_write(&instructions, sizeof instructions);
    }
    return 0;
}

extern "C" int target_main(void)
{
    int32_t size, windows;
    host_read(&size, sizeof size);
    host_read(&windows, sizeof windows);
    return size > largest_arena ? 6 : run(size, windows);
}
