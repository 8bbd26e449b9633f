#include "freertos/FreeRTOS.h"
typedef struct tskTaskControlBlock *TaskHandle_t;
extern "C" UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task); /* bytes, unlike elsewhere */
