/* An LSTM over a whole sequence: int8 inputs and outputs, int16 cells, and states that start
 * from zero in every run. The four gates of a unit are computed one after another, so they need
 * no memory. */
#ifndef KWS_ENGINE_LSTM_H
#define KWS_ENGINE_LSTM_H

#include "kws_engine_tile.h"

enum { KWS_GATE_INPUT, KWS_GATE_FORGET, KWS_GATE_CELL, KWS_GATE_OUTPUT, KWS_GATES };

/* A factor. */
struct kws_scale {
    int32_t multiplier, shift; /* The arguments of kws_scaled. */
};

struct kws_lstm {
    int steps, inputs, units;               /* The shape: steps, inputs per step, and units. */
    struct kws_scale from_input[KWS_GATES]; /* The factors from sums over inputs to Q3.12. */
    struct kws_scale from_state[KWS_GATES]; /* The factors from sums over the state to Q3.12. */
    int32_t zero;            /* The zero point of the state, which is the last output. */
    struct kws_scale forget; /* The factor from gate times cell to cell. */
    struct kws_scale add;    /* The factor from gate times gate to cell. */
    int32_t lowest, most;    /* The range of the cell. */
    int32_t raise, lower;    /* The factor and shift from the cell to steps of the curve. */
    struct kws_scale to_out; /* The factor from gate times tanh of the cell to the output. */
};

/* The int16 of a tile with `size` values. */
#define KWS_LSTM_TILE(size) (((size) + 3) / 4 * 4)

static inline int32_t kws_to_int16(int32_t a)
{
    return kws_clamp(a, INT16_MIN, INT16_MAX);
}

static inline int32_t kws_scaled_by(int32_t a, const struct kws_scale *by)
{
    return kws_scaled(a, by->multiplier, by->shift);
}

/* Interpolates between two knots of the curve; `at` is the knot and `bits` fraction bits. */
static inline int32_t kws_curve_at(const uint16_t *curve, int32_t at, int32_t bits)
{
    const int32_t knot = at >> bits, part = at & ((1 << bits) - 1);
    return curve[knot] * (1 << bits) + part * (curve[knot + 1] - curve[knot]);
}

/* 1 / (1 + e^-a), from Q3.12 to Q0.15; `curve` [256] has its values at multiples of 1/24, Q0.16. */
static inline int32_t kws_sigmoid(const uint16_t *curve, int32_t a)
{
    const int32_t size = 3 * (a < 0 ? -a : a);
    const int32_t value = kws_curve_at(curve, size, 9); /* Q7.25 */
    return ((a < 0 ? (1 << 25) - 1 - value : value) + (1 << 9)) >> 10;
}

/* tanh of `at` / 2^8 / 48, to Q0.15: 2 sigmoid(2a) - 1. */
static inline int32_t kws_tanh(const uint16_t *curve, int32_t at)
{
    const int32_t size = at < 0 ? -at : at, middle = 1 << 23;
    const int32_t value = size >> 8 < 255 ? kws_curve_at(curve, size, 8) : 0xffff << 8; /* Q8.24 */
    return ((at < 0 ? middle - 1 - value : value - middle) + (1 << 7)) >> 8;
}

/* Widens the values of one step; an incomplete group of four is filled with zeros. */
KWS_KERNEL void kws_lstm_fill(int16_t *tile, const int8_t *values, int size)
{
    kws_tile_fill(tile, 1, 0, values, size / 4);
    if (size % 4) {
        int8_t last[4] = {0, 0, 0, 0};
        memcpy(last, values + size / 4 * 4, (size_t)(size % 4));
        kws_tile_fill(tile + size / 4 * 4, 1, 0, last, 1);
    }
}

/* A gate before its curve, Q3.12. Its row has two biases, then the weights of inputs and state. */
KWS_KERNEL int32_t kws_lstm_gate(const struct kws_lstm *l, int gate, const int16_t *tiles,
                                 const int32_t **row)
{
    const int input_groups = (l->inputs + 3) / 4, state_groups = (l->units + 3) / 4;
    int32_t input = (*row)[0], state = (*row)[1];
    const int32_t *weights = kws_dot(tiles, 1, 1, *row + 2, input_groups, &input);
    *row = kws_dot(tiles + KWS_LSTM_TILE(l->inputs), 1, 1, weights, state_groups, &state);
    return kws_to_int16(kws_to_int16(kws_scaled_by(input, &l->from_input[gate])) +
                        kws_to_int16(kws_scaled_by(state, &l->from_state[gate])));
}

/* One step of a unit: updates its cell and returns its output. */
KWS_KERNEL int8_t kws_lstm_unit(const struct kws_lstm *l, const uint16_t *curve,
                                const int16_t *tiles, const int32_t **row, int16_t *cell)
{
    const int32_t input = kws_sigmoid(curve, kws_lstm_gate(l, KWS_GATE_INPUT, tiles, row));
    const int32_t forget = kws_sigmoid(curve, kws_lstm_gate(l, KWS_GATE_FORGET, tiles, row));
    const int32_t fresh = kws_tanh(curve, 3 * kws_lstm_gate(l, KWS_GATE_CELL, tiles, row));
    const int32_t output = kws_sigmoid(curve, kws_lstm_gate(l, KWS_GATE_OUTPUT, tiles, row));
    const int32_t kept = kws_to_int16(kws_scaled_by(forget * *cell, &l->forget));
    const int32_t added = kws_to_int16(kws_scaled_by(input * fresh, &l->add));
    const int32_t now = kws_clamp(kws_to_int16(kept + added), l->lowest, l->most);
    *cell = (int16_t)now;
    const int32_t half = l->lower > 0 ? 1 << (l->lower - 1) : 0;
    const int32_t shown = kws_tanh(curve, (now * l->raise + half) >> l->lower);
    return (int8_t)kws_to_int8(kws_scaled_by(shown * output, &l->to_out) + l->zero);
}

/* Computes `out` [steps][units] from `in` [steps][inputs]; each step's output is the state of
 * the next. `rows` are [units][KWS_GATES]. `work` has room for a tile of inputs, a tile of the
 * state and the cells. `in` and `out` may overlap if no input is overwritten before its step. */
KWS_KERNEL void kws_lstm(const struct kws_lstm *l, const uint16_t *curve, const int32_t *rows,
                         const int8_t *in, int8_t *out, int16_t *work)
{
    int16_t *state = work + KWS_LSTM_TILE(l->inputs), *cells = state + KWS_LSTM_TILE(l->units);
    memset(cells, 0, (size_t)l->units * sizeof *cells);
    for (int step = 0; step < l->steps; step++, in += l->inputs, out += l->units) {
        kws_lstm_fill(work, in, l->inputs);
        if (step > 0) {
            kws_lstm_fill(state, out - l->units, l->units);
        } else {
            for (int i = 0; i < KWS_LSTM_TILE(l->units); i++) {
                state[i] = (int16_t)l->zero;
            }
        }
        const int32_t *row = rows;
        for (int unit = 0; unit < l->units; unit++) {
            out[unit] = kws_lstm_unit(l, curve, work, &row, cells + unit);
        }
    }
}

#endif
