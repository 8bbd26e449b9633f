/* The stages of a frame, in order. Private to the front end; docs/frontend.md explains each. */
#ifndef KWS_STAGES_H
#define KWS_STAGES_H

#include "kws_arith.h"
#include "kws_frontend.h"

/* Pre-emphasis and Hann taper: samples [fft_size] to Q14 block [fft_size], then shifted left so
 * that the block's energy is below 2^59. Returns the shift, negative to the right. */
kws_word kws_taper(const kws_frontend_tables *tables, kws_source samples, kws_word *block);

/* FFT in place of the block read as [fft_size / 2] complex numbers, then the split that turns it
 * into bins 1 to fft_size / 2 - 1 of the real signal, left in bin_order. */
void kws_fft(const kws_frontend_tables *tables, kws_word *block);

/* log2 of each mel band's power, Q24 [mel_bands]. */
void kws_log_mel(const kws_frontend_tables *tables, const kws_word *block, kws_word shift,
                 kws_word *log_mel);

/* DCT or gain, standardization and scale: log_mel (overwritten) to frame [coefficients]. */
void kws_project(const kws_frontend_tables *tables, kws_word *log_mel, int16_t *frame);

#endif
