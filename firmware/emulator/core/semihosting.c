#include "kws_semihosting.h"

#include <string.h>

enum { SYS_OPEN = 1, SYS_READ = 6, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_READ_BINARY = 1, STOPPED = 0x20026 };

static intptr_t call(intptr_t operation, const void *block)
{
    register intptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

intptr_t kws_semihosting_open(const char *name)
{
    const intptr_t block[3] = {(intptr_t)name, MODE_READ_BINARY, (intptr_t)strlen(name)};
    return call(SYS_OPEN, block);
}

int32_t kws_semihosting_read(intptr_t file, void *data, int32_t bytes)
{
    const intptr_t block[3] = {file, (intptr_t)data, bytes};
    return bytes - (int32_t)call(SYS_READ, block);
}

bool kws_semihosting_asked(const char *argument)
{
    static char line[256];
    if (!line[0]) {
        intptr_t block[2] = {(intptr_t)line, sizeof line};
        if (call(SYS_GET_CMDLINE, block) != 0) {
            return false;
        }
    }
    const char *last = strrchr(line, ' '); /* the first word is the program's path */
    const size_t length = strlen(argument) + 1;
    return last != NULL && strlen(last) == length && memcmp(last + 1, argument, length) == 0;
}

void kws_semihosting_exit(int code)
{
    const intptr_t block[2] = {STOPPED, code};
    for (;;) {
        call(SYS_EXIT_EXTENDED, block);
    }
}
