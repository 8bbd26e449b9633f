/* A loop of two instructions per round, to check the instruction counter. */
#include "host.h"

static void spin(int32_t rounds)
{
#if defined(__arm__)
    __asm__ volatile("1: subs %0, #1\nbne 1b" : "+r"(rounds) : : "cc");
#elif defined(__riscv)
    __asm__ volatile("1: addi %0, %0, -1\nbnez %0, 1b" : "+r"(rounds));
#elif defined(__XTENSA__)
    __asm__ volatile("1: addi %0, %0, -1\nbnez %0, 1b" : "+r"(rounds));
#endif
}

int target_main(void)
{
    int32_t rounds;
    host_read(&rounds, sizeof rounds);
    const uint32_t before = host_instructions();
    spin(rounds);
    const uint32_t count = host_instructions() - before;
    host_write(&count, sizeof count);
    return 0;
}
