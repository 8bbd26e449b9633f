"""Uses all cores: pieces of work in separate processes, results in order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from train.spread.progress import Progress

Task = TypeVar("Task")
Result = TypeVar("Result")
FEWEST = 8  # fewest pieces for which to start processes, which takes a second or two


class Helpers(Protocol):
    """Helpers that do pieces of work: the workers of train/spread/cluster.py."""

    @property
    def ahead(self) -> int:
        """Number of pieces that they should have before the first result is read."""

    def submit(self, work: Callable[[Any], Any], task: Any) -> Any:
        """Submits a piece; returns an object with result()."""


# not an argument: features are needed in many places that do not care who computes them
_helpers: ContextVar[Helpers | None] = ContextVar("helpers", default=None)
_kept: ContextVar[ProcessPoolExecutor | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def helped_by(helpers: Helpers | None) -> Iterator[None]:
    """In this context pieces are done by `others`, if given, instead of by local processes."""
    token = _helpers.set(helpers)
    try:
        yield
    finally:
        _helpers.reset(token)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def kept_processes() -> Iterator[None]:
    """In this context the processes are reused from job to job: for many jobs of a few seconds."""
    with _processes() as pool:
        token = _kept.set(pool)
        try:
            yield
        finally:
            _kept.reset(token)


@contextlib.contextmanager
def _processes() -> Iterator[ProcessPoolExecutor]:
    """One process per core, started when the first piece arrives."""
    if kept := _kept.get():
        yield kept
        return
    # spawned, because TensorFlow's threads would not survive a fork
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(cores(), context, initializer=_start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_parallel(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    what: str,
    weights: Sequence[int] | None = None,
    unit: str = "clips",
) -> Iterator[Result]:
    """`work(task)` for each task, in order; progress is counted in `weights`. Both `work` and the
    tasks are pickled."""
    weights = weights or [1] * len(tasks)
    progress = Progress(what, sum(weights), unit)
    try:
        for weight, result in zip(weights, _results(work, tasks), strict=True):
            progress.add(weight)
            yield result
    finally:
        progress.close()


def _results(work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    if helpers := _helpers.get():
        yield from _windowed(helpers.submit, helpers.ahead, work, tasks)
        return
    if cores() == 1 or len(tasks) < FEWEST:
        yield from map(work, tasks)
        return
    with _processes() as pool:
        yield from _windowed(pool.submit, 4 * cores(), work, tasks)


def _windowed(
    submit: Callable[[Callable[[Task], Result], Task], Any],
    ahead: int,
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
) -> Iterator[Result]:
    """Stays only a few tasks ahead of the reader, so that results do not pile up in memory."""
    futures: list[Any] = [submit(work, task) for task in tasks[:ahead]]
    for index in range(len(tasks)):
        if ahead + index < len(tasks):
            futures.append(submit(work, tasks[ahead + index]))
        result: Result = futures[index].result()
        futures[index] = None
        yield result


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, and ends when the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
