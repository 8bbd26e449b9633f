/* Does this board compute what the bundle was proven with? From noise that it makes itself. */
#ifndef KWS_SELFTEST_H
#define KWS_SELFTEST_H

#include "kws_listener.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool frontend, engine; /* right to the bit */
    uint32_t features;     /* CRC-32 */
} kws_selftest_result;

/* Its scores stay in `listener`, which forgets all audio. */
kws_selftest_result kws_selftest(kws_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
