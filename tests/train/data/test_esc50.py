"""The preset for environmental sounds is the system that it says it is."""

from __future__ import annotations

from train.data.corpus import label_names
from train.models.registry import model_of, not_for_boards
from train.settings import read_settings


def test_thirteen_mfccs_of_173_frames_of_five_seconds() -> None:
    frontend = read_settings("esc50", []).frontend
    assert frontend.sample_rate == 44_100 and frontend.window == 5 * frontend.sample_rate
    assert (frontend.kind, frontend.shape) == ("mfcc", (173, 13))


def test_convolutions_of_16_and_32_and_64_hidden_for_50_labels() -> None:
    settings = read_settings("esc50", [])
    labels = len(label_names(settings.data))
    model = model_of(settings.model, settings.frontend.shape, labels)
    widths = [layer.filters for layer in model.layers if hasattr(layer, "filters")]
    hidden = [layer.units for layer in model.layers if hasattr(layer, "units")]
    assert (widths, hidden) == ([16, 32], [64, 50])
    assert model.count_params() == 57_410
    assert not not_for_boards(model, settings)
