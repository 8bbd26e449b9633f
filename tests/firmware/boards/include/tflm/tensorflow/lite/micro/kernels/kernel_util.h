#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
namespace tflite {
class MicroContext {
public:
    TfLiteTensor *AllocateTempInputTensor(const TfLiteNode *node, int index);
    TfLiteTensor *AllocateTempOutputTensor(const TfLiteNode *node, int index);
    void DeallocateTempTfLiteTensor(TfLiteTensor *tensor);
};
MicroContext *GetMicroContext(const TfLiteContext *context);
namespace micro {
TfLiteRegistration RegisterOp(
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length),
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node),
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node),
    void (*free)(TfLiteContext *context, void *buffer) = nullptr);
const TfLiteEvalTensor *GetEvalInput(const TfLiteContext *context, const TfLiteNode *node, int index);
TfLiteEvalTensor *GetEvalOutput(const TfLiteContext *context, const TfLiteNode *node, int index);
}
}
