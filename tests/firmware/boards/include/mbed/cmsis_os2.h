#include <stdint.h>
typedef void *osThreadId_t;
extern "C" {
osThreadId_t osThreadGetId(void);
uint32_t osThreadGetStackSize(osThreadId_t thread);
uint32_t osThreadGetStackSpace(osThreadId_t thread);
}
