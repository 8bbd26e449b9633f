/* What the firmware uses of TensorFlow Lite Micro. */
#ifndef TFLM_STUB_H
#define TFLM_STUB_H
#include <stddef.h>
#include <stdint.h>
enum TfLiteStatus { kTfLiteOk, kTfLiteError };
struct TfLiteIntArray {
    int size;
    int data[4];
};
struct TfLiteQuantizationParams {
    float scale;
    int32_t zero_point;
};
struct TfLiteTensor {
    union {
        int8_t *int8;
    } data;
    TfLiteIntArray *dims;
    TfLiteQuantizationParams params;
    size_t bytes;
};
struct TfLiteEvalTensor {
    union {
        int8_t *int8;
    } data;
};
struct TfLiteContext {
    void *(*AllocatePersistentBuffer)(TfLiteContext *context, size_t bytes);
};
struct TfLiteNode {
    void *user_data;
};
struct TfLiteRegistration {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
};
#define TF_LITE_REMOVE_VIRTUAL_DELETE
namespace tflite {
struct Operator;
enum BuiltinOperator { BuiltinOperator_ADD, BuiltinOperator_MEAN = 40 };
using TfLiteBridgeBuiltinParseFunction = TfLiteStatus (*)(const Operator *, void **);
TfLiteStatus ParseReducer(const Operator *op, void **data);
TfLiteRegistration Register_MEAN();
class MicroOpResolver {
public:
    virtual const TfLiteRegistration *FindOp(BuiltinOperator op) const = 0;
    virtual const TfLiteRegistration *FindOp(const char *name) const = 0;
    virtual TfLiteBridgeBuiltinParseFunction GetOpDataParser(BuiltinOperator op) const = 0;
};
template <unsigned int count> class MicroMutableOpResolver : public MicroOpResolver {
public:
    const TfLiteRegistration *FindOp(BuiltinOperator) const override { return nullptr; }
    const TfLiteRegistration *FindOp(const char *) const override { return nullptr; }
    TfLiteBridgeBuiltinParseFunction GetOpDataParser(BuiltinOperator) const override
    {
        return nullptr;
    }
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
