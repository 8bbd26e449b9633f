"""Builds the firmware for this computer and plays scenarios to it: see host_board.c."""

import struct
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.firmware.library import FIRMWARE, LIB
from tools.board.packet import ERROR, Decoder, Packet, encode
from tools.board.requests import AUDIO, AUDIO_SAMPLES
from tools.stream.listener import Decisions, decision_type

WARNINGS = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror")
CHECKS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FOLDERS = ("audio", "board", "detector", "engine", "frontend", "serial")


def build(
    folder: Path, compiler: str = "gcc", model: Path = LIB / "model", *, flags: Sequence[str] = ()
) -> Path:
    program = folder / f"app-{compiler}"
    libraries = [*(LIB / name for name in FOLDERS), model]
    sources = [path for library in libraries for path in sorted(library.glob("*.c"))]
    sources += [*sorted((FIRMWARE / "src").glob("*.c")), Path(__file__).with_name("host_board.c")]
    includes = [f"-I{FIRMWARE / 'src'}", *(f"-I{library}" for library in libraries)]
    objects = []
    for source in sources:
        # sanitizers take minutes for the network, which tests/convert/native checks with them
        checks = () if source.name.startswith("kws_engine") else CHECKS
        objects.append(str(folder / f"{source.stem}.o"))
        command = [compiler, *WARNINGS, *checks, *flags, *includes, "-c", str(source)]
        subprocess.run([*command, "-o", objects[-1]], check=True)
    subprocess.run([compiler, *CHECKS, *objects, "-o", str(program)], check=True)
    return program


@dataclass(frozen=True)
class Heard:
    """What the firmware wrote."""

    lines: list[str]
    packets: list[Packet]
    waits: int  # for a host that is gone
    idles: int  # times that it had nothing to do

    def words(self) -> list[str]:
        return [line.split()[2] for line in self.lines if not line.startswith("#")]

    def replies(self, kind: int) -> list[bytes]:
        return [packet.data for packet in self.packets if packet.type == kind]

    def errors(self) -> list[int]:
        return [packet.data[0] for packet in self.packets if packet.type == ERROR]

    def counters(self) -> dict[str, int]:
        """The last ones that were asked for."""
        pages = [page.decode() for page in self.replies(1) if page.startswith(b"samples=")]
        return {k: int(v) for k, v in (line.split("=") for line in pages[-1].splitlines())}


def play(program: Path, *records: bytes) -> Heard:
    done = subprocess.run([program], input=b"".join(records), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    found = list(Decoder().feed(done.stdout, 0.0))
    waits, idles = map(int, done.stderr.split())
    lines = [f for f in found if isinstance(f, str)]
    return Heard(lines, [f for f in found if isinstance(f, Packet)], waits, idles)


def watched(packets: Iterable[bytes], labels: int) -> Decisions:
    """What a board tells of its decisions: docs/serial.md, 0x09."""
    told = list(packets)
    found = np.zeros(len(told), decision_type(labels))
    for row, data in zip(found, told, strict=True):
        row["time_ms"], row["level"], row["ran"], row["label"] = struct.unpack("<IbBB", data[:7])
        row["scores"] = np.frombuffer(data[7:], np.int8)
    return found


def record(letter: str, number: int, data: bytes = b"") -> bytes:
    return letter.encode() + struct.pack("<I", number) + data


def serial(data: bytes) -> bytes:
    return record("S", len(data), data)


def request(kind: int, data: bytes = b"", number: int = 1) -> bytes:
    return serial(encode(Packet(kind, number, data)))


def inject(samples: NDArray[np.int16], first: int = 0) -> bytes:
    """`first`: the number of samples since the source was chosen."""
    starts = range(0, len(samples), AUDIO_SAMPLES)
    pieces = [(first + start, samples[start : start + AUDIO_SAMPLES]) for start in starts]
    return b"".join(audio(start, piece) for start, piece in pieces)


def audio(first: int, samples: NDArray[np.int16]) -> bytes:
    return request(AUDIO, struct.pack("<I", first) + samples.astype("<i2").tobytes())


def sound(samples: NDArray[np.int16]) -> bytes:
    return record("M", len(samples), samples.astype("<i2").tobytes())


@cache
def spoken(*words: str, gap: float = 0.7, level: float = 1.0) -> NDArray[np.int16]:
    """Synthesized words with pauses, over a little noise; a second before and after."""
    from train.data.clip import resample
    from train.data.load import load
    from train.data.sources import synthetic

    entries = {e.label: e for e in synthetic.entries(1, seed=77, other_words=20)}
    noise = np.random.default_rng(0)
    pieces = [np.zeros(16000)]
    for word in words:
        clip = resample(load(entries[word]), 16000).samples
        pieces += [clip * level, np.zeros(int(gap * 16000))]
    whole = np.concatenate([*pieces, np.zeros(8000)])
    noisy = np.round(whole + noise.normal(0, 10, len(whole)))
    return noisy.clip(-32768, 32767).astype(np.int16)
