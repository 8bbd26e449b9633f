"""For more work than one machine can do: a Dask cluster computes features and trains whole runs.

A worker receives settings and lists of clips, and returns arrays and the files of a run. Recordings
are not sent: they must be readable at the same path. Every task identifies its version of the code,
and a worker with a different version refuses it, so that results equal those of this computer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from train import FRONTEND_SOURCES, PROJECT
from train.cache import cache_folder, key_of, write_whole
from train.errors import ClusterError, KilledError, OtherCodeError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 60  # seconds for the scheduler to answer, and for the first worker to join
RETRIES = 3  # of a task whose process was killed but not its worker, often for lack of memory
AHEAD = 4  # queued tasks per thread of the cluster
LAST_WORDS = 2_000  # bytes of the output of a failed training
LIBRARIES = ("numpy", "soxr", "audiomentations", "tf-keras", "tensorflow-model-optimization")
# espeak-ng, audiomentations and the front end are not thread-safe
_in_turn = threading.Lock()


@dataclass(frozen=True)
class Parcel:
    """A training that is sent to a worker."""

    name: str  # for messages
    module: str
    tree: dict[str, Any]  # all settings
    folder: Path  # for the result, on this computer

    @property
    def key(self) -> str:
        return key_of(code(), self.module, self.folder.name, self.tree)


@dataclass(frozen=True)
class Outcome:
    """What a worker returns: a run's files by path, or why there are none."""

    worker: str
    files: dict[str, bytes]
    error: str = ""


@contextlib.contextmanager
def cluster_at(address: str | None) -> Iterator[Cluster | None]:
    """The cluster of a scheduler, or None without an address."""
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            f"--scheduler needs Dask; run: {sys.executable} -m pip install 'dask[distributed]'"
        ) from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"--scheduler {address}: does not answer ({error}); start one with: "
            "python -m dask scheduler"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ClusterError(
                f"--scheduler {address}: has no workers; start some with: "
                f"python -m dask worker {address}"
            ) from error
        yield Cluster(address, client)


@dataclass(frozen=True)
class Cluster:
    """Does pieces of work for train.spread.workers.helped_by, and whole trainings."""

    address: str
    client: Client

    @property
    def ahead(self) -> int:
        return AHEAD * max(1, sum(self.client.nthreads().values()))

    def submit(self, work: Callable[[Any], Any], task: Any) -> _Result:
        """Submits a piece of work; returns its future result."""
        future = self.client.submit(compute_there, work, task, code(), str(Path.cwd()), pure=False)
        return _Result(self, future)

    def train(self, parcels: Sequence[Parcel]) -> Iterator[tuple[int, str]]:
        """Trains all and writes their files into their folders; yields the number and the worker of
        each training when it is done."""
        from distributed import as_completed

        futures = {
            self.client.submit(
                train_there, parcel.module, parcel.tree, parcel.folder.name, parcel.key, code(),
                str(Path.cwd()), key=f"{parcel.module}-{parcel.key}", retries=RETRIES,
            ): index
            for index, parcel in enumerate(parcels)
        }  # fmt: skip
        for future in as_completed(list(futures), loop=self.client.loop):
            index = futures[future]
            parcel = parcels[index]
            outcome: Outcome = self.result(future)
            if outcome.error:
                raise ClusterError(f"{parcel.name}, on {outcome.worker}: {outcome.error}")
            _put(outcome.files, parcel.folder)
            self.client.run(forget, parcel.key, on_error="ignore")
            yield index, outcome.worker

    def result(self, future: Any) -> Any:
        """The result of a task; if it failed, an error with a one-line message."""
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise ClusterError(
                f"{error.last_worker.address} died, and {error.allowed_failures} workers before "
                "it, on the same task; check its log for the reason, such as too little memory"
            ) from error
        except CancelledError as error:
            raise ClusterError(
                f"--scheduler {self.address}: the scheduler is gone; restart it, then run "
                "this again"
            ) from error
        except KilledError as error:
            raise ClusterError(str(error)) from error
        except (ImportError, AttributeError, RuntimeError) as error:
            if type(error) is RuntimeError and "deserializ" not in str(error):
                raise  # the problem is not a different version of the code
            raise ClusterError(
                f"--scheduler {self.address}: {str(error).splitlines()[0]}; start scheduler and "
                "workers in checkouts of the same version, with the same Python packages"
            ) from error


@dataclass(frozen=True)
class _Result:
    cluster: Cluster
    future: Any

    def result(self) -> Any:
        return self.cluster.result(self.future)


def _put(files: dict[str, bytes], folder: Path) -> None:
    """Writes the files into the folder; run.json last, as in training, as it marks a finished
    run."""
    for name in sorted(files, key=lambda name: name == "run.json"):
        write_whole(folder / name, files[name])


@lru_cache(maxsize=1)
def code() -> str:
    """The hash of everything that affects results: this package, the front end, libraries."""
    here = PROJECT / "train"
    sources = [*here.rglob("*.py"), *here.rglob("*.[ch]"), *FRONTEND_SOURCES.rglob("*.[ch]")]
    digest = hashlib.sha256(sys.version.split()[0].encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    tensorflow = _version("tensorflow") or _version("tensorflow-cpu")
    for library in (*map(_version, LIBRARIES), tensorflow):
        digest.update(library.encode())
    return digest.hexdigest()[:16]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


# ---- the following code runs on workers


def compute_there(work: Callable[[Any], Any], task: Any, for_code: str, folder: str) -> Any:
    """Does a piece of work; relative paths start at the command's folder, if it exists here."""
    _check(for_code)
    with _in_turn, contextlib.chdir(folder if Path(folder).is_dir() else "."):
        return work(task)


def train_there(
    module: str, tree: dict[str, Any], name: str, key: str, for_code: str, folder: str
) -> Outcome:
    """Runs a training in its own process and folder. The folder is kept until the files have
    arrived, so that a retry on this machine resumes from its checkpoints."""
    _check(for_code)
    home = _home(key)
    run = home / name
    preset = home / "settings.yaml"
    write_whole(preset, yaml.safe_dump(tree, sort_keys=False).encode())
    command = [module, "--preset", str(preset), "--run", str(run)]
    returned, said = _attended([str(home / "lock"), *command], folder)
    if returned < 0:
        raise KilledError(f"{name}: its process was killed by signal {-returned}, {RETRIES + 1} "
                          "times; check the worker's memory")  # fmt: skip
    if returned:
        return Outcome(_here(), {}, said or f"exit code {returned}")
    # a finished run does not need its checkpoints, by far the largest files
    paths = [p for p in sorted(run.rglob("*")) if p.is_file() and p.suffix != ".npz"]
    return Outcome(_here(), {str(p.relative_to(run)): p.read_bytes() for p in paths})


def _attended(arguments: Sequence[str], folder: str) -> tuple[int, str]:
    """The exit code, and the last line on standard error. It ends with this process, which alone
    holds the other end of its standard input."""
    paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
    # -P: ignore other checkouts in the folder
    command = [sys.executable, "-P", "-m", "train.spread.attended", *arguments]
    read, write = os.pipe()
    try:
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(
                command, stdin=read, stdout=subprocess.DEVNULL, stderr=errors,
                cwd=folder if Path(folder).is_dir() else None,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            ) as process:  # fmt: skip
                returned = process.wait()
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - LAST_WORDS))
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    finally:
        os.close(read)
        os.close(write)
    return returned, lines[-1].removeprefix("error: ") if lines else ""


def forget(key: str) -> None:
    """Deletes the folder of a run whose files have arrived."""
    shutil.rmtree(_home(key), ignore_errors=True)


def _home(key: str) -> Path:
    return cache_folder() / "jobs" / key


def _check(for_code: str) -> None:
    if code() != for_code:
        raise OtherCodeError(
            f"the worker {_here()} has a different version of tinykws, Python or a library"
        )


def _here() -> str:
    from distributed import get_worker

    return str(get_worker().address)
