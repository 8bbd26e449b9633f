#include "kws_conditioner.h"

#include <stddef.h>
#include <string.h>

enum {
    OFFSET_SHIFT = 9,      /* mean over about 512 samples: 5 Hz at 16 kHz, 14 Hz at 44.1 kHz */
    OFFSET_FRACTION = 12,  /* bits */
    GAIN_SAMPLES = 32000,  /* quiet for this long raises the gain: 2 s at 16 kHz */
    GAIN_MOST = 4,         /* 24 dB */
    GAIN_LOUD = 8192,      /* a quarter of full scale */
};

void kws_conditioner_start(kws_conditioner *conditioner, uint32_t settling_samples,
                           bool automatic_gain)
{
    memset(conditioner, 0, sizeof *conditioner);
    conditioner->settling = settling_samples;
    conditioner->automatic_gain = automatic_gain;
}

static int32_t settle(kws_conditioner *conditioner, int16_t *samples, int32_t count)
{
    const int32_t dropped = conditioner->settling < (uint32_t)count
                                ? (int32_t)conditioner->settling
                                : count;
    conditioner->settling -= (uint32_t)dropped;
    memmove(samples, samples + dropped, (size_t)(count - dropped) * sizeof *samples);
    return count - dropped;
}

static int32_t without_offset(kws_conditioner *conditioner, int32_t sample)
{
    const int32_t mean = conditioner->offset >> OFFSET_FRACTION;
    conditioner->offset +=
        (sample * (1 << OFFSET_FRACTION) - conditioner->offset) >> OFFSET_SHIFT;
    return sample - mean;
}

static int16_t saturated(kws_conditioner *conditioner, int32_t sample)
{
    if (sample > INT16_MAX || sample < INT16_MIN) {
        conditioner->clipped++;
        return sample > 0 ? INT16_MAX : INT16_MIN;
    }
    return (int16_t)sample;
}

/* Lowers the gain at once when a sample is at full scale, raises it after GAIN_SAMPLES quiet
 * ones. */
static void adjust(kws_conditioner *conditioner, int32_t sample)
{
    const int32_t size = sample < 0 ? -sample : sample;
    conditioner->peak = size > conditioner->peak ? size : conditioner->peak;
    conditioner->since++;
    if (size >= INT16_MAX && conditioner->gain > 0) {
        conditioner->gain--;
    } else if (conditioner->since < GAIN_SAMPLES) {
        return;
    } else if (conditioner->peak < GAIN_LOUD && conditioner->gain < GAIN_MOST) {
        conditioner->gain++;
    }
    conditioner->since = 0;
    conditioner->peak = 0;
}

int32_t kws_conditioner_run(kws_conditioner *conditioner, int16_t *samples, int32_t count)
{
    const int32_t left = settle(conditioner, samples, count);
    for (int32_t i = 0; i < left; i++) {
        const bool full = samples[i] == INT16_MAX || samples[i] == INT16_MIN;
        const int32_t sample = without_offset(conditioner, samples[i]);
        const uint32_t before = conditioner->clipped;
        samples[i] = saturated(conditioner, sample * (1 << conditioner->gain));
        conditioner->clipped += full && conditioner->clipped == before;
        if (conditioner->automatic_gain) {
            adjust(conditioner, samples[i]);
        }
    }
    return left;
}
