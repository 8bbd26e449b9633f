#include "kws_listener.h"

#include <string.h>

#include "kws_board.h"

enum {
    /* rounded to nearest */
    DECISION_FRAMES = (KWS_DECISION_MS * KWS_SAMPLE_RATE / 1000 + KWS_HOP / 2) / KWS_HOP,
    NOISE_RISE = 256 * KWS_HOP / KWS_SAMPLE_RATE, /* dB * 256 per frame: 1 dB/s */
    SILENT_DB = -99,
};

void kws_listener_start(kws_listener *listener)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    memset(listener, 0, sizeof *listener);
    listener->period = DECISION_FRAMES;
    kws_detector_start(&listener->detector, names, KWS_LABELS, KWS_DETECTOR_SMOOTHED,
                       KWS_DETECTOR_THRESHOLD, KWS_DETECTOR_REFRACTORY_MS);
    /* A model without this label was not trained to ignore steady noise: it may detect rain. */
    listener->steady_counts = listener->detector.silence < 0;
    listener->detector.bonus = KWS_DETECTOR_BONUS;
    listener->detector.isolated_ms = KWS_DETECTOR_ISOLATED_MS;
    kws_listener_thresholds(&listener->detector);
    kws_listener_forget(listener);
}

void kws_listener_thresholds(kws_detector *detector)
{
#ifdef KWS_DETECTOR_THRESHOLDS
    static const uint8_t own[KWS_LABELS] = KWS_DETECTOR_THRESHOLDS;
    for (int32_t label = 0; label < KWS_LABELS; label++) {
        kws_detector_threshold(detector, label, own[label]); /* which takes no 0 */
    }
#else
    (void)detector;
#endif
}

void kws_listener_forget(kws_listener *listener)
{
    kws_frontend_start(&listener->stream, &kws_generated_tables, listener->samples,
                       listener->scratch);
    kws_network_forget(&listener->network);
    kws_detector_forget(&listener->detector);
    listener->next = 0;
    listener->filled = 0;
    listener->since_decision = 0;
    listener->taken = 0;
    listener->energy = 0;
    listener->energy_samples = 0;
    listener->noise = 0;
    memset(listener->levels, SILENT_DB, sizeof listener->levels);
}

/* log2 in 1/256, linear between powers of two: at most 0.09 too low, which is 0.3 dB. */
static int32_t log2_256(uint64_t x)
{
    int32_t whole = 0;
    while (x >> (whole + 1)) {
        whole++;
    }
    const uint64_t rest = x - ((uint64_t)1 << whole);
    return 256 * whole + (int32_t)(whole > 8 ? rest >> (whole - 8) : rest << (8 - whole));
}

int32_t kws_level_db(int64_t energy, int32_t count)
{
    if (energy <= 0) {
        return SILENT_DB;
    }
    /* 10 log10(energy / count / 2^30), where 10 log10(2) is 771 / 256 */
    const int32_t level =
        log2_256((uint64_t)energy) - log2_256((uint64_t)count) - 30 * 256;
    const int32_t db = level * 771 / 65536;
    return db < SILENT_DB ? SILENT_DB : db > 0 ? 0 : db;
}

static void frame_complete(kws_listener *listener)
{
    const int32_t level = kws_level_db(listener->energy, listener->energy_samples);
    listener->levels[listener->next] = (int8_t)level;
    listener->energy = 0;
    listener->energy_samples = 0;
    /* Noise floor: the minimum level, rising 1 dB/s. */
    if (listener->filled == 0 || 256 * level < listener->noise) {
        listener->noise = 256 * level;
    } else {
        listener->noise += NOISE_RISE;
    }
    listener->next = (listener->next + 1) % KWS_FRAMES;
    if (listener->filled < KWS_FRAMES) {
        listener->filled++;
    }
    listener->since_decision++;
    listener->frame_count++;
}

int32_t kws_listener_push(kws_listener *listener, const int16_t *samples, int32_t count,
                          bool *decide)
{
    bool complete;
    const uint32_t before = kws_board_micros();
    const int32_t used = kws_frontend_push(&listener->stream, samples, count,
                                           kws_network_frame(&listener->network), &complete);
    for (int32_t i = 0; i < used; i++) {
        listener->energy += samples[i] * samples[i];
    }
    listener->energy_samples += used;
    listener->taken += (uint32_t)used;
    *decide = false;
    if (complete) {
        listener->frame_micros = kws_board_micros() - before;
        frame_complete(listener);
        *decide = kws_network_push(&listener->network) && kws_listener_ready(listener) &&
                  listener->since_decision >= listener->period;
    }
    return used;
}

bool kws_listener_ready(const kws_listener *listener)
{
    return listener->filled == KWS_FRAMES;
}

bool kws_listener_scores(kws_listener *listener)
{
    return kws_network_scores(&listener->network, listener->scores);
}

int32_t kws_listener_level(const kws_listener *listener)
{
    int32_t loudest = SILENT_DB;
    for (int32_t i = 0; i < KWS_FRAMES; i++) {
        loudest = listener->levels[i] > loudest ? listener->levels[i] : loudest;
    }
    return loudest;
}

static bool passes_gate(const kws_listener *listener)
{
    const int32_t level = kws_listener_level(listener);
    return level >= KWS_LISTENER_QUIETEST_DB &&
           (listener->steady_counts ||
            256 * (level - KWS_LISTENER_ABOVE_NOISE_DB) >= listener->noise);
}

bool kws_listener_decide(kws_listener *listener, uint32_t time_ms, kws_detection *detection)
{
    listener->since_decision = 0;
    listener->decisions++;
    const bool worthwhile = passes_gate(listener);
    listener->saved += !worthwhile;
    listener->network_ran = worthwhile && kws_listener_scores(listener);
    if (!listener->network_ran) {
        memset(listener->scores, KWS_SCORE_ZERO, sizeof listener->scores);
    }
    const bool detected = kws_detector_push(&listener->detector, listener->scores, KWS_SCORE_ZERO,
                                            time_ms, detection);
    listener->detections += detected;
    return detected;
}
