/* Frames of many recordings, several at once: what training calls. Same bits as on a board. */
#ifndef KWS_BATCH_H
#define KWS_BATCH_H

#include "kws_frontend.h"

/* Bytes of scratch for kws_batch_features, to be aligned to 64. */
int32_t kws_batch_scratch_bytes(const kws_frontend_tables *tables);

/* int8 features [windows][frames][coefficients] of windows of `length` samples. */
void kws_batch_features(const kws_frontend_tables *tables, const int16_t *pcm, int32_t windows,
                        int32_t length, void *scratch, int8_t *features);

#endif
