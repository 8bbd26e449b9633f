"""Groups of mistakes: only what chance does not explain is named, with its true numbers; and the
page of a small run."""

import base64
import contextlib
import dataclasses
import html
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.pages.test_report import Page
from train.data.traits import MOST, estimated_snr
from train.judge.groups import Group, Heard, all_groups, band, sentence, word_pairs
from train.judge.statistics import difference, interval, surprise
from train.mistakes import MOST_CLIPS, chosen, main, picture
from train.pages.charts import minus
from train.settings.frontend import FrontendConfig

RATE = 16_000
LABELS = ["five", "nine", "silence"]


def invented(mistakes: dict[tuple[str, str], int], windows: int = 100) -> Heard:
    """Ten speakers say each word `windows` / 10 times, then silence; `mistakes` by speaker and
    word said, which is heard as the other word."""
    said, heard, speakers = [], [], []
    for speaker in range(10):
        for word in (0, 1):
            wrong = mistakes.get((f"s{speaker}", LABELS[word]), 0)
            said += [word] * (windows // 10)
            heard += [1 - word] * wrong + [word] * (windows // 10 - wrong)
            speakers += [f"s{speaker}"] * (windows // 10)
    said, heard, speakers = said + [2] * 300, heard + [2] * 300, speakers + ["nobody"] * 300
    spoken = np.array([speaker != "nobody" for speaker in speakers])
    loud = [
        minus("over -10 dBFS") if speaker == "s3" else minus("up to -40 dBFS")
        for speaker in speakers
    ]
    groups = {"speaker": speakers, "level": loud}
    return Heard(LABELS, np.array(said), np.array(heard), spoken, groups)


def named(heard: Heard) -> dict[str, Group]:
    return {group.name: group for group in all_groups(heard) if group.stands_out}


def test_a_group_is_named_with_its_numbers() -> None:
    heard = invented({("s3", "nine"): 6, ("s1", "nine"): 1, ("s5", "five"): 1})
    found = named(heard)
    assert list(found) == [minus("over -10 dBFS"), "s3", "nine → five"]
    by = sentence(found["s3"], heard)
    assert by.startswith(
        "s3 is misrecognized 6 times out of 20 (30.0 %, 95 % interval 11.9 to 54.3 %); "
        "the rest 2 of 180 (1.1 %). Most often nine as five (6 times)."
    )
    pair = sentence(found["nine → five"], heard)
    assert pair.startswith("nine is recognized as five 7 times out of 100 (7.0 %,")
    assert "all other labels 0 of 300 (0.0 %)" in pair  # those that are not five: silence
    assert "6 of the 7 are by s3, as are 10 of all 100." in pair


def test_who_made_most_mistakes_is_said_with_how_much_else_is_theirs() -> None:
    heard = invented({("s1", "nine"): 4, ("s2", "nine"): 4, ("s3", "nine"): 4})
    speakers = [
        "a" if name in ("s1", "s2", "s4", "s5") else "b" for name in heard.groups["speaker"]
    ]
    both = dataclasses.replace(heard, groups={"speaker": speakers})
    pair = sentence(named(both)["nine → five"], both)
    assert "8 of the 12 are by a, as are 40 of all 100." in pair
    alone = dataclasses.replace(heard, groups={"speaker": ["a"] * len(speakers)})
    assert " by a" not in sentence(named(alone)["nine → five"], alone)


def test_what_chance_explains_is_not_named() -> None:
    even = {(f"s{i}", word): 1 for i in range(10) for word in ("five", "nine")}
    found = named(invented(even))  # nobody is worse, though the two words are mixed up
    assert {group.kind for group in found.values()} == {"pair"}
    assert named(invented({("s3", "nine"): 1})) == {}  # one mistake among 200 words
    assert named(invented({})) == {}


def test_a_lonely_speaker_is_no_group_of_its_own() -> None:
    heard = invented({("s0", "nine"): 3})
    alone = Heard(LABELS, heard.said[:20], heard.heard[:20], heard.spoken[:20],
                  {"speaker": ["s0"] * 20})  # fmt: skip
    assert "s0" not in named(alone)


def test_silence_is_nobodys_mistake() -> None:
    heard = invented({})
    heard.heard[-300:] = 0
    found = named(heard)
    assert list(found) == ["silence → five"]
    assert found["silence → five"].others == (0, 100)


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("level", -60.0, minus("up to -40 dBFS")),
        ("level", -40.0, minus("up to -40 dBFS")),
        ("level", -39.9, minus("-40 to -30 dBFS")),
        ("snr", 41.0, "over 40 dB SNR"),
        ("length", 1.0, "0.8 to 1.0 s"),
        ("length", 1.01, "over 1.0 s"),
    ],
)
def test_bands_meet(kind: str, value: float, name: str) -> None:
    assert band(kind, value) == name


def word_in_noise(snr: float) -> np.ndarray:
    """0.4 s of a tone within 1 s; `snr` of the clip's mean power, as tests in noise have it."""
    random = np.random.default_rng(1)
    tone = np.zeros(RATE)
    tone[4_800:11_200] = 3000 * np.sin(np.arange(6_400) / 3)
    noise = random.normal(size=RATE) * np.sqrt(np.mean(tone**2) * 10 ** (-snr / 10))
    return np.round(tone + noise).astype(np.int16)


@pytest.mark.parametrize("snr", [3, 10, 20, 40])
def test_the_estimate_of_noise_is_near_the_truth(snr: float) -> None:
    estimate = estimated_snr(word_in_noise(snr), RATE)
    assert estimate == pytest.approx(snr, abs=1.5)
    # neither the level nor padding with zeros is noise
    padded = np.pad(word_in_noise(snr), 8_000)
    assert estimated_snr(padded, RATE) == pytest.approx(estimate, abs=1.0)


def test_the_estimate_of_odd_clips() -> None:
    assert estimated_snr(np.zeros(RATE, np.int16), RATE) == 0.0
    assert estimated_snr(np.array([5], np.int16), RATE) == 0.0
    loud = np.r_[np.ones(RATE), 30_000 * np.sin(np.arange(RATE))].astype(np.int16)
    assert estimated_snr(loud, RATE) == MOST


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 40), st.integers(1, 40))
def test_an_interval_holds_the_share_and_mirrors(count: int, of: int) -> None:
    count = min(count, of)
    low, high = interval(count, of)
    assert 0 <= low <= count / of <= high <= 1
    assert interval(of - count, of) == pytest.approx((1 - high, 1 - low))
    assert difference(count, of, count, of)[0] <= 0 <= difference(count, of, count, of)[1]


def test_intervals_and_surprises_of_textbooks() -> None:
    assert interval(0, 10) == pytest.approx((0, 1 - 0.025**0.1))  # by hand
    assert interval(81, 263) == pytest.approx((0.2527, 0.3676), abs=2e-4)  # Newcombe, 1998
    assert surprise(3, 4, 4, 8) == pytest.approx(17 / 70)  # the lady who tasted tea
    assert surprise(0, 4, 4, 8) == pytest.approx(1)


@pytest.fixture(scope="module")
def printed(run: Path) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        assert main([str(run)]) == 0
    return text.getvalue()


def said_wrongly() -> Heard:
    """Two speakers; `unknown` is bed or tree, and bed is taken for seven."""
    labels = ["seven", "unknown", "silence"]
    words = ["seven"] * 60 + ["bed"] * 20 + ["tree"] * 60 + ["silence"] * 40
    said = np.array([0] * 60 + [1] * 80 + [2] * 40)
    heard = said.copy()
    heard[:4] = 1  # sevens that are missed
    heard[60:72] = 0  # beds
    heard[80] = 0  # a tree
    heard[140:142] = 0  # silence
    speakers = ["ann" if i % 2 else "ben" for i in range(140)] + ["nobody"] * 40
    groups = {"word": words, "speaker": speakers}
    return Heard(labels, said, heard, said < 2, groups)


def test_the_word_behind_unknown_is_named() -> None:
    heard = said_wrongly()
    assert word_pairs(heard, heard.false_accepts) == [
        ("bed", "seven", 12), ("silence", "seven", 2), ("tree", "seven", 1),
    ]  # fmt: skip
    found = named(heard)
    assert sentence(found["bed"], heard).startswith(
        '"bed" is misrecognized 12 times out of 20 (60.0 %, '
    )
    assert "Most often bed as seven (12 times)." in sentence(found["bed"], heard)
    pairs = {group.name: group for group in all_groups(heard)}
    pair = sentence(pairs["unknown → seven"], heard)
    assert '12 of the 13 are of "bed", as are 20 of all 80.' in pair


def test_false_accepts_come_first() -> None:
    """Before what is more surprising: a word that is missed."""
    heard = said_wrongly()
    heard.heard[:60] = 1
    groups = all_groups(heard)
    accepting = [heard.accepts(group) for group in groups]
    assert accepting == sorted(accepting, reverse=True) and len(set(accepting)) == 2
    assert heard.false_accepts.sum() == 15
    scores = np.full((180, 3), 0.1, np.float32)
    scores[:60] = 0.9  # surer than any of them
    first = chosen(heard, [], scores)[:15]
    assert heard.false_accepts[first].all()


def test_words_may_be_the_only_labels() -> None:
    """A run without unknown and silence has no false accepts."""
    two = Heard(["yes", "no"], np.array([0, 1]), np.array([1, 1]), np.ones(2, bool), {})
    assert not two.false_accepts.any()
    assert word_pairs(two, two.wrong) == [("yes", "no", 1)]


def test_the_words_behind_unknown_are_printed_and_on_the_page(run: Path, printed: str) -> None:
    page = html.unescape((run / "mistakes.html").read_text())
    metrics = json.loads((run / "metrics.json").read_text())
    labels, rows = metrics["labels"], metrics["models"]["int8"]["confusion"]
    rejected = [labels.index("unknown"), labels.index("silence")]
    count = sum(n for i in rejected for j, n in enumerate(rows[i]) if j not in rejected)
    assert count  # a model of three epochs
    assert f"\n{count} of the " in printed.replace(" is a false", "")
    said = printed[printed.index("as a keyword): ") :].partition(": ")[2].splitlines()[0]
    first = said.split(" (")[0]
    assert "unknown" not in said and first.split(" as ")[1] in labels
    assert page.index("False accepts") < page.index("Groups that stand out")
    words = Page(page).values("data-word")
    assert set(words) - set(labels) and "unknown" not in words


def test_it_judges_the_development_data_of_the_run(run: Path, printed: str) -> None:
    int8 = json.loads((run / "metrics.json").read_text())["models"]["int8"]
    missed = int8["examples"] - round(int8["accuracy"] * int8["examples"])
    assert printed.startswith(
        f"{missed} of {int8['examples']} development windows are misrecognized: "
    )
    assert "have changed since" not in printed


def test_a_large_group_leaves_places_to_the_others() -> None:
    """A speaker is misrecognized more often than the page has places; another one less often."""
    heard = invented({("s3", "five"): 300, ("s3", "nine"): 150, ("s5", "nine"): 150}, windows=3000)
    groups = named(heard)
    assert {"s3", "s5"} <= groups.keys()
    scores = np.random.default_rng(0).random((len(heard.said), len(LABELS)), np.float32)
    shown = chosen(heard, list(groups.values()), scores)
    assert len(set(shown)) == len(shown) == MOST_CLIPS and heard.wrong[shown].all()
    for group in groups.values():
        assert group.inside[shown].sum() >= min(group.mistakes, MOST_CLIPS // len(groups))
    surest = max(np.flatnonzero(heard.wrong & groups["s5"].inside), key=lambda i: scores[i].max())
    assert surest in shown


def test_every_misheard_clip_can_be_heard_and_seen(run: Path, printed: str) -> None:
    text = (run / "mistakes.html").read_text()
    parsed = Page(text)
    int8 = json.loads((run / "metrics.json").read_text())["models"]["int8"]
    labels = json.loads((run / "metrics.json").read_text())["labels"]
    pairs = {
        f"{labels[i]} → {labels[j]}": count
        for i, row in enumerate(int8["confusion"])
        for j, count in enumerate(row)
        if i != j and count
    }
    shown = [value for tag, name, value in parsed.attributes if name == "data-pair"]
    assert {name: shown.count(name) for name in shown} == pairs
    sounds = [value for value in parsed.values("src") if value.startswith("data:audio/wav")]
    pictures = [value for value in parsed.values("src") if value.startswith("data:image/png")]
    assert len(sounds) == len(pictures) == sum(pairs.values())
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[0].partition(",")[2])))
    assert (len(samples), rate) == (RATE, RATE)
    assert base64.b64decode(pictures[0].partition(",")[2]).startswith(b"\x89PNG")
    assert not re.search(r"https?:|url\(|@import", text)


def test_the_page_says_what_the_terminal_says(run: Path, printed: str) -> None:
    plain = html.unescape((run / "mistakes.html").read_text())
    said = [line.removeprefix("- ") for line in printed.splitlines()[:-1]]
    assert len(said) >= 3  # a model of three epochs has weaknesses
    assert all(line in plain for line in said if not line.startswith("and "))


def test_the_same_page_twice(run: Path, printed: str) -> None:
    before = (run / "mistakes.html").read_bytes()
    assert main([str(run)]) == 0
    assert (run / "mistakes.html").read_bytes() == before


def test_a_picture_is_of_the_window() -> None:
    """A high tone in the first half: black there, in an upper row, and white elsewhere."""
    window = np.zeros(RATE, np.int16)
    window[:8_000] = (8_000 * np.sin(2 * np.pi * 6_000 * np.arange(8_000) / RATE)).astype(np.int16)
    shades = picture(FrontendConfig(), window)
    assert shades.shape == (40, 49)
    row = int(shades[:, 5:20].mean(axis=1).argmin())
    assert row < 10 and shades[row, 5:20].max() < 30
    assert shades[:, 30:].min() == 255


BAD = {
    "unfinished": (lambda run: (run / "run.json").unlink(), "run.json is missing"),
    "other recordings": (
        lambda run: (run / "run.json").write_text(
            json.dumps(json.loads((run / "run.json").read_text()) | {"data": "other"})
        ),
        "recordings of the run have changed",
    ),
    "no recordings": (
        lambda run: (run / "settings.json").write_text('{"data": {"manifest": "nowhere"}}'),
        "recordings of the run cannot be read",
    ),
    "no model": (
        lambda run: (run / "model.tflite").write_bytes(b"weights"),
        "is not a valid",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_run_is_one_line(
    what: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, (change, message) = tmp_path / "bad", BAD[what]
    shutil.copytree(run, bad, ignore=shutil.ignore_patterns("mistakes.html"))
    change(bad)
    assert main([str(bad)]) == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and message in error
    assert not (bad / "mistakes.html").exists()
