/* From reset to setup() and loop(), as in Arduino's cores. */
#include <stdint.h>

extern "C" {
#include "kws_semihosting.h"
extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];
void reset(void);
}

void setup();
void loop();

static void fault(void)
{
    kws_semihosting_exit(3);
}

void reset(void)
{
    for (uint32_t *to = data_start, *from = data_load; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    const uint32_t *const here = static_cast<uint32_t *>(__builtin_frame_address(0));
    for (uint32_t *to = bss_end; to < here - 16; to++) {
        *to = KWS_EMULATOR_PAINT;
    }
    setup();
    for (;;) {
        loop();
    }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top,
    reinterpret_cast<const void *>(reset),
    reinterpret_cast<const void *>(fault),
    reinterpret_cast<const void *>(fault),
    reinterpret_cast<const void *>(fault),
    reinterpret_cast<const void *>(fault),
    reinterpret_cast<const void *>(fault),
};
