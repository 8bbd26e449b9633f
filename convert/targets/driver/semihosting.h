#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

intptr_t semihosting_call(intptr_t operation, const void *block);
void semihosting_exit(int code);

#endif
