/* A program on an operating system: this computer, and WebAssembly in Node. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

static void stop_on_error(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(2);
    }
}

void host_read(void *data, int32_t bytes)
{
    static FILE *file;
    if (!file) {
        file = fopen("input.bin", "rb");
    }
    stop_on_error(file && fread(data, 1, (size_t)bytes, file) == (size_t)bytes, "reading input.bin");
}

void host_write(const void *data, int32_t bytes)
{
    static FILE *file;
    if (!file) {
        file = fopen("output.bin", "wb");
    }
    stop_on_error(file && fwrite(data, 1, (size_t)bytes, file) == (size_t)bytes,
                  "writing output.bin");
}

uint32_t host_instructions(void)
{
    return 0; /* not counted here */
}

int main(void)
{
    return target_main();
}
