/* Files, arguments and the end of the program, provided by the emulator. */
#ifndef KWS_SEMIHOSTING_H
#define KWS_SEMIHOSTING_H

#include <stdbool.h>
#include <stdint.h>

/* The pattern in memory that the stack has not reached yet. */
#define KWS_EMULATOR_PAINT 0xC0FFEE00U

/* Opens a file for reading; returns -1 if there is none. */
intptr_t kws_semihosting_open(const char *name);

/* Returns the number of bytes read, which is smaller at the end of the file. */
int32_t kws_semihosting_read(intptr_t file, void *data, int32_t bytes);

/* Returns whether the emulator was started with `argument` as its last argument. */
bool kws_semihosting_asked(const char *argument);

void kws_semihosting_exit(int code);

#endif
