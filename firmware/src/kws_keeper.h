/* Keeps the audio of the last detection or near miss, if built with -DKWS_KEEP_AUDIO.
 *
 * A ring has the last two seconds. A detection copies it at once, so the copy does not change while
 * the ring goes on. The next one replaces the copy, unless a host is reading it: then the copy
 * stays, and the newer one is counted as missed. A word is nearly detected if its score reaches
 * the lower threshold `near` and falls again without a detection. */
#ifndef KWS_KEEPER_H
#define KWS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "kws_adpcm.h"
#include "kws_detector.h"
#include "kws_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KWS_KEEPER_SECONDS 2
/* One block is being filled, and one is only partly inside the time. */
#define KWS_KEEPER_BLOCKS (KWS_KEEPER_SECONDS * KWS_SAMPLE_RATE / KWS_ADPCM_SAMPLES + 2)

typedef enum { KWS_KEPT_NOTHING, KWS_KEPT_DETECTION, KWS_KEPT_NEAR } kws_kept_kind;

/* What is known of a kept clip; docs/serial.md has it as request `kept`. */
typedef struct {
    uint32_t number;    /* Counts all from 1, also those not kept; 0: nothing yet. */
    uint32_t time_ms;   /* When the window ended that was judged. */
    uint32_t samples;   /* The length of the clip. */
    uint32_t after;     /* The samples of the clip after that window. */
    int32_t label;      /* The word. */
    int32_t score;      /* Its mean score in 1/256. */
    kws_kept_kind kind; /* Detected, or nearly. */
} kws_kept;

typedef struct {
    uint8_t ring[KWS_KEEPER_BLOCKS][KWS_ADPCM_BYTES]; /* The last samples. */
    kws_adpcm coder;   /* Of the block that is being filled. */
    int32_t block;     /* That block. */
    int32_t inside;    /* Its samples. */
    int32_t before;    /* The number of whole blocks before it. */
    int32_t near_score; /* A word is nearly detected from this score in 1/256; 0: never. */
    bool armed;        /* The last word is over: another may be nearly detected. */
    kws_kept peak;     /* The highest score of a word that may become a near miss. */
    kws_kept kept;     /* What is known of the clip. */
    uint8_t clip[KWS_KEEPER_BLOCKS][KWS_ADPCM_BYTES]; /* The clip. */
    bool reading;      /* A host has begun to read it, and not finished. */
    uint32_t read_micros; /* When it read last. */
    uint32_t count;    /* Detections and near misses. */
    uint32_t missed;   /* Those that were not kept because of that. */
} kws_keeper;

void kws_keeper_start(kws_keeper *keeper);

/* Forgets the ring; keeps the clip, the threshold and the counters. */
void kws_keeper_forget(kws_keeper *keeper);

void kws_keeper_push(kws_keeper *keeper, const int16_t *samples, int32_t count);

/* Takes a decision on the window that has just ended. Returns whether a clip was kept. */
bool kws_keeper_judge(kws_keeper *keeper, const kws_detection *best, bool detected,
                      uint32_t time_ms);

/* Copies up to `most` blocks of clip `number` from `first` on, and returns how many; 0 if that is
 * not the clip that is kept, or it is shorter. */
int32_t kws_keeper_read(kws_keeper *keeper, uint32_t number, int32_t first, int32_t most,
                        uint8_t *blocks);

#ifdef __cplusplus
}
#endif

#endif
