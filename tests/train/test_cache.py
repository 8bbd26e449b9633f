"""What is computed once is found again; a cache may fail, a run may not."""

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.disk import full_disk
from train.cache import Cache, write_whole
from train.data.clip import centre
from train.data.index import examine
from train.data.noises import Noises
from train.data.sources import synthetic
from train.errors import DataError
from train.features.binding import Frontend
from train.features.blocks import Block, features_of, windows_of
from train.fit.checkpoint import Progress, load, save
from train.settings import Augmentation
from train.settings.frontend import FrontendConfig


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    entries = synthetic.entries(1)[:3]
    clips = tuple((entry, f"{i:032x}") for i, entry in enumerate(entries))
    config = FrontendConfig()
    return [
        Block(config=config, seed=1, clips=clips),
        Block(config=config, seed=1, clips=clips, copies=2, ranges=Augmentation()),
        Block(config=config, seed=1, clips=clips, snr=5.0),
        Block(config=config, seed=1, silences=4, ranges=Augmentation()),
    ]


def test_features_come_from_the_cache_bit_for_bit(blocks: list[Block], tmp_path: Path) -> None:
    computed = features_of(blocks, Cache(tmp_path), "first")
    assert computed.shape == (3 + 6 + 3 + 4, 49, 40)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.features")}
    assert len(files) == len(blocks)
    np.testing.assert_array_equal(features_of(blocks, Cache(tmp_path), "again"), computed)
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.features")}


def test_another_front_end_hears_the_same_windows(blocks: list[Block], tmp_path: Path) -> None:
    """Longer windows of its own are these, padded: no other copies are drawn."""
    longer = FrontendConfig(window=32_000, kind="logmel")
    through = [replace(block, through=longer) for block in blocks]
    windows = [centre(w, longer.window) for block in blocks for w in windows_of(block)]
    features = features_of(through, Cache(tmp_path), "through")
    np.testing.assert_array_equal(features, Frontend(longer).features(np.stack(windows)))


def test_every_change_has_a_key_of_its_own(blocks: list[Block]) -> None:
    entry, _ = blocks[0].clips[0]
    config = FrontendConfig()
    some = [
        *blocks,
        Block(config=config, seed=2, clips=blocks[1].clips, copies=2, ranges=Augmentation()),
        Block(config=config, seed=1, clips=blocks[1].clips, copies=2, ranges=Augmentation(pitch=1)),
        Block(config=FrontendConfig(hop=160), seed=1, clips=blocks[0].clips),
        Block(config=config, seed=1, clips=blocks[0].clips, through=FrontendConfig(hop=160)),
        Block(config=config, seed=1, clips=((entry, "f" * 32),)),
        Block(config=config, seed=1, clips=blocks[2].clips, snr=10.0),
        Block(config=config, seed=1, clips=blocks[2].clips, snr=5.0, noises=Noises(split="test")),
        Block(config=config, seed=1, silences=4, first=4, ranges=Augmentation()),
    ]
    assert len({block.key for block in some}) == len(some)


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_entry_is_computed_again(
    damage: bytes | None, blocks: list[Block], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    computed = features_of(blocks[:1], Cache(tmp_path), "first")
    (path,) = tmp_path.rglob("*.features")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)
    np.testing.assert_array_equal(features_of(blocks[:1], Cache(tmp_path), "again"), computed)
    assert f"{path} is damaged" in capsys.readouterr().err
    assert path.read_bytes() == whole


def test_a_cache_that_takes_nothing_is_given_up_and_named_once(
    blocks: list[Block], capsys: pytest.CaptureFixture[str]
) -> None:
    full = Cache(Path("/dev/full"))  # a file: no folder can be made under it
    assert features_of(blocks, full, "features").shape == (16, 49, 40)
    assert capsys.readouterr().err.count("continuing without it") == 1
    assert not full.enabled


def test_a_disk_that_fills_up_ends_the_caching_and_not_the_run(
    blocks: list[Block], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = features_of(blocks, Cache(tmp_path / "whole"), "features")
    cache = Cache(tmp_path / "full")
    with full_disk(room=7000):  # the first block's 5,880 bytes and their header, no more
        np.testing.assert_array_equal(features_of(blocks, cache, "features"), whole)
    assert capsys.readouterr().err.count("continuing without it. Free some space") == 1
    left = [path for path in (tmp_path / "full").rglob("*") if path.is_file()]
    assert [path.suffix for path in left] == [".features"]  # and no half-written one
    np.testing.assert_array_equal(features_of(blocks, Cache(tmp_path / "full"), "again"), whole)


def test_a_disk_that_fills_up_ends_the_run_and_keeps_its_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "float.npz"
    first = Progress("run", history=[{"loss": 1.0}], variables=[np.arange(9)])
    save(path, first)
    more = Progress("run", history=[{"loss": 1.0}] * 2, variables=[np.arange(90_000)])
    with full_disk(room=7000), pytest.raises(DataError, match="free some space, then run it again"):
        save(path, more)
    kept = load(path, "run")
    assert kept is not None and kept.history == first.history
    assert list(tmp_path.iterdir()) == [path]
    assert load(path, "another run") is None


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        write_whole(tmp_path / "a" / ("x" * 300), b"content")  # no file can have that name
    assert caught.value.errno == errno.ENAMETOOLONG
    assert not list((tmp_path / "a").iterdir())


def test_clips_are_examined_once(tmp_path: Path) -> None:
    entries = synthetic.entries(1)
    findings = examine(entries, FrontendConfig(), Cache(tmp_path))
    assert all(finding.digest for finding in findings)
    assert len({finding.digest for finding in findings}) == len(entries)
    assert examine(entries, FrontendConfig(), Cache(tmp_path)) == findings
    (tmp_path / "findings.sqlite").write_bytes(b"damaged" * 100)
    assert examine(entries, FrontendConfig(), Cache(tmp_path)) == findings
