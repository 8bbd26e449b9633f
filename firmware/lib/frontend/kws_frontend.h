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

/* Incremented when the arithmetic or the struct of tables changes; generated tables check it. */
#define KWS_FRONTEND_VERSION 1

/* Constants of one configuration, made by train/features/tables.py. */
typedef struct {
    int32_t fft_size;        /* The samples in a frame: 256, 512, 1024 or 2048. */
    int32_t hop;             /* The samples from one frame to the next. */
    int32_t taper_length;    /* The samples under the Hann taper. */
    int32_t taper_start;     /* The first of these samples in the frame. */
    int32_t mel_bands;       /* The number of mel bands, up to 128. */
    int32_t coefficients;    /* The numbers in a frame's feature vector. */
    int32_t frames;          /* The frames in a window. */
    int32_t dct;             /* The features are 1: MFCC, or 0: log-mel. */
    int32_t row_length;      /* Half the mel bands, or 1 for log-mel. */
    int32_t row_shift;       /* The fraction bits of a row's sum. */
    int32_t subtract_mean;   /* 1: each coefficient's mean over the window is subtracted. */
    int32_t fraction_bits;   /* The fraction bits of an int8 step in a frame's int16. */
    int32_t mean_reciprocal; /* 1 / frames, Q31. */
    int32_t zero_point;      /* The zero point of the int8 features. */
    int32_t pre_emphasis;    /* The pre-emphasis, Q31. */
    int32_t log_floor;       /* The lowest log2 of a band's power, Q24. */
    const int32_t *taper;           /* The rising half and peak, Q31 [taper_length / 2 + 1]. */
    const int32_t *twiddles;        /* Cosines and sines, Q31 [fft_size / 2][2]. */
    const uint16_t *bin_order;      /* Where the FFT leaves each bin, [fft_size / 2]. */
    const uint16_t *segment_first;  /* The first bin between two mel centres, [mel_bands + 2]. */
    const int32_t *segment_weight;  /* The rising weight of that bin, Q31 [mel_bands + 1]. */
    const int32_t *segment_slope;   /* The growth of the weight per bin, Q31 [mel_bands + 1]. */
    const int32_t *band_offset;     /* The offset of each band's log2, Q24 [mel_bands]. */
    const int32_t *log2_polynomial; /* The coefficients of the logarithm's polynomial, [8]. */
    const int32_t *rows;            /* The rows of the DCT or gains, [coefficients][row_length]. */
    const int32_t *bias;            /* The bias of each coefficient, [coefficients]. */
} kws_frontend_tables;

/* The words of scratch that a frame needs; their contents need not be kept between calls. */
#define KWS_FRONTEND_SCRATCH_WORDS(fft_size, mel_bands) ((fft_size) + (mel_bands))
int32_t kws_frontend_scratch_words(const kws_frontend_tables *tables);

/* A stream of samples. The caller owns all memory; the fields are for kws_frontend_* only. */
typedef struct {
    const kws_frontend_tables *tables; /* The constants. */
    int16_t *samples; /* The samples of the next frame, [fft_size]. */
    int32_t *scratch; /* The scratch memory, [KWS_FRONTEND_SCRATCH_WORDS]. */
    int32_t filled;   /* The samples held: 0 to fft_size - 1 between calls. */
} kws_frontend;

void kws_frontend_start(kws_frontend *stream, const kws_frontend_tables *tables, int16_t *samples,
                        int32_t *scratch);

/* Takes samples until `count` are used or a frame is complete, and returns how many it took.
 * `*ready` tells whether `frame` [coefficients] was written. Call again with the rest. */
int32_t kws_frontend_push(kws_frontend *stream, const int16_t *pcm, int32_t count, int16_t *frame,
                          bool *ready);

/* Computes one frame from fft_size samples: int16 with `fraction_bits` below an int8 step. */
void kws_frontend_frame(const kws_frontend_tables *tables, const int16_t *samples,
                        int32_t *scratch, int16_t *frame);

/* Computes all whole frames of a clip and returns their number; `frames` is
 * [number][coefficients]. */
int32_t kws_frontend_frames(const kws_frontend_tables *tables, const int16_t *pcm, int32_t count,
                            int32_t *scratch, int16_t *frames);

/* Computes the int8 features [frames][coefficients] of a window from a ring of its frames, where
 * `oldest` is the index of the first frame in time (0 for a plain array). */
void kws_frontend_features(const kws_frontend_tables *tables, const int16_t *frames,
                           int32_t oldest, int8_t *features);

/* Computes the int8 features [coefficients] of one frame. They equal its row of every window's
 * features, but only without `subtract_mean`: otherwise a row depends on its window. */
void kws_frontend_quantize(const kws_frontend_tables *tables, const int16_t *frame,
                           int8_t *features);

#ifdef __cplusplus
}
#endif

#endif
