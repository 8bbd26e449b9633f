/* The front end: 16-bit PCM in, int8 features out. Integers only, no heap, no statics.
 *
 * One implementation for training, the browser and every board. docs/frontend.md gives each
 * stage's Q format and the proof that it cannot overflow.
 */
#ifndef KWS_FRONTEND_H
#define KWS_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when the arithmetic or the struct of tables changes; generated tables check it. */
#define KWS_FRONTEND_VERSION 1

/* Constants of one configuration, made by train/features/tables.py. */
typedef struct {
    int32_t fft_size;        /* samples in a frame: 256, 512, 1024 or 2048 */
    int32_t hop;             /* samples from one frame to the next */
    int32_t taper_length;    /* samples under the Hann taper */
    int32_t taper_start;     /* first of them in the frame */
    int32_t mel_bands;       /* up to 128 */
    int32_t coefficients;    /* numbers in a frame's feature vector */
    int32_t frames;          /* frames in a window */
    int32_t dct;             /* 1: MFCC, 0: log-mel */
    int32_t row_length;      /* half the mel bands, or 1 for log-mel */
    int32_t row_shift;       /* fraction bits of a row's sum */
    int32_t subtract_mean;   /* 1: subtract each coefficient's mean over the window */
    int32_t fraction_bits;   /* of an int8 step, in a frame's int16 */
    int32_t mean_reciprocal; /* Q31, 1 / frames */
    int32_t zero_point;      /* of the int8 features */
    int32_t pre_emphasis;    /* Q31 */
    int32_t log_floor;       /* Q24 */
    const int32_t *taper;           /* Q31 [taper_length / 2 + 1], its rising half and peak */
    const int32_t *twiddles;        /* Q31 [fft_size / 2][2], cos and sin */
    const uint16_t *bin_order;      /* [fft_size / 2], where the FFT leaves bin k */
    const uint16_t *segment_first;  /* [mel_bands + 2], first bin between two mel centres */
    const int32_t *segment_weight;  /* Q31 [mel_bands + 1], rising weight of that bin */
    const int32_t *segment_slope;   /* Q31 [mel_bands + 1], its growth a bin */
    const int32_t *band_offset;     /* Q24 [mel_bands] */
    const int32_t *log2_polynomial; /* [8] */
    const int32_t *rows;            /* [coefficients][row_length] */
    const int32_t *bias;            /* [coefficients] */
} kws_frontend_tables;

/* Words of scratch that a frame needs; its contents need not survive between calls. */
#define KWS_FRONTEND_SCRATCH_WORDS(fft_size, mel_bands) ((fft_size) + (mel_bands))
int32_t kws_frontend_scratch_words(const kws_frontend_tables *tables);

/* A stream. The caller owns all memory; fields are for kws_frontend_* only. */
typedef struct {
    const kws_frontend_tables *tables;
    int16_t *samples; /* [fft_size] */
    int32_t *scratch; /* [KWS_FRONTEND_SCRATCH_WORDS] */
    int32_t filled;   /* samples held, 0 to fft_size - 1 between calls */
} kws_frontend;

void kws_frontend_start(kws_frontend *stream, const kws_frontend_tables *tables, int16_t *samples,
                        int32_t *scratch);

/* Takes samples until `count` are used or a frame is complete, and returns how many it took.
 * `*ready` tells whether `frame` [coefficients] was written. Call again with the rest. */
int32_t kws_frontend_push(kws_frontend *stream, const int16_t *pcm, int32_t count, int16_t *frame,
                          bool *ready);

/* One frame from fft_size samples: int16 with `fraction_bits` below an int8 step. */
void kws_frontend_frame(const kws_frontend_tables *tables, const int16_t *samples,
                        int32_t *scratch, int16_t *frame);

/* All whole frames of a clip; returns their number. `frames` is [number][coefficients]. */
int32_t kws_frontend_frames(const kws_frontend_tables *tables, const int16_t *pcm, int32_t count,
                            int32_t *scratch, int16_t *frames);

/* int8 features [frames][coefficients] of a window from a ring of its frames, where `oldest` is
 * the index of the first frame in time (0 for a plain array). */
void kws_frontend_features(const kws_frontend_tables *tables, const int16_t *frames,
                           int32_t oldest, int8_t *features);

#ifdef __cplusplus
}
#endif

#endif
