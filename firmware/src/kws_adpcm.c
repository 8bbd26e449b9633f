#include "kws_adpcm.h"

#ifdef KWS_KEEP_AUDIO

enum { HEAD = 4, STEPS = 89, SIGN = 8 };

static const int16_t steps[STEPS] = {
    7,     8,     9,     10,    11,    12,    13,    14,    16,    17,    19,    21,    23,
    25,    28,    31,    34,    37,    41,    45,    50,    55,    60,    66,    73,    80,
    88,    97,    107,   118,   130,   143,   157,   173,   190,   209,   230,   253,   279,
    307,   337,   371,   408,   449,   494,   544,   598,   658,   724,   796,   876,   963,
    1060,  1166,  1282,  1411,  1552,  1707,  1878,  2066,  2272,  2499,  2749,  3024,  3327,
    3660,  4026,  4428,  4871,  5358,  5894,  6484,  7132,  7845,  8630,  9493,  10442, 11487,
    12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
};
static const int8_t changes[SIGN] = {-1, -1, -1, -1, 2, 4, 6, 8}; /* of the step, by code */

static int32_t limited(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* The code of the next sample; moves the coder to where a decoder will be. */
static int32_t code_of(kws_adpcm *coder, int32_t sample)
{
    const int32_t difference = sample - coder->predicted;
    int32_t rest = difference < 0 ? -difference : difference;
    int32_t step = steps[coder->step];
    int32_t code = 0;
    int32_t change = step >> 3;
    for (int32_t bit = 4; bit > 0; bit >>= 1, step >>= 1) {
        if (rest >= step) {
            code |= bit;
            rest -= step;
            change += step;
        }
    }
    coder->predicted =
        limited(coder->predicted + (difference < 0 ? -change : change), INT16_MIN, INT16_MAX);
    coder->step = limited(coder->step + changes[code], 0, STEPS - 1);
    return difference < 0 ? code | SIGN : code;
}

void kws_adpcm_put(kws_adpcm *coder, uint8_t *block, int32_t index, int16_t sample)
{
    if (index == 0) {
        coder->predicted = sample;
        block[0] = (uint8_t)((uint16_t)sample & 0xff);
        block[1] = (uint8_t)((uint16_t)sample >> 8);
        block[2] = (uint8_t)coder->step;
        block[3] = 0;
        return;
    }
    const int32_t code = code_of(coder, sample);
    uint8_t *byte = block + HEAD + (index - 1) / 2;
    *byte = (uint8_t)(index % 2 ? code : *byte | code << 4);
}

#endif
