#include "kws_batch.h"

#if defined(__AVX512F__)
#define KWS_LANES 16
#elif defined(__AVX2__)
#define KWS_LANES 8
#else
#define KWS_LANES 4
#endif

/* The stages of the front end once more, in vectors and under names of their own. */
#define kws_taper kws_batch_taper
#define kws_fft kws_batch_fft
#define kws_log_mel kws_batch_log_mel
#define kws_project kws_batch_project
#include "kws_fft.c"
#include "kws_mel.c"
#include "kws_project.c"
#include "kws_taper.c"

/* Memory for KWS_LANES windows, whose frames fill the vectors without a rest. */
typedef struct {
    kws_word *block;   /* [fft_size] */
    kws_word *log_mel; /* [mel_bands] */
    int16_t *samples;  /* [fft_size][KWS_LANES] */
    int16_t *results;  /* [coefficients][KWS_LANES] */
    int16_t *frames;   /* [KWS_LANES][frames][coefficients] */
} batch_memory;

static batch_memory divide(const kws_frontend_tables *tables, void *scratch)
{
    batch_memory memory = {.block = scratch};
    memory.log_mel = memory.block + tables->fft_size;
    memory.samples = (int16_t *)(memory.log_mel + tables->mel_bands);
    memory.results = memory.samples + KWS_LANES * tables->fft_size;
    memory.frames = memory.results + KWS_LANES * tables->coefficients;
    return memory;
}

int32_t kws_batch_scratch_bytes(const kws_frontend_tables *tables)
{
    const int32_t words = kws_frontend_scratch_words(tables) * (int32_t)sizeof(kws_word);
    const int32_t values =
        KWS_LANES * (tables->fft_size + tables->coefficients * (1 + tables->frames));
    return words + values * (int32_t)sizeof(int16_t);
}

#if KWS_LANES % 8 == 0
/* Samples n to n + 7 of 8 frames to 8 rows, KWS_LANES apart. */
static void transpose_8(const int16_t *const *starts, int32_t n, int16_t *rows)
{
    __m128i a[8], b[8];
    for (int32_t i = 0; i < 8; i++) {
        a[i] = _mm_loadu_si128((const __m128i *)(const void *)(starts[i] + n));
    }
    for (int32_t i = 0; i < 8; i += 2) {
        b[i] = _mm_unpacklo_epi16(a[i], a[i + 1]);
        b[i + 1] = _mm_unpackhi_epi16(a[i], a[i + 1]);
    }
    for (int32_t i = 0; i < 8; i += 4) {
        a[i] = _mm_unpacklo_epi32(b[i], b[i + 2]);
        a[i + 1] = _mm_unpackhi_epi32(b[i], b[i + 2]);
        a[i + 2] = _mm_unpacklo_epi32(b[i + 1], b[i + 3]);
        a[i + 3] = _mm_unpackhi_epi32(b[i + 1], b[i + 3]);
    }
    for (int32_t i = 0; i < 4; i++) {
        __m128i *const even = (__m128i *)(void *)(rows + 2 * i * KWS_LANES);
        __m128i *const odd = (__m128i *)(void *)(rows + (2 * i + 1) * KWS_LANES);
        _mm_storeu_si128(even, _mm_unpacklo_epi64(a[i], a[i + 4]));
        _mm_storeu_si128(odd, _mm_unpackhi_epi64(a[i], a[i + 4]));
    }
}
#endif

/* Samples of KWS_LANES frames side by side. */
static void lay_out(const int16_t *const *starts, int32_t count, int16_t *samples)
{
#if KWS_LANES % 8 == 0 /* AVX2: 8 frames by 8 samples at a time */
    for (int32_t n = 0; n < count; n += 8) {
        for (int32_t i = 0; i < KWS_LANES; i += 8) {
            transpose_8(starts + i, n, samples + n * KWS_LANES + i);
        }
    }
#else
    for (int32_t n = 0; n < count; n++) {
        for (int32_t i = 0; i < KWS_LANES; i++) {
            samples[n * KWS_LANES + i] = starts[i][n];
        }
    }
#endif
}

/* KWS_LANES frames at once; the first `used` of them are wanted. */
static void batch_frames(const kws_frontend_tables *tables, int32_t used,
                         const batch_memory *memory, int16_t *frames)
{
    const kws_word shift = kws_taper(tables, memory->samples, memory->block);
    kws_fft(tables, memory->block);
    kws_log_mel(tables, memory->block, shift, memory->log_mel);
    kws_project(tables, memory->log_mel, memory->results);
    for (int32_t i = 0; i < used; i++) {
        for (int32_t c = 0; c < tables->coefficients; c++) {
            *frames++ = memory->results[c * KWS_LANES + i];
        }
    }
}

/* All frames of up to KWS_LANES windows. */
static void batch_windows(const kws_frontend_tables *tables, const int16_t *pcm, int32_t windows,
                          int32_t length, const batch_memory *memory)
{
    const int32_t count = windows * tables->frames;
    for (int32_t first = 0; first < count; first += KWS_LANES) {
        const int32_t used = count - first < KWS_LANES ? count - first : KWS_LANES;
        const int16_t *samples[KWS_LANES];
        for (int32_t i = 0; i < KWS_LANES; i++) {
            const int32_t frame = first + (i < used ? i : 0); /* spare lanes repeat the first */
            samples[i] = pcm + frame / tables->frames * (int64_t)length +
                         frame % tables->frames * tables->hop;
        }
        lay_out(samples, tables->fft_size, memory->samples);
        batch_frames(tables, used, memory, memory->frames + first * tables->coefficients);
    }
}

void kws_batch_features(const kws_frontend_tables *tables, const int16_t *pcm, int32_t windows,
                        int32_t length, void *scratch, int8_t *features)
{
    const batch_memory memory = divide(tables, scratch);
    const int32_t size = tables->frames * tables->coefficients;
    for (int32_t first = 0; first < windows; first += KWS_LANES) {
        const int32_t used = windows - first < KWS_LANES ? windows - first : KWS_LANES;
        batch_windows(tables, pcm + first * (int64_t)length, used, length, &memory);
        for (int32_t i = 0; i < used; i++) {
            kws_frontend_features(tables, memory.frames + i * size, 0, features);
            features += size;
        }
    }
}
