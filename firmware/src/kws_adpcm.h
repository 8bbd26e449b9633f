/* IMA ADPCM in the blocks of WAV files (format 0x11): 4 bits per sample, and each block can be
 * decoded alone. Integers only. */
#ifndef KWS_ADPCM_H
#define KWS_ADPCM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_ADPCM_BYTES 164                                /* of a block */
#define KWS_ADPCM_SAMPLES (2 * (KWS_ADPCM_BYTES - 4) + 1) /* of a block: its head is the first */

typedef struct {
    int32_t predicted; /* What a decoder has as the last sample. */
    int32_t step;      /* The index of the step size, 0 to 88. */
} kws_adpcm;

/* Adds one sample to `block`, whose first `index` samples are there already. */
void kws_adpcm_put(kws_adpcm *coder, uint8_t *block, int32_t index, int16_t sample);

#ifdef __cplusplus
}
#endif

#endif
