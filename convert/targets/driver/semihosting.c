/* Files through ARM's semihosting calls, which QEMU also answers on RISC-V. */
#include "semihosting.h"

#include "host.h"

enum { SYS_OPEN = 1, SYS_WRITE = 5, SYS_READ = 6, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };

static intptr_t open_file(const char *name, intptr_t length, intptr_t mode)
{
    const intptr_t block[3] = {(intptr_t)name, mode, length};
    return semihosting_call(SYS_OPEN, block);
}

static void transfer(intptr_t operation, intptr_t file, intptr_t data, int32_t bytes)
{
    const intptr_t block[3] = {file, data, bytes};
    if (semihosting_call(operation, block) != 0) { /* bytes left undone */
        semihosting_exit(2);
    }
}

void host_read(void *data, int32_t bytes)
{
    static intptr_t file = -1;
    if (file < 0) {
        file = open_file("input.bin", 9, MODE_READ_BINARY);
    }
    transfer(SYS_READ, file, (intptr_t)data, bytes);
}

void host_write(const void *data, int32_t bytes)
{
    static intptr_t file = -1;
    if (file < 0) {
        file = open_file("output.bin", 10, MODE_WRITE_BINARY);
    }
    transfer(SYS_WRITE, file, (intptr_t)data, bytes);
}

void semihosting_exit(int code)
{
    const intptr_t block[2] = {0x20026, code}; /* ADP_Stopped_ApplicationExit */
    for (;;) {
        semihosting_call(SYS_EXIT_EXTENDED, block);
    }
}
