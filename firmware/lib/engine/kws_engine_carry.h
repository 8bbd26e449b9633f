/* What a stream keeps of a tensor from one step to the next. */
#ifndef KWS_ENGINE_CARRY_H
#define KWS_ENGINE_CARRY_H

#include <stdint.h>
#include <string.h>

/* `rows` has room for the kept bytes, followed by the new ones. The kept bytes are copied there,
 * and then the last bytes of `rows` are kept for the next step. */
static inline void kws_carry(uint8_t *kept, int kept_size, int8_t *rows, int new_size)
{
    memcpy(rows, kept, (size_t)kept_size);
    memcpy(kept, rows + new_size, (size_t)kept_size);
}

#endif
