/* Checks on noise that the board generates itself that it computes what the bundle was verified
 * with. */
#ifndef KWS_SELFTEST_H
#define KWS_SELFTEST_H

#include "kws_listener.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool frontend;     /* The features are right to the bit. */
    bool engine;       /* The scores are right to the bit. */
    uint32_t features; /* The CRC-32 of the features. */
} kws_selftest_result;

/* Makes `listener` forget all audio; its `scores` are those of the noise. */
kws_selftest_result kws_selftest(kws_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
