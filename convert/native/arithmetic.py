"""The integers that stand for a model's scales, as TensorFlow Lite derives them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Q31 = 1 << 31
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
INT32_MOST, INT32_LEAST = Q31 - 1, -Q31


def quantize_multiplier(factor: float) -> tuple[int, int]:
    """(multiplier, shift), with factor = multiplier / 2^31 / 2^shift; below 0 it shifts left."""
    if factor == 0:
        return 0, 0
    fraction, exponent = math.frexp(factor)
    multiplier = rounded(fraction * Q31)
    if multiplier == Q31:
        multiplier, exponent = multiplier // 2, exponent + 1
    return (0, 0) if exponent < -31 else (multiplier, -exponent)


def rounded(value: float) -> int:
    """To the nearest, ties away from zero, as C rounds."""
    return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)


def activation_range(activation: str, scale: float, zero: int) -> tuple[int, int]:
    """Of an int8 output."""

    def step(value: float) -> int:
        return zero + rounded(float(np.float32(value) / np.float32(scale)))

    lowest, most = {
        "NONE": (-128, 127),
        "RELU": (step(0.0), 127),
        "RELU6": (step(0.0), step(6.0)),
        "RELU_N1_TO_1": (step(-1.0), step(1.0)),
    }[activation]
    return max(-128, lowest), min(127, most)


def q31_product(a: int, b: int) -> int:
    """(a * b) / 2^31, rounded to nearest, ties up."""
    return min(INT32_MOST, (a * b + (1 << 30)) >> 31)


def rounded_shift(a: int, shift: int) -> int:
    """a / 2^shift, rounded to nearest, ties away from zero."""
    half = (1 << shift) >> 1
    return (a + half) >> shift if a >= 0 else -((-a + half) >> shift)


def scaled(value: int, multiplier: int, shift: int) -> int:
    """value * multiplier / 2^31 / 2^shift in two roundings, as quantize_multiplier gives them."""
    return rounded_shift(q31_product(value << max(0, -shift), multiplier), max(0, shift))


def saturated_left(a: int, bits: int) -> int:
    return max(INT32_LEAST, min(INT32_MOST, a << bits))


def softmax_powers(scale: float, beta: float) -> list[int]:
    """e to the -i input steps for i = 0, 1, ..., Q0.31, until they count as nothing."""
    real = min(beta * scale * (1 << 26), Q31 - 1.0)
    multiplier, shift = quantize_multiplier(real)
    left = -shift
    if left < 0:
        raise ValueError(f"a softmax input of scale {scale} is too fine")
    differences = range(min(255, _radius(5, left)) + 1)
    return [exponential(q31_product(-i * (1 << left), multiplier)) for i in differences]


def _radius(integer_bits: int, left: int) -> int:
    """Input steps beyond which a function of `integer_bits` saturates."""
    most = ((1 << integer_bits) - 1) * (1 << (31 - integer_bits))
    return math.floor(most / 2.0**left)


def exponential(a: int, integer_bits: int = 5) -> int:
    """e to the a for a <= 0 to Q0.31: a polynomial for the quarter that is left over, and a
    constant for each power of two of quarters."""
    if a == 0:
        return INT32_MOST
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    over = (a & (quarter - 1)) - quarter
    result = _exponential_of_quarter(saturated_left(over, integer_bits))
    quarters = over - a
    for exponent, factor in enumerate(POWERS[: integer_bits + 2], start=-2):
        if quarters & (1 << (fraction_bits + exponent)):
            result = q31_product(result, factor)
    return result


POWERS = tuple(rounded(math.exp(-(2.0**exponent)) * Q31) for exponent in range(-2, 5))


def _exponential_of_quarter(a: int) -> int:
    """e to the a for -1/4 <= a < 0, Q0.31: Taylor's about -1/8."""
    constant, third = rounded(math.exp(-0.125) * Q31), rounded(Q31 / 3)
    x = a + (1 << 28)
    x2 = q31_product(x, x)
    x3, x4 = q31_product(x2, x), q31_product(x2, x2)
    tail = rounded_shift(q31_product(rounded_shift(x4, 2) + x3, third) + x2, 1)
    return min(INT32_MOST, constant + q31_product(constant, x + tail))


def _two_over(x: int) -> int:
    """2 / (1 + x) for x from 0 to 1 in Q0.31, to Q2.29: three steps of Newton's, as kws_inverse."""
    half = (x + INT32_MOST + 1) // 2
    y = rounded(48 / 17 * (1 << 29)) + q31_product(half, rounded(-32 / 17 * (1 << 29)))
    for _ in range(3):
        y += saturated_left(q31_product(y, (1 << 29) - q31_product(half, y)), 2)
    return y


def logistic(a: int) -> int:
    """1 / (1 + e^-a), Q4.27 to Q0.31."""
    if a == 0:
        return 1 << 30
    positive = saturated_left(_two_over(exponential(-abs(a), 4)), 1)
    return positive if a > 0 else INT32_MOST - positive


def hyperbolic_tangent(a: int) -> int:
    """(1 - e^-2a) / (1 + e^-2a), Q4.27 to Q0.31."""
    if a == 0:
        return 0
    # twice a in Q5.26 has the bits of a in Q4.27
    size = saturated_left(_two_over(exponential(-abs(a), 5)) - (1 << 29), 2)
    return size if a > 0 else -size


def of_four_bits(
    function: Callable[[int], int], scale: float, output_bits: int
) -> Callable[[int], int]:
    """A function of Q4.27 as one of input steps from the zero point, to `output_bits` of fraction;
    beyond its range it is at its ends."""
    fraction, exponent = math.frexp(scale * (1 << 27))
    multiplier, radius = rounded(fraction * Q31), _radius(4, exponent)

    def result(steps: int) -> int:
        if abs(steps) >= radius:
            return 255 if steps > 0 else -255
        return rounded_shift(function(scaled(steps, multiplier, -exponent)), 31 - output_bits)

    return result


def sigmoid_curve() -> tuple[int, ...]:
    """1 / (1 + e^-x) at x = 0, 1/24, ..., Q0.16, to draw lines between. Lines would lie below what
    bends down: each knot is raised by half of that. The last knot is where tanh ends."""

    def knot(number: int) -> int:
        value = 1 / (1 + math.exp(-number / 24))
        bend = value * (1 - value) * (2 * value - 1) / 24**2
        return rounded((1 << 16) * (value + bend / 16))

    return (*(knot(number) for number in range(255)), (1 << 16) - 1)
