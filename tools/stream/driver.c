/* The firmware's path from samples to detections, for a host that feeds whole recordings: what
 * kws_microphone.c and kws_app.c do around the listener, without a port, a clock, or real time.
 * listener.py compiles this together with the firmware's own sources, and calls it. */
#include <stddef.h>

#include "kws_board.h"
#include "kws_conditioner.h"
#include "kws_detector.h"
#include "kws_listener.h"
#include "kws_model.h"

enum { NO_LABEL = 255, PIECE = 160 };

typedef struct {
    kws_conditioner conditioner;
    kws_listener listener;
    uint64_t samples;      /* since the start */
    bool injected;         /* samples enter after the conditioner */
} kws_stream;

typedef struct {
    uint32_t time_ms;
    int8_t level;  /* dB of full scale */
    uint8_t ran;   /* whether the network ran */
    uint8_t label; /* detected, or NO_LABEL */
    uint8_t score; /* of the detection: mean, of 256 */
    int8_t scores[KWS_LABELS];
} kws_stream_decision;

typedef struct {
    int32_t labels, zero, hop, rate, decision_ms, smoothed, threshold, refractory_ms, step;
} kws_stream_settings;

/* Times are not measured here. */
uint32_t kws_board_micros(void)
{
    return 0;
}

void kws_stream_get_settings(kws_stream_settings *settings)
{
    const kws_stream_settings bundle = {
        KWS_LABELS,      KWS_SCORE_ZERO,        KWS_HOP,
        KWS_SAMPLE_RATE, KWS_DECISION_MS,       KWS_DETECTOR_SMOOTHED,
        KWS_DETECTOR_THRESHOLD, KWS_DETECTOR_REFRACTORY_MS, KWS_NETWORK_STEP,
    };
    *settings = bundle;
}

uint32_t kws_stream_bytes(void)
{
    return (uint32_t)sizeof(kws_stream);
}

bool kws_stream_start(kws_stream *stream, int32_t period_ms, bool injected)
{
    kws_listener_start(&stream->listener);
    kws_conditioner_start(&stream->conditioner, 0, false); /* a recording has settled */
    stream->samples = 0;
    stream->listener.period = (period_ms * KWS_SAMPLE_RATE / 1000 + KWS_HOP / 2) / KWS_HOP;
    stream->injected = injected;
    return kws_model_start();
}

static void decide(kws_stream *stream, kws_stream_decision *decision)
{
    kws_listener *listener = &stream->listener;
    const uint32_t time_ms = (uint32_t)(stream->samples * 1000 / KWS_SAMPLE_RATE);
    kws_detection detection;
    const bool detected = kws_listener_decide(listener, time_ms, &detection);
    decision->time_ms = time_ms;
    decision->level = (int8_t)kws_listener_level(listener);
    decision->ran = listener->network_ran;
    decision->label = detected ? (uint8_t)detection.label : NO_LABEL;
    decision->score = detected ? (uint8_t)detection.score : 0;
    for (int32_t label = 0; label < KWS_LABELS; label++) {
        decision->scores[label] = listener->scores[label];
    }
}

static int32_t hear(kws_stream *stream, const int16_t *samples, int32_t count,
                    kws_stream_decision *decisions)
{
    int32_t made = 0;
    while (count > 0) {
        bool due;
        const int32_t used = kws_listener_push(&stream->listener, samples, count, &due);
        samples += used;
        count -= used;
        stream->samples += (uint32_t)used;
        if (due) {
            decide(stream, &decisions[made++]);
        }
    }
    return made;
}

/* `decisions` has room for one more than the periods that fit into `count`; overwrites the samples.
 * Returns the number of decisions. */
int32_t kws_stream_hear(kws_stream *stream, int16_t *samples, int32_t count,
                        kws_stream_decision *decisions)
{
    int32_t made = 0;
    for (int32_t at = 0; at < count; at += PIECE) {
        const int32_t piece = count - at < PIECE ? count - at : PIECE;
        if (!stream->injected) {
            kws_conditioner_run(&stream->conditioner, samples + at, piece);
        }
        made += hear(stream, samples + at, piece, decisions + made);
    }
    return made;
}

/* Runs only the detector, on decisions already made: writes the label and mean score of each. One
 * threshold applies to all words, including those with their own. */
void kws_stream_detect(kws_stream_decision *decisions, int32_t count, int32_t smoothed,
                       int32_t threshold, int32_t refractory_ms)
{
    static const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;
    kws_detector detector;
    kws_detector_start(&detector, names, KWS_LABELS, smoothed, (uint8_t)threshold,
                       (uint32_t)refractory_ms);
    detector.bonus = KWS_DETECTOR_BONUS;
    if (threshold == KWS_DETECTOR_THRESHOLD) {
        kws_listener_thresholds(&detector);
    }
    for (int32_t i = 0; i < count; i++) {
        kws_detection found;
        const bool detected = kws_detector_push(&detector, decisions[i].scores, KWS_SCORE_ZERO,
                                                decisions[i].time_ms, &found);
        decisions[i].label = detected ? (uint8_t)found.label : NO_LABEL;
        decisions[i].score = detected ? (uint8_t)found.score : 0;
    }
}
