#include "kws_detector.h"

#include <string.h>

enum { OTHERS = 192, ONE = 255 }; /* mean scores in 1/256 */

/* newlib's strcmp would take 700 bytes of flash for a few names at the start. */
static bool same(const char *name, const char *other)
{
    while (*name && *name == *other) {
        name++;
        other++;
    }
    return *name == *other;
}

void kws_detector_start(kws_detector *detector, const char *const *names, int32_t labels,
                        int32_t smoothed, uint8_t threshold, uint32_t refractory_ms)
{
    memset(detector, 0, sizeof *detector);
    detector->labels = labels;
    detector->smoothed = smoothed;
    detector->refractory_ms = refractory_ms;
    detector->bonus = 1;
    detector->unknown = -1;
    detector->silence = -1;
    for (int32_t label = 0; label < labels; label++) {
        if (same(names[label], "unknown")) {
            detector->unknown = label;
        }
        if (same(names[label], "silence")) {
            detector->silence = label;
        }
        const bool is_word = names[label][0] != '_' && label != detector->unknown &&
                             label != detector->silence;
        detector->thresholds[label] = is_word ? threshold : KWS_DETECTOR_NEVER;
    }
    kws_detector_forget(detector);
}

void kws_detector_forget(kws_detector *detector)
{
    memset(detector->scores, 0, sizeof detector->scores);
    detector->next = 0;
    detector->reported = false;
    detector->held = -1;
    detector->others = false;
}

bool kws_detector_threshold(kws_detector *detector, int32_t label, uint8_t threshold)
{
    if (label < 0 || label >= detector->labels || threshold == 0 ||
        threshold == KWS_DETECTOR_NEVER || detector->thresholds[label] == KWS_DETECTOR_NEVER) {
        return false;
    }
    detector->thresholds[label] = threshold;
    return true;
}

static bool counts_against(const kws_detector *detector, int32_t label)
{
    return detector->thresholds[label] == KWS_DETECTOR_NEVER;
}

/* Without the bonus, all odds against a word are `bonus` times as high. */
static void keep(kws_detector *detector, const int8_t *scores, int32_t zero)
{
    int32_t against = 0;
    for (int32_t label = 0; label < detector->labels; label++) {
        against += counts_against(detector, label) ? scores[label] - zero : 0;
    }
    const int32_t whole = 256 + (detector->bonus - 1) * against;
    uint8_t *kept = detector->scores[detector->next];
    for (int32_t label = 0; label < detector->labels; label++) {
        const int32_t odds = counts_against(detector, label) ? detector->bonus : 1;
        const int32_t score = (scores[label] - zero) * odds * 256 / whole;
        kept[label] = (uint8_t)(score < ONE ? score : ONE);
    }
    detector->next = (detector->next + 1) % detector->smoothed;
}

static int32_t mean(const kws_detector *detector, int32_t label)
{
    int32_t sum = 0;
    for (int32_t window = 0; window < detector->smoothed; window++) {
        sum += detector->scores[window][label];
    }
    return sum / detector->smoothed; /* missing windows at the beginning count as 0 */
}

static kws_detection best_word(const kws_detector *detector)
{
    kws_detection best = {-1, 0};
    for (int32_t label = 0; label < detector->labels; label++) {
        const int32_t score = mean(detector, label);
        if (!counts_against(detector, label) && score > best.score) {
            best.label = label;
            best.score = score;
        }
    }
    return best;
}

static void listen_to_others(kws_detector *detector, uint32_t time_ms)
{
    if (detector->unknown >= 0 && mean(detector, detector->unknown) >= OTHERS) {
        detector->others = true;
        detector->others_ms = time_ms;
    }
}

static bool is_isolated(const kws_detector *detector, uint32_t time_ms)
{
    return detector->isolated_ms == 0 || !detector->others ||
           time_ms - detector->others_ms >= detector->isolated_ms;
}

bool kws_detector_push(kws_detector *detector, const int8_t *scores, int32_t zero, uint32_t time_ms,
                       kws_detection *detection)
{
    keep(detector, scores, zero);
    listen_to_others(detector, time_ms);
    *detection = best_word(detector);
    /* A word stays in the window for 1 s: it counts once until its mean is below half its
     * threshold. */
    if (detector->held >= 0 &&
        2 * mean(detector, detector->held) < detector->thresholds[detector->held]) {
        detector->held = -1;
    }
    const bool early =
        detector->reported && time_ms - detector->reported_ms < detector->refractory_ms;
    if (detection->label < 0 || early || detection->label == detector->held ||
        detection->score < detector->thresholds[detection->label] ||
        !is_isolated(detector, time_ms)) {
        return false;
    }
    detector->reported = true;
    detector->reported_ms = time_ms;
    detector->held = detection->label;
    return true;
}
