"""Which clips a corpus has: none twice, and none that is for measuring only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from train.cache import Cache
from train.data.corpus import Corpus, read_corpus
from train.data.entry import Entry
from train.data.index import Finding, sort_out
from train.data.noises import Noises
from train.data.own_clips import read_own_clips
from train.data.sources import manifest
from train.data.split import SPLITS, How, split
from train.errors import DataError
from train.settings import Data, read_settings
from train.settings.frontend import FrontendConfig

NOBODY = Corpus([], [], [], [], Noises(), [])
CLIPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=120)


@given(clips=CLIPS, seed=st.integers(0, 20))
def test_the_same_samples_are_used_once_and_so_on_one_side(
    clips: list[tuple[int, int]], seed: int
) -> None:
    """A pair is a speaker and what was recorded."""
    entries = [
        Entry("s", "digits", "one", f"s-{speaker}", Path(f"{number}.wav"))
        for number, (speaker, _) in enumerate(clips)
    ]
    findings = [Finding(digest=str(recorded)) for _, recorded in clips]
    first: dict[str, Entry] = {}
    for entry, finding in zip(entries, findings, strict=True):
        first.setdefault(finding.digest, entry)
    kept, rejected = sort_out(entries, findings)
    assert [entry for entry, _ in kept] == list(first.values())
    assert len(kept) + len(rejected) == len(entries)
    of = dict(zip(entries, findings, strict=True))
    for one in rejected:
        kept_file = first[of[one.entry].digest].path
        assert one.reason == f"{one.entry.path}: the same samples as {kept_file}"
    try:
        sides = split([entry for entry, _ in kept], How(seed=seed))
    except DataError:
        return  # too few speakers
    homes = {(finding.digest, side) for (_, finding), side in zip(kept, sides, strict=True)}
    assert len(homes) == len({digest for digest, _ in homes})


def write_manifest(folder: Path, source: str, column: str, *values: str) -> None:
    """A clip for each value of the column."""
    folder.mkdir()
    lines = [f"path,kind,label,speaker,source{column and ','}{column}"]
    for number, value in enumerate(values):
        noise = np.random.default_rng(number).normal(0, 3000, 8000).astype(np.int16)
        soundfile.write(folder / f"{number}.wav", noise, 16_000)
        lines.append(f"{number}.wav,digits,one,s{number},{source}{value and ','}{value}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")


def corpus_of(folder: Path, *changes: str) -> Corpus:
    voices = ["data.synthetic.speakers=6", f"data.manifest={folder}"]
    return read_corpus(read_settings("synthetic", [*voices, *changes]), Cache(folder / "cache"))


def test_what_is_for_measuring_only_is_left_out_and_named(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    write_manifest(mixed, "theirs", "measuring_only", "yes", "no", "yes")
    corpus = corpus_of(mixed)
    assert [e.speaker for e in corpus.entries if e.source == "theirs"] == ["s1"]
    reasons = [rejected.reason for rejected in corpus.rejected]
    assert reasons == [
        f"{mixed}/{n}.wav: for measuring only; use tinykws classify or stream" for n in (0, 2)
    ]


@pytest.mark.parametrize(
    ("source", "column", "value"),
    [("strangers", "", ""), ("theirs", "measuring_only", "yes"),
     ("strangers", "measuring_only", "no")],
)  # fmt: skip
def test_training_on_a_folder_for_measuring_only_is_refused_in_one_line(
    source: str, column: str, value: str, tmp_path: Path
) -> None:
    write_manifest(tmp_path / "a", source, column, value, value)
    with pytest.raises(DataError) as caught:
        corpus_of(tmp_path / "a")
    assert str(caught.value) == f"{source}: for measuring only; use tinykws classify or stream"


def test_held_out_it_is_the_test_and_nothing_else(tmp_path: Path) -> None:
    write_manifest(tmp_path / "a", "strangers", "", "", "")
    corpus = corpus_of(tmp_path / "a", "data.held_out=strangers")
    assert [corpus.entries[i].source for i in corpus.of("test")] == ["strangers"] * 2
    for name in set(SPLITS) - {"test"}:
        assert all(corpus.entries[i].source == "synthetic" for i in corpus.of(name))


def test_nobody_personalizes_with_strangers(tmp_path: Path) -> None:
    place = tmp_path / "strangers" / "one"
    place.mkdir(parents=True)
    soundfile.write(place / "ana_1.wav", np.full(8000, 900, np.int16), 16_000)
    with pytest.raises(DataError, match="for measuring only"):
        read_own_clips(place.parent, NOBODY, Data(), FrontendConfig(), Cache(tmp_path / "cache"))


def test_measuring_only_is_yes_or_no(tmp_path: Path) -> None:
    write_manifest(tmp_path / "a", "theirs", "measuring_only", "maybe")
    with pytest.raises(DataError, match=r"line 2: measuring_only is 'maybe'; allowed are yes, no"):
        manifest.entries(tmp_path / "a")


def test_no_second_of_a_noise_is_in_two_splits() -> None:
    parts = [Noises(split=split).part(1_000) for split in SPLITS]
    seconds = [number for part in parts for number in range(1_000)[part]]
    assert seconds == list(range(1_000))
    assert [len(range(1_000)[part]) for part in parts] == [800, 100, 100]
