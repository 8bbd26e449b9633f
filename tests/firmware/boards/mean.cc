/* Runs the MEAN that firmware gives to TensorFlow Lite Micro, in place of the library's interpreter. */
#include <cmath>

#include "kws_exact_resolver.h"

static TfLiteIntArray in_dims;
static TfLiteTensor tensors[2];
static TfLiteEvalTensor values[2];
static int borrowed;

namespace tflite {

void QuantizeMultiplier(double factor, int32_t *multiplier, int *shift)
{
    int64_t rounded = std::llround(std::frexp(factor, shift) * (1LL << 31));
    if (rounded == 1LL << 31) {
        rounded /= 2;
        ++*shift;
    }
    *multiplier = static_cast<int32_t>(rounded);
}

TfLiteStatus ParseReducer(const Operator *, void **) { return kTfLiteOk; }

TfLiteTensor *MicroContext::AllocateTempInputTensor(const TfLiteNode *, int)
{
    borrowed++;
    return &tensors[0];
}

TfLiteTensor *MicroContext::AllocateTempOutputTensor(const TfLiteNode *, int)
{
    borrowed++;
    return &tensors[1];
}

void MicroContext::DeallocateTempTfLiteTensor(TfLiteTensor *) { borrowed--; }

MicroContext *GetMicroContext(const TfLiteContext *)
{
    static MicroContext context;
    return &context;
}

namespace micro {

TfLiteRegistration RegisterOp(void *(*init)(TfLiteContext *, const char *, size_t),
                              TfLiteStatus (*prepare)(TfLiteContext *, TfLiteNode *),
                              TfLiteStatus (*invoke)(TfLiteContext *, TfLiteNode *),
                              void (*)(TfLiteContext *, void *))
{
    return {init, prepare, invoke};
}

const TfLiteEvalTensor *GetEvalInput(const TfLiteContext *, const TfLiteNode *, int)
{
    return &values[0];
}

TfLiteEvalTensor *GetEvalOutput(const TfLiteContext *, const TfLiteNode *, int)
{
    return &values[1];
}

}
}

static void *allocate(TfLiteContext *, size_t bytes)
{
    alignas(8) static uint8_t memory[256];
    return bytes <= sizeof memory ? memory : nullptr;
}

/* 0; or the step that failed. */
extern "C" int mean(const int32_t shape[4], const float scales[2], const int32_t zeros[2],
                    int32_t channels, int8_t *in, int8_t *out)
{
    in_dims = {4, {shape[0], shape[1], shape[2], shape[3]}};
    tensors[0] = {{in}, &in_dims, {scales[0], zeros[0]}, 0};
    tensors[1] = {{out}, nullptr, {scales[1], zeros[1]}, static_cast<size_t>(channels)};
    values[0].data.int8 = in;
    values[1].data.int8 = out;
    KwsExactResolver<1> resolver;
    if (resolver.AddMean() != kTfLiteOk || resolver.FindOp(tflite::BuiltinOperator_ADD) ||
        resolver.GetOpDataParser(tflite::BuiltinOperator_MEAN) != tflite::ParseReducer) {
        return 1;
    }
    const TfLiteRegistration *found = resolver.FindOp(tflite::BuiltinOperator_MEAN);
    TfLiteContext context = {allocate};
    TfLiteNode node = {found->init(&context, nullptr, 0)};
    const TfLiteStatus prepared = found->prepare(&context, &node);
    if (borrowed != 0) {
        return 2;
    }
    if (prepared != kTfLiteOk) {
        return 3;
    }
    return found->invoke(&context, &node) == kTfLiteOk ? 0 : 4;
}
