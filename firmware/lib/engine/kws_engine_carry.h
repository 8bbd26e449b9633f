/* What a stream keeps of a tensor from one step to the next. */
#ifndef KWS_ENGINE_CARRY_H
#define KWS_ENGINE_CARRY_H

#include <stdint.h>
#include <string.h>

/* `rows` has the new bytes behind room for the kept ones, which it gets; the last of all bytes are
 * kept then. */
static inline void kws_carry(uint8_t *kept, int kept_size, int8_t *rows, int new_size)
{
    memcpy(rows, kept, (size_t)kept_size);
    memcpy(kept, rows + new_size, (size_t)kept_size);
}

#endif
