"""A real Dask cluster of this computer: a scheduler and two workers, each a process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client

PROJECT = Path(__file__).resolve().parents[2]
LONG = 1_200  # seconds that nothing here takes, on the slowest computer


@dataclass
class Cluster:
    """`cache` is that of both workers, as on one machine or a shared disk."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    cache: Path

    def kill_whoever(self, pid: int) -> None:
        """As a machine dies: without a word."""
        (worker,) = [one for one in self.workers if one.pid == pid]
        worker.send_signal(signal.SIGKILL)
        worker.wait(LONG)


def until(condition: Callable[[], Any], while_runs: subprocess.Popen[Any] | None = None) -> Any:
    """What the condition becomes, as soon as it is true."""
    tick = threading.Event()
    for _ in range(10 * LONG):
        if found := condition():
            return found
        assert while_runs is None or while_runs.poll() is None, "ended before it came to that"
        tick.wait(0.1)
    raise AssertionError("it did not come to that")


@contextlib.contextmanager
def local_cluster(folder: Path) -> Iterator[Cluster]:
    cache = folder / "workers-cache"
    written = folder / "scheduler.json"
    environment = os.environ | {"TINYKWS_CACHE": str(cache), "PYTHONPATH": str(PROJECT)}
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(written)]
        with (folder / f"{arguments[0]}-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        started.append(process)
        return process

    try:
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until(written.exists, scheduler)
        once = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory")
        workers = [start("worker", *once, str(folder / f"worker-{n}")) for n in (1, 2)]
        address = json.loads(written.read_text())["address"]
        with Client(address, timeout=LONG, set_as_default=False) as client:
            client.wait_for_workers(len(workers), timeout=LONG)
        yield Cluster(address, workers, cache)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait(LONG)
