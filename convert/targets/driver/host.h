/* What a test program may request from its host; one implementation per target. */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>

void host_read(void *data, int32_t bytes);        /* the next bytes of input.bin */
void host_write(const void *data, int32_t bytes); /* appended to output.bin */
uint32_t host_instructions(void);                 /* executed so far, modulo 2^32 */

/* The program; its result is the exit code. */
int target_main(void);

#endif
