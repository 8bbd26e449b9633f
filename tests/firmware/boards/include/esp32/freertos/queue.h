#include "freertos/FreeRTOS.h"
typedef struct QueueDefinition *QueueHandle_t;
extern "C" BaseType_t xQueueReceive(QueueHandle_t queue, void *const item, TickType_t ticks);
