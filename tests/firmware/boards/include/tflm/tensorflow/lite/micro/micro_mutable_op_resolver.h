/* What the firmware uses of TensorFlow Lite Micro. */
#ifndef TFLM_STUB_H
#define TFLM_STUB_H
#include <stddef.h>
#include <stdint.h>
enum TfLiteStatus { kTfLiteOk, kTfLiteError };
struct TfLiteTensor {
    union {
        int8_t *int8;
    } data;
    size_t bytes;
};
namespace tflite {
class MicroOpResolver {};
template <unsigned int count> class MicroMutableOpResolver : public MicroOpResolver {
public:
    /* those that convert/operators.py can ask for */
    TfLiteStatus AddAdd();
    TfLiteStatus AddAveragePool2D();
    TfLiteStatus AddConcatenation();
    TfLiteStatus AddConv2D();
    TfLiteStatus AddDepthwiseConv2D();
    TfLiteStatus AddFullyConnected();
    TfLiteStatus AddMaxPool2D();
    TfLiteStatus AddMean();
    TfLiteStatus AddRelu();
    TfLiteStatus AddRelu6();
    TfLiteStatus AddReshape();
    TfLiteStatus AddSoftmax();
    TfLiteStatus AddStridedSlice();
    TfLiteStatus AddUnidirectionalSequenceLSTM();
};
}
#endif
