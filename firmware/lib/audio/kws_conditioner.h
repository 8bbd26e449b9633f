/* What a microphone's samples go through before the front end: its settling time is cut, its
 * constant offset removed, and its level raised where that is asked for. */
#ifndef KWS_CONDITIONER_H
#define KWS_CONDITIONER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool automatic_gain;
    uint32_t settling; /* samples that are still dropped */
    int32_t offset;    /* the mean of late, Q12 */
    int32_t gain;      /* samples are shifted left by this */
    int32_t peak;      /* largest since `since` samples ago, after gain */
    int32_t since;
    uint32_t clipped; /* samples at full scale, as they came or after gain */
} kws_conditioner;

void kws_conditioner_start(kws_conditioner *conditioner, uint32_t settling_samples,
                           bool automatic_gain);

/* In place; returns how many remain, from the first on. */
int32_t kws_conditioner_run(kws_conditioner *conditioner, int16_t *samples, int32_t count);

#ifdef __cplusplus
}
#endif

#endif
