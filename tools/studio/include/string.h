/* For WebAssembly without a C library: the compiler provides the first four, kws_studio.c the last. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *one, const void *other, size_t bytes);
int strcmp(const char *one, const char *other);

#endif
