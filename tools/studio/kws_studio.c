/* The firmware's listener as a WebAssembly module: from samples, it computes what a board would, and
 * the log-mel spectrum. Each instance is one listener; it imports nothing. */
#include <string.h>

#include "kws_board.h"
#include "kws_conditioner.h"
#include "kws_listener.h"
#include "kws_selftest.h"
#include "kws_stages.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

enum {
    MOST = 4096,                     /* samples per call */
    FRAME = 1, WINDOW = 2, WORD = 4, /* why studio_hear stopped */
    ISOLATED_MS = 1500,              /* as in convert/detector.py */
};

static struct {
    kws_listener listener;
    kws_conditioner conditioner;
    int16_t samples[MOST];        /* written from outside */
    int16_t recent[KWS_FFT_SIZE]; /* the latest samples: the last of them form a frame */
    int16_t frames[KWS_FRAMES][KWS_COEFFICIENTS]; /* of the window: a ring */
    int32_t next;                                 /* frame of the ring that is written next */
    int8_t features[KWS_FEATURES];
    int32_t log_mel[KWS_FRONTEND_SCRATCH_WORDS(KWS_FFT_SIZE, KWS_MEL_BANDS)];
    kws_detection detection;
    uint32_t time_ms, rest; /* time of the audio so far; samples beyond it */
    int32_t events;
} studio;

static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;

int strcmp(const char *one, const char *other)
{
    while (*one && *one == *other) {
        one++;
        other++;
    }
    return (unsigned char)*one - (unsigned char)*other;
}

/* Times are measured by the caller. */
uint32_t kws_board_micros(void)
{
    return 0;
}

void EXPORT(studio_start)(void)
{
    memset(&studio, 0, sizeof studio);
    kws_listener_start(&studio.listener);
    kws_conditioner_start(&studio.conditioner, 0, false);
}

/* Whether words must be isolated; until the next start. */
void EXPORT(studio_isolate)(int32_t isolated)
{
    studio.listener.detector.isolated_ms = isolated ? ISOLATED_MS : 0;
}

int32_t EXPORT(studio_isolated)(void)
{
    return studio.listener.detector.isolated_ms > 0;
}

int32_t EXPORT(studio_most)(void)
{
    return MOST;
}

int16_t *EXPORT(studio_samples)(void)
{
    return studio.samples;
}

/* Conditions microphone samples as a board does; those of a recording are used unchanged. */
void EXPORT(studio_condition)(int32_t count)
{
    kws_conditioner_run(&studio.conditioner, studio.samples, count);
}

static void remember(const int16_t *samples, int32_t count)
{
    memmove(studio.recent, studio.recent + count,
            (size_t)(KWS_FFT_SIZE - count) * sizeof *studio.recent);
    memcpy(studio.recent + KWS_FFT_SIZE - count, samples, (size_t)count * sizeof *samples);
}

static void remember_frame(const int16_t *frame)
{
    memcpy(studio.frames[studio.next], frame, sizeof studio.frames[0]);
    studio.next = (studio.next + 1) % KWS_FRAMES;
}

static void pass(uint32_t samples)
{
    studio.rest += samples * 1000;
    studio.time_ms += studio.rest / KWS_SAMPLE_RATE;
    studio.rest %= KWS_SAMPLE_RATE;
}

/* Processes samples from `first` to `count`, or until a frame is complete; returns where it stopped.
 * As in kws_app_hear, it makes a decision for each window that is due. */
int32_t EXPORT(studio_hear)(int32_t first, int32_t count)
{
    kws_listener *const listener = &studio.listener;
    const int16_t *const frame = kws_network_frame(&listener->network);
    const uint32_t frames = listener->frame_count;
    bool decide = false;
    studio.events = 0;
    while (first < count && listener->frame_count == frames) {
        const int32_t used =
            kws_listener_push(listener, studio.samples + first, count - first, &decide);
        remember(studio.samples + first, used);
        pass((uint32_t)used);
        first += used;
    }
    if (listener->frame_count != frames) {
        remember_frame(frame);
        studio.events |= FRAME;
    }
    if (decide) {
        const bool word = kws_listener_decide(listener, studio.time_ms, &studio.detection);
        studio.events |= WINDOW | (word ? WORD : 0);
    }
    return first;
}

int32_t EXPORT(studio_events)(void)
{
    return studio.events;
}

uint32_t EXPORT(studio_time_ms)(void)
{
    return studio.time_ms;
}

/* The last frame's spectrum, log2 of power in Q24. Repeats the front end's stages, as kws_project
 * overwrites its input. */
const int32_t *EXPORT(studio_log_mel)(void)
{
    int32_t *const log_mel = studio.log_mel + KWS_FFT_SIZE;
    const int32_t shift = kws_taper(&kws_generated_tables, studio.recent, studio.log_mel);
    kws_fft(&kws_generated_tables, studio.log_mel);
    kws_log_mel(&kws_generated_tables, studio.log_mel, shift, log_mel);
    return log_mel;
}

/* The last frame's coefficients. */
const int16_t *EXPORT(studio_frame)(void)
{
    return studio.frames[(studio.next + KWS_FRAMES - 1) % KWS_FRAMES];
}

/* int8 features of the last window. The network of a stream does not keep them. */
const int8_t *EXPORT(studio_features)(void)
{
    kws_frontend_features(&kws_generated_tables, &studio.frames[0][0], studio.next,
                          studio.features);
    return studio.features;
}

/* int8 scores of the last decision. */
const int8_t *EXPORT(studio_scores)(void)
{
    return studio.listener.scores;
}

/* Scores of the last window, with or without speech; 0 if there are fewer samples than a window. */
const int8_t *EXPORT(studio_judge)(void)
{
    const bool judged =
        kws_listener_ready(&studio.listener) && kws_listener_scores(&studio.listener);
    return judged ? studio.listener.scores : NULL;
}

int32_t EXPORT(studio_network_ran)(void)
{
    return studio.listener.network_ran;
}

int32_t EXPORT(studio_level_db)(void)
{
    return kws_listener_level(&studio.listener);
}

int32_t EXPORT(studio_detected)(void)
{
    return studio.detection.label;
}

int32_t EXPORT(studio_detected_score)(void)
{
    return studio.detection.score;
}

/* Returns 3 if front end and engine compute what the bundle was verified with. Discards all audio. */
int32_t EXPORT(studio_selftest)(void)
{
    const kws_selftest_result result = kws_selftest(&studio.listener);
    return result.frontend | result.engine << 1;
}

const char *EXPORT(studio_label)(int32_t label)
{
    return names[label];
}

int32_t EXPORT(studio_threshold)(int32_t label)
{
    return studio.listener.detector.thresholds[label];
}

/* In the order of the names in web/engine.js. */
const int32_t *EXPORT(studio_facts)(void)
{
    static int32_t facts[14];
    const int32_t found[] = {
        KWS_SAMPLE_RATE, KWS_WINDOW, KWS_FFT_SIZE, KWS_HOP, KWS_MEL_BANDS, KWS_COEFFICIENTS,
        KWS_FRAMES, KWS_LABELS, KWS_SCORE_ZERO, KWS_DETECTOR_NEVER,
        kws_generated_tables.fraction_bits, kws_generated_tables.log_floor,
        (int32_t)(KWS_MODEL >> 32), (int32_t)(KWS_MODEL & 0xffffffffU),
    };
    memcpy(facts, found, sizeof facts);
    return facts;
}
