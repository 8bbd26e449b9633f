/* Files, arguments and the end of the program, through the emulator. */
#ifndef KWS_SEMIHOSTING_H
#define KWS_SEMIHOSTING_H

#include <stdbool.h>
#include <stdint.h>

/* What memory that no stack has reached yet is full of. */
#define KWS_EMULATOR_PAINT 0xC0FFEE00U

/* To read; -1: not there. */
intptr_t kws_semihosting_open(const char *name);

/* Bytes that were read; fewer at the end of the file. */
int32_t kws_semihosting_read(intptr_t file, void *data, int32_t bytes);

/* Whether the emulator was started with this as its last argument. */
bool kws_semihosting_asked(const char *argument);

void kws_semihosting_exit(int code);

#endif
