#include "kws_frontend.h"

#include <string.h>

#include "kws_stages.h"

#define MEAN_FRACTION_BITS 4 /* fraction bits of a mean in addition to a frame's */

int32_t kws_frontend_scratch_words(const kws_frontend_tables *tables)
{
    return KWS_FRONTEND_SCRATCH_WORDS(tables->fft_size, tables->mel_bands);
}

void kws_frontend_frame(const kws_frontend_tables *tables, const int16_t *samples,
                        int32_t *scratch, int16_t *frame)
{
    int32_t *const log_mel = scratch + tables->fft_size;
    const int32_t shift = kws_taper(tables, samples, scratch);
    kws_fft(tables, scratch);
    kws_log_mel(tables, scratch, shift, log_mel);
    kws_project(tables, log_mel, frame);
}

int32_t kws_frontend_frames(const kws_frontend_tables *tables, const int16_t *pcm, int32_t count,
                            int32_t *scratch, int16_t *frames)
{
    int32_t number = 0;
    for (; count >= tables->fft_size; count -= tables->hop) {
        kws_frontend_frame(tables, pcm, scratch, frames);
        pcm += tables->hop;
        frames += tables->coefficients;
        number++;
    }
    return number;
}

void kws_frontend_start(kws_frontend *stream, const kws_frontend_tables *tables, int16_t *samples,
                        int32_t *scratch)
{
    *stream = (kws_frontend){tables, samples, scratch, 0};
}

/* memmove of samples to lower addresses, or from elsewhere. */
static void move(int16_t *to, const int16_t *from, int32_t count)
{
#if KWS_LOOPS
    const int16_t *const end = to + count / 16 * 16;
    if (to < end && (uintptr_t)to % 4 == 0 && (uintptr_t)from % 4 == 0) {
        __asm__("1: \n"
                "ldmia %[from]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "stmia %[to]!, {r4, r5, r6, r8, r9, r10, r12, lr} \n"
                "cmp %[to], %[end] \n"
                "bne 1b \n"
                : [to] "+r"(to), [from] "+r"(from)
                : [end] "r"(end)
                : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
        count %= 16;
    }
#endif
    memmove(to, from, (size_t)count * sizeof *to);
}

int32_t kws_frontend_push(kws_frontend *stream, const int16_t *pcm, int32_t count, int16_t *frame,
                          bool *ready)
{
    const int32_t size = stream->tables->fft_size, hop = stream->tables->hop;
    const int32_t missing = size - stream->filled;
    const int32_t taken = count < missing ? count : missing;
    move(stream->samples + stream->filled, pcm, taken);
    stream->filled += taken;
    *ready = stream->filled == size;
    if (*ready) {
        kws_frontend_frame(stream->tables, stream->samples, stream->scratch, frame);
        stream->filled = size - hop;
        move(stream->samples, stream->samples + hop, stream->filled);
    }
    return taken;
}

/* The mean of one coefficient over the window. */
static int32_t window_mean(const kws_frontend_tables *tables, const int16_t *column)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < tables->frames; i++) {
        sum += column[i * tables->coefficients];
    }
    return kws_high(sum * (2 << MEAN_FRACTION_BITS), tables->mean_reciprocal);
}

/* Turns `count` values, `stride` apart, minus `mean`, into int8. */
static void quantize(const kws_frontend_tables *tables, const int16_t *values, int32_t count,
                     int32_t stride, int32_t mean, int8_t *features)
{
    const int32_t bits = tables->fraction_bits + MEAN_FRACTION_BITS;
    const int32_t offset = tables->zero_point * (1 << bits) + (1 << (bits - 1)) - mean;
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = values[i * stride] * (1 << MEAN_FRACTION_BITS);
        features[i * stride] = kws_saturate_8((value + offset) >> bits);
    }
}

void kws_frontend_features(const kws_frontend_tables *tables, const int16_t *frames,
                           int32_t oldest, int8_t *features)
{
    /* without means, all coefficients are treated as one long column */
    const int32_t columns = tables->subtract_mean ? tables->coefficients : 1;
    const int32_t rows = tables->subtract_mean ? 1 : tables->coefficients;
    const int32_t newer = oldest * rows, older = tables->frames * rows - newer;
    for (int32_t c = 0; c < columns; c++) {
        const int32_t mean = tables->subtract_mean ? window_mean(tables, frames + c) : 0;
        const int16_t *const from = frames + c;
        int8_t *const to = features + c;
        quantize(tables, from + newer * columns, older, columns, mean, to);
        quantize(tables, from, newer, columns, mean, to + older * columns);
    }
}

void kws_frontend_quantize(const kws_frontend_tables *tables, const int16_t *frame,
                           int8_t *features)
{
    quantize(tables, frame, tables->coefficients, 1, 0, features);
}
