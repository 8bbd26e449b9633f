/* MEAN over height and width for TensorFlow Lite Micro, with the bits of the generated engine.
 *
 * Newer versions of the library multiply integers, as here. Those of 2023, which PlatformIO fetches,
 * take floats, and drop the fraction where input and output have the same scale. C++11, because that
 * is what the ESP32's core is compiled with. */
#ifndef KWS_EXACT_RESOLVER_H
#define KWS_EXACT_RESOLVER_H

#include "kws_engine_layers.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace kws_exact {

struct Mean {
    int places, channels;
    int32_t in_zero, multiplier, shift;
    kws_rescale to;
};

inline void *mean_init(TfLiteContext *context, const char *, size_t)
{
    return context->AllocatePersistentBuffer(context, sizeof(Mean));
}

/* False for a shape that convert.to_tflm does not let through. */
inline bool mean_fit(Mean &mean, const TfLiteTensor &in, const TfLiteTensor &out)
{
    if (in.dims->size != 4 || in.dims->data[0] != 1) {
        return false;
    }
    mean.places = in.dims->data[1] * in.dims->data[2];
    mean.channels = in.dims->data[3];
    return mean.places > 0 && out.bytes == static_cast<size_t>(mean.channels);
}

/* The factor from a sum to the output: 1 / places goes into the multiplier, with as many more bits
 * as the shift can take back. */
inline void mean_scale(Mean &mean, const TfLiteTensor &in, const TfLiteTensor &out)
{
    int32_t multiplier;
    int left, more = 0;
    tflite::QuantizeMultiplier(
        static_cast<double>(in.params.scale) / static_cast<double>(out.params.scale), &multiplier,
        &left);
    while (more < 31 + left && mean.places >> (more + 1)) {
        more++;
    }
    mean.multiplier = static_cast<int32_t>((static_cast<int64_t>(multiplier) << more) / mean.places);
    mean.shift = more - left;
    mean.in_zero = in.params.zero_point;
    mean.to = kws_rescale();
    mean.to.zero = out.params.zero_point;
    mean.to.lowest = INT8_MIN;
    mean.to.most = INT8_MAX;
}

inline TfLiteStatus mean_prepare(TfLiteContext *context, TfLiteNode *node)
{
    tflite::MicroContext *const micro = tflite::GetMicroContext(context);
    Mean &mean = *static_cast<Mean *>(node->user_data);
    TfLiteTensor *const in = micro->AllocateTempInputTensor(node, 0);
    TfLiteTensor *const out = micro->AllocateTempOutputTensor(node, 0);
    const bool good = in && out && mean_fit(mean, *in, *out);
    if (good) {
        mean_scale(mean, *in, *out);
    }
    if (out) {
        micro->DeallocateTempTfLiteTensor(out);
    }
    if (in) {
        micro->DeallocateTempTfLiteTensor(in);
    }
    return good ? kTfLiteOk : kTfLiteError;
}

inline TfLiteStatus mean_run(TfLiteContext *context, TfLiteNode *node)
{
    const Mean &mean = *static_cast<const Mean *>(node->user_data);
    kws_mean(mean.places, mean.channels, mean.in_zero, mean.multiplier, mean.shift, &mean.to,
             tflite::micro::GetEvalInput(context, node, 0)->data.int8,
             tflite::micro::GetEvalOutput(context, node, 0)->data.int8);
    return kTfLiteOk;
}

} /* namespace kws_exact */

/* A resolver that has this MEAN. It does not name the library's, so that one is not linked. */
template <unsigned int count>
class KwsExactResolver : public tflite::MicroMutableOpResolver<count> {
    using Library = tflite::MicroMutableOpResolver<count>;
    using Registration = decltype(tflite::Register_MEAN()); /* its name depends on the version */
    const Registration mean = tflite::micro::RegisterOp(kws_exact::mean_init, kws_exact::mean_prepare,
                                                        kws_exact::mean_run);

public:
    using Library::FindOp;

    const Registration *FindOp(tflite::BuiltinOperator op) const override
    {
        return op == tflite::BuiltinOperator_MEAN ? &mean : Library::FindOp(op);
    }

    tflite::TfLiteBridgeBuiltinParseFunction GetOpDataParser(
        tflite::BuiltinOperator op) const override
    {
        return op == tflite::BuiltinOperator_MEAN ? tflite::ParseReducer
                                                  : Library::GetOpDataParser(op);
    }

    TfLiteStatus AddMean() { return kTfLiteOk; } /* it is always there */

    TF_LITE_REMOVE_VIRTUAL_DELETE
};

#endif
