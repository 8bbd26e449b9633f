"""Piper's voices: folders of NAME.onnx and NAME.onnx.json. This one hums each phoneme."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from train.data.corpus import list_entries
from train.data.entry import PIPER, Voice
from train.data.sources import synthetic
from train.data.voices import neural, piper
from train.errors import DataError
from train.settings import read_settings

RATE = 16_000
PHONEMES = "^_$ sˈɛvəntuːz"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path / "cache"))
    make_voice(tmp_path / "voices" / "humming.onnx", speakers=2)
    return tmp_path / "voices"


def make_voice(path: Path, speakers: int = 1) -> None:
    """Sines of a tenth of a second per token; each token and speaker has its own pitch."""
    path.parent.mkdir(exist_ok=True)
    described = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "en-us"},
        "num_speakers": speakers,
        "phoneme_id_map": {letter: [number] for number, letter in enumerate(PHONEMES)},
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(described))
    onnx.save(_humming(speakers), path)


def _humming(speakers: int) -> onnx.ModelProto:
    def const(name: str, value: list[float] | float) -> onnx.NodeProto:
        array = np.array(value, np.float32)
        tensor = helper.make_tensor(name, TensorProto.FLOAT, array.shape, array.ravel())
        return helper.make_node("Constant", [], [name], value=tensor)

    last = "sid" if speakers > 1 else "input_lengths"
    nodes = [
        const("each", RATE / 10), const("zero", 0.0), const("one", 1.0), const("start", [1.0]),
        const("turn", 2 * np.pi / RATE), const("step", 40.0), const("lowest", 100.0),
        helper.make_node("Constant", [], ["pace_at"], value_ints=[1]),
        helper.make_node("Constant", [], ["flat"], value_ints=[-1]),
        helper.make_node("Gather", ["scales", "pace_at"], ["pace"]),
        helper.make_node("Mul", ["pace", "each"], ["length"]),
        helper.make_node("Cast", ["input_lengths"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["length", "count"], ["total"]),
        helper.make_node("Squeeze", ["total"], ["end"]),
        helper.make_node("Range", ["zero", "end", "one"], ["time"]),
        helper.make_node("Div", ["time", "length"], ["place"]),
        helper.make_node("Floor", ["place"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["token_at"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["input", "flat"], ["tokens"]),
        helper.make_node("Gather", ["tokens", "token_at"], ["token"]),
        helper.make_node("Add", ["token", last], ["pitch_step"]),
        helper.make_node("Cast", ["pitch_step"], ["pitch_number"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["pitch_number", "step"], ["above"]),
        helper.make_node("Add", ["above", "lowest"], ["hertz"]),
        helper.make_node("Mul", ["hertz", "time"], ["turns"]),
        helper.make_node("Mul", ["turns", "turn"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["output"]),
    ]  # fmt: skip
    integer, real = TensorProto.INT64, TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info("input", integer, [1, "tokens"]),
        helper.make_tensor_value_info("input_lengths", integer, [1]),
        helper.make_tensor_value_info("scales", real, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", integer, [1]))
    outputs = [helper.make_tensor_value_info("output", real, ["samples"])]
    graph = helper.make_graph(nodes, "humming", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def test_all_speakers_of_all_voices_speak(folder: Path) -> None:
    make_voice(folder / "second.onnx")
    names = [f"{folder}/humming.onnx#0", f"{folder}/humming.onnx#1", f"{folder}/second.onnx#0"]
    assert piper.voice_names(folder) == names
    heard = [piper.speak("sˈɛvən", name, 1.0)[0] for name in names]
    assert not np.array_equal(heard[0], heard[1])


def test_every_phoneme_is_followed_by_a_pause_token(folder: Path) -> None:
    samples, rate = piper.speak("tuː", f"{folder}/humming.onnx#0", 1.0)
    assert (len(samples), rate) == ((1 + 2 * 3 + 1) * RATE // 10, RATE)


def test_twice_the_speed_takes_half_the_time(folder: Path) -> None:
    slow, fast = (piper.speak("tuː", f"{folder}/humming.onnx#0", pace)[0] for pace in (1.0, 2.0))
    assert len(fast) == pytest.approx(len(slow) / 2, abs=2)


def test_words_of_the_settings_are_spoken(folder: Path) -> None:
    changes = ["data.words=seven,two", "data.synthetic.speakers=0", "data.synthetic.other_words=0",
               "data.synthetic.piper.speakers=3", "data.synthetic.piper.other_words=0",
               f"data.synthetic.piper.folder={folder}"]  # fmt: skip
    entries = list_entries(read_settings("synthetic", changes))
    assert [entry.label for entry in entries] == ["seven", "two"] * 3
    assert {entry.source for entry in entries} == {"piper"}
    clip = synthetic.speak(entries[0])
    assert (clip.label, clip.source, clip.rate) == ("seven", "piper", neural.RATE)
    assert np.array_equal(clip.samples, synthetic.speak(entries[0]).samples)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda f: (f / "humming.onnx.json").unlink(), "humming.onnx.json: No such file"),
        (lambda f: (f / "humming.onnx.json").write_text("{"), "humming.onnx.json: is damaged"),
        (lambda f: (f / "humming.onnx.json").write_text("{}"), "has no espeak.voice"),
        (lambda f: (f / "humming.onnx").write_bytes(b"12"), "humming.onnx: is damaged"),
        (lambda f: (f / "humming.onnx").unlink(), "humming.onnx: is missing"),
    ],
)
def test_a_broken_voice_is_named(folder: Path, broken, said: str) -> None:
    name = f"{folder}/humming.onnx#0"
    piper.settings_of.cache_clear()
    piper._model.cache_clear()
    broken(folder)
    with pytest.raises(DataError, match=said):
        neural.speak("seven", Voice(name, engine=PIPER))


def test_a_folder_without_voices(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no voices of Piper"):
        piper.voice_names(tmp_path)
    changes = ["data.synthetic.piper.speakers=1"]
    with pytest.raises(DataError, match="give the folder of its voices"):
        list_entries(read_settings("synthetic", changes))
