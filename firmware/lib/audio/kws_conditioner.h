/* Prepares a microphone's samples for the front end: drops those of its settling time, removes its
 * constant offset, and raises the level if asked to. */
#ifndef KWS_CONDITIONER_H
#define KWS_CONDITIONER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool automatic_gain; /* The level is raised when it is low for long. */
    uint32_t settling;   /* Samples that are still to be dropped. */
    int32_t offset;      /* The running mean of the samples, Q12. */
    int32_t gain;        /* Samples are shifted left by this number of bits. */
    int32_t peak;        /* The largest magnitude of the last `since` samples, after gain. */
    int32_t since;       /* Samples since the gain was last reconsidered. */
    uint32_t clipped;    /* Samples at full scale, on arrival or after gain. */
} kws_conditioner;

void kws_conditioner_start(kws_conditioner *conditioner, uint32_t settling_samples,
                           bool automatic_gain);

/* Works in place; returns how many samples remain, at the beginning of `samples`. */
int32_t kws_conditioner_run(kws_conditioner *conditioner, int16_t *samples, int32_t count);

#ifdef __cplusplus
}
#endif

#endif
