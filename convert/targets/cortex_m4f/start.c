#include "host.h"
#include "semihosting.h"

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)
#define CPACR (*(volatile uint32_t *)0xE000ED88)
#define INSTRUCTIONS_PER_TICK 40 /* 25 MHz, 1 ns per instruction: -icount shift=0 */

intptr_t semihosting_call(intptr_t operation, const void *block)
{
    register intptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* Correct if called at least every 2^24 ticks (671 million instructions). */
uint32_t host_instructions(void)
{
    static uint32_t last;
    static uint32_t total;
    const uint32_t now = 0xFFFFFF - SYST_CVR;
    total += (now - last) & 0xFFFFFF;
    last = now;
    return total * INSTRUCTIONS_PER_TICK;
}

static void fault(void)
{
    semihosting_exit(3);
}

void reset(void)
{
    CPACR |= 0xFU << 20; /* enable the FPU, as on boards */
    for (uint32_t *to = data_start, *from = data_load; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    SYST_RVR = 0xFFFFFF;
    SYST_CVR = 0;
    SYST_CSR = 5; /* enabled, processor clock */
    semihosting_exit(target_main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, reset, fault, fault, fault, fault, fault,
};
