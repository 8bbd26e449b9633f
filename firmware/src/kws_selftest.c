#include "kws_selftest.h"

#include <string.h>

#include "kws_packet.h"

enum { SAMPLES = 64 }; /* passed to the front end at a time */

/* White noise whose level changes every 1,000 samples; convert/selftest.py has the same formula. */
static int16_t noise(uint32_t *state, uint32_t index)
{
    *state = *state * 1664525U + 1013904223U;
    return (int16_t)((int16_t)(*state >> 16) >> (index / 1000 * 5 % 8));
}

/* Continues the CRC-32 with the features of `frames` newest frames. */
static uint32_t checked(kws_network *network, int32_t frames, uint32_t crc)
{
    kws_network_features(network);
    const int8_t *first = network->features[KWS_NETWORK_FRAMES - frames];
    return kws_crc32(crc, (const uint8_t *)first, frames * KWS_COEFFICIENTS);
}

/* Returns the CRC-32 of the features of the window, taken before the network forgets a frame. */
static uint32_t push_noise(kws_listener *listener)
{
    uint32_t state = 0, crc = 0;
    int32_t unchecked = 0;
    for (uint32_t at = 0; at < KWS_WINDOW; at += SAMPLES) {
        int16_t samples[SAMPLES];
        for (uint32_t i = 0; i < SAMPLES; i++) {
            samples[i] = noise(&state, at + i);
        }
        const uint32_t rest = KWS_WINDOW - at;
        int32_t left = (int32_t)(rest < SAMPLES ? rest : SAMPLES);
        for (const int16_t *next = samples; left > 0;) {
            bool decide;
            const int32_t before = listener->filled;
            const int32_t used = kws_listener_push(listener, next, left, &decide);
            next += used;
            left -= used;
            unchecked += listener->filled - before;
            const bool last = kws_listener_ready(listener) && unchecked > 0;
            if (last || unchecked == KWS_NETWORK_FRAMES) {
                crc = checked(&listener->network, unchecked, crc);
                unchecked = 0;
            }
        }
    }
    return crc;
}

kws_selftest_result kws_selftest(kws_listener *listener)
{
    static const int8_t expected[KWS_LABELS] = KWS_SELFTEST_SCORES;
    kws_selftest_result result;
    kws_listener_forget(listener);
    result.features = push_noise(listener);
    const bool ran = kws_listener_scores(listener);
    result.frontend = result.features == KWS_SELFTEST_FEATURES;
    result.engine = ran && memcmp(listener->scores, expected, KWS_LABELS) == 0;
    kws_listener_forget(listener);
    return result;
}
