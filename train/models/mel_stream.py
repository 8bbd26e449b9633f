"""Convolutions over time and mel bands, then residual blocks over time. No layer pads time, so an
engine can compute the newest frames alone (docs/engine.md).

The first layer turns MFCCs back into mel bands, along which words do shift: voices differ in pitch
and size. It starts as the inverse DCT and is trained like any other layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import idct

from train.errors import ConfigError
from train.models.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
# over time and bands: kernel, stride, channels in widths
TRUNK = (((4, 4), (2, 2), 0.2), ((3, 3), (1, 2), 0.4), ((3, 3), (1, 2), 0.6))
BLOCKS = (5, 5, 5)  # kernels over time
LEAST = (36, 16)  # smallest number of frames and coefficients
LOUDNESS = 4.0  # std of the first coefficient, in the std of a mel band
FALL = 1.1  # std falls with this power of the number: within a fifth on our recordings


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores."""
    if shape[0] < LEAST[0] or shape[1] < LEAST[1]:
        raise ConfigError(
            f"model.family: mel_stream looks at {LEAST[0]} frames of {LEAST[1]} coefficients at "
            f"least; a window has {shape[0]} of {shape[1]}"
        )
    inputs = keras.Input((*shape, 1))
    x = _bands(inputs)
    for kernel, strides, widths in TRUNK:
        channels = round(width * widths)
        x = normalized(layers.Conv2D(channels, kernel, strides, use_bias=False)(x))
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = normalized(layers.Conv2D(width, 1, use_bias=False)(x))
    for frames in BLOCKS:
        x = _block(x, frames)
    return keras.Model(inputs, scores(x, labels), name="mel_stream")


def _bands(x: Any) -> Any:
    """[frames, coefficients, 1] to [frames, bands, 1], each band at a mean of 0 and a std of 1."""
    frames, coefficients = x.shape[1:3]
    start = keras.initializers.Constant(inverse_dct(coefficients).tolist())
    x = layers.Reshape((frames, 1, coefficients))(x)
    x = layers.Conv2D(coefficients, 1, use_bias=False, kernel_initializer=start)(x)
    return layers.Reshape((frames, coefficients, 1))(normalized(x, relu=False))


def inverse_dct(coefficients: int) -> NDArray[np.float64]:
    """[coefficients, bands]: what each standardized coefficient adds to each mel band.

    Standardization divided by a std that differs little between recordings, and subtracted means
    that the batch normalization makes up for. Fewer coefficients than mel bands give the same
    spectrum at fewer bands.
    """
    std = LOUDNESS / np.arange(1, coefficients + 1) ** FALL
    bands: NDArray[np.float64] = idct(np.diag(std), norm="ortho", axis=1)
    return bands


def _block(x: Any, frames: int) -> Any:
    """The bypass is cut to the rows that the convolution leaves."""
    cut = (frames - 1) // 2
    bypass = layers.Cropping2D(((cut, frames - 1 - cut), (0, 0)))(x)
    y = normalized(depthwise(x, (frames, 1), padding="valid"))
    y = normalized(layers.Conv2D(x.shape[3], 1, use_bias=False)(y), relu=False)
    return layers.ReLU()(layers.Add()([y, bypass]))
