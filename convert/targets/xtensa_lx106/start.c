#include <stddef.h>

#include "host.h"

extern uint32_t bss_start[], bss_end[];

enum { SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_OPEN = 5 };
enum { OPEN_READ = 0, OPEN_WRITE_NEW = 0x241 }; /* O_WRONLY | O_CREAT | O_TRUNC */
#define INSTRUCTIONS_PER_CYCLE 25 /* 40 MHz, 1 ns per instruction: -icount shift=0 */

static int32_t simulator_call(int32_t operation, int32_t first, int32_t second, int32_t third)
{
    register int32_t a2 __asm__("a2") = operation;
    register int32_t a3 __asm__("a3") = first;
    register int32_t a4 __asm__("a4") = second;
    register int32_t a5 __asm__("a5") = third;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return a2;
}

static void stop(int32_t code)
{
    for (;;) {
        simulator_call(SYS_EXIT, code, 0, 0);
    }
}

static void transfer(int32_t operation, int32_t file, const void *data, int32_t bytes)
{
    const char *at = data;
    while (bytes > 0) { /* the simulator may stop at the end of a page */
        const int32_t done = simulator_call(operation, file, (int32_t)at, bytes);
        if (done <= 0) {
            stop(2);
        }
        at += done;
        bytes -= done;
    }
}

void host_read(void *data, int32_t bytes)
{
    static int32_t file = -1;
    if (file < 0) {
        file = simulator_call(SYS_OPEN, (int32_t) "input.bin", OPEN_READ, 0);
    }
    transfer(SYS_READ, file, data, bytes);
}

void host_write(const void *data, int32_t bytes)
{
    static int32_t file = -1;
    if (file < 0) {
        file = simulator_call(SYS_OPEN, (int32_t) "output.bin", OPEN_WRITE_NEW, 0644);
    }
    transfer(SYS_WRITE, file, data, bytes);
}

uint32_t host_instructions(void)
{
    static uint32_t last;
    static uint32_t total;
    uint32_t now;
    __asm__ volatile("rsr %0, ccount" : "=r"(now));
    total += now - last;
    last = now;
    return total * INSTRUCTIONS_PER_CYCLE;
}

/* Word by word if everything is aligned, as in a C library. */
void *memmove(void *to, const void *from, size_t bytes)
{
    char *d = to;
    const char *s = from;
    if (d > s && d < s + bytes) {
        while (bytes--) {
            d[bytes] = s[bytes];
            __asm__ volatile(""); /* or the compiler turns this loop into memmove */
        }
        return to;
    }
    if ((((uintptr_t)d | (uintptr_t)s) & 3) == 0) {
        for (; bytes >= 4; bytes -= 4, d += 4, s += 4) {
            *(uint32_t *)(void *)d = *(const uint32_t *)(const void *)s;
            __asm__ volatile("");
        }
    }
    while (bytes--) {
        *d++ = *s++;
        __asm__ volatile("");
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    return memmove(to, from, bytes);
}

void *memset(void *to, int value, size_t bytes)
{
    char *d = to;
    while (bytes--) {
        *d++ = (char)value;
        __asm__ volatile("");
    }
    return to;
}

/* Division, which Debian's libgcc for this processor lacks. */
int __divsi3(int dividend, int divisor);

int __divsi3(int dividend, int divisor)
{
    const uint32_t sign = (uint32_t)((dividend ^ divisor) >> 31);
    uint32_t rest = dividend < 0 ? 0U - (uint32_t)dividend : (uint32_t)dividend;
    const uint32_t by = divisor < 0 ? 0U - (uint32_t)divisor : (uint32_t)divisor;
    uint32_t quotient = 0;
    for (int bit = 31; bit >= 0; bit--) {
        if (rest >> bit >= by) {
            rest -= by << bit;
            quotient |= 1U << bit;
        }
    }
    return (int)((quotient ^ sign) - sign);
}

__attribute__((used)) void begin(void)
{
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    stop(target_main());
}

__asm__(".section .reset.literal,\"ax\"\n.align 4\n"
        ".literal_position\n"
        ".section .reset,\"ax\"\n.align 4\n.global _start\n_start:\n"
        "j 1f\n.align 4\n"
        "2: .word stack_top\n3: .word begin\n"
        "1: l32r a1, 2b\nl32r a0, 3b\ncallx0 a0\n");
