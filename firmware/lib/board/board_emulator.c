/* QEMU's mps2-an386: UART0 as the serial port and TIMER0 as the clock, at 25 MHz of virtual
 * time. */
#ifdef KWS_BOARD_EMULATOR

#include <stdbool.h>

#include "kws_board.h"
#include "kws_semihosting.h"

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} uart;
typedef struct {
    volatile uint32_t control, value, reload;
} timer;

#define UART0 ((uart *)0x40004000)
#define TIMER0 ((timer *)0x40000000)
#define SYSTICK ((timer *)0xE000E010) /* control, reload, value: a different order */
#define NVIC_ENABLE (*(volatile uint32_t *)0xE000E100)
#define NVIC_CLEAR (*(volatile uint32_t *)0xE000E280)
#define SYSTEM_CONTROL (*(volatile uint32_t *)0xE000ED04)

enum {
    TX_FULL = 1,
    RX_FULL = 2,
    RX_INTERRUPT = 2,
    UART_ON = 1 | 2 | 8, /* transmitter, receiver, receiver's interrupt */
    UART0_RX = 1,        /* its bit in the interrupt controller */
    TICKS_PER_MICROSECOND = 25,
    IDLE_TICKS = 10000 * TICKS_PER_MICROSECOND, /* 10 ms of samples */
    CLEAR_SYSTICK = 1 << 25,
};

const char *kws_board_name(void)
{
    return "emulator";
}

/* Interrupts stay masked; they only wake the processor. */
void kws_board_start(void)
{
    __asm__ volatile("cpsid i");
    UART0->divider = 27; /* about 921,600 baud */
    UART0->control = UART_ON;
    NVIC_ENABLE = UART0_RX;
    TIMER0->reload = UINT32_MAX;
    TIMER0->value = UINT32_MAX;
    TIMER0->control = 1;
    SYSTICK->value = IDLE_TICKS - 1; /* the field `value` is SysTick's reload register */
    SYSTICK->control = 7;
}

uint32_t kws_board_micros(void)
{
    static uint32_t last, rest, micros;
    const uint32_t now = UINT32_MAX - TIMER0->value;
    const uint32_t ticks = now - last + rest; /* correct if called at least every 171 s */
    last = now;
    rest = ticks % TICKS_PER_MICROSECOND;
    micros += ticks / TICKS_PER_MICROSECOND;
    return micros;
}

int kws_board_read(void)
{
    if (!(UART0->state & RX_FULL)) {
        return -1;
    }
    const uint8_t byte = (uint8_t)UART0->data;
    UART0->interrupt = RX_INTERRUPT;
    NVIC_CLEAR = UART0_RX;
    return byte;
}

static bool room(uint32_t since)
{
    while (UART0->state & TX_FULL) {
        if (kws_board_micros() - since > KWS_BOARD_WRITE_MS * 1000) {
            return false;
        }
    }
    return true;
}

int32_t kws_board_write(const uint8_t *data, int32_t count)
{
    const uint32_t start = kws_board_micros();
    for (int32_t i = 0; i < count; i++) {
        if (!room(start)) {
            return i;
        }
        UART0->data = data[i];
    }
    return count;
}

/* The start-up code filled unused memory with a pattern. */
uint32_t kws_board_stack(void)
{
    extern uint32_t bss_end[], stack_top[];
    const uint32_t *lowest = bss_end;
    while (*lowest == KWS_EMULATOR_PAINT) {
        lowest++;
    }
    return (uint32_t)((const uint8_t *)stack_top - (const uint8_t *)lowest);
}

/* If QEMU does not run in real time, its clock jumps to the next tick when the processor sleeps,
 * and would run ahead of bytes that are still on their way. */
void kws_board_idle(bool expecting)
{
    const bool jumps = kws_semihosting_asked("jumping");
    if (!(UART0->state & RX_FULL) && !(expecting && jumps)) {
        __asm__ volatile("wfi");
    }
    SYSTEM_CONTROL = CLEAR_SYSTICK;
}

#endif
