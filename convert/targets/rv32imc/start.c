#include "host.h"
#include "semihosting.h"

extern uint32_t bss_start[], bss_end[];

intptr_t semihosting_call(intptr_t operation, const void *block)
{
    register intptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = block;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

uint32_t host_instructions(void)
{
    uint32_t count;
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop"
                     : "=r"(count));
    return count;
}

__attribute__((used)) static void begin(void)
{
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    semihosting_exit(target_main());
}

__attribute__((used)) static void fault(void)
{
    semihosting_exit(3);
}

__attribute__((naked, used, section(".start"))) void _start(void)
{
    __asm__(".option arch, +zicsr\nla sp, stack_top\nla t0, 1f\ncsrw mtvec, t0\ncall begin\n.balign 4\n1: j fault");
}
