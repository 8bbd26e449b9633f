#include <stdint.h>
namespace tflite {
void QuantizeMultiplier(double factor, int32_t *multiplier, int *shift);
}
