"""What a model is judged on, and all of its metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache
from train.data.corpus import Corpus, label_names
from train.features.examples import Examples, make_examples, make_hard_test
from train.judge.groups import false_accepts
from train.judge.metrics import metrics
from train.pages.report import Missed
from train.settings import DEVELOPMENT, Settings, judged_split
from train.settings.frontend import FrontendConfig
from train.settings.words import SILENCE
from train.spread.workers import kept_processes

SNRS = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB
LEVELS = (0.0, -10.0, -20.0, -30.0, -40.0, -50.0)  # dBFS
MISSED = 100  # misrecognized windows that can be played in the report
Scores = Callable[[NDArray[np.int8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Evaluation:
    """What a model is judged on: features at one int8 scale."""

    settings: Settings
    corpus: Corpus
    cache: Cache
    config: FrontendConfig
    role: str = DEVELOPMENT  # or TEST, which only train.test looks at

    @property
    def split(self) -> str:
        return judged_split(self.settings) if self.role == DEVELOPMENT else "test"

    def clean(self) -> Examples:
        return make_examples(self.settings, self.corpus, self.config, self.split, self.cache)

    def judge(self, scores: Scores) -> dict[str, Any]:
        """All metrics of a model that returns scores from 0 to 1."""
        labels = label_names(self.settings.data)
        examples = self.clean()
        found = metrics(scores(examples.features), examples, labels)
        with kept_processes():
            found["by_snr"] = {f"{snr:g}": self._hard(scores, snr=snr) for snr in SNRS}
            found["by_level"] = {f"{level:g}": self._hard(scores, level=level) for level in LEVELS}
        return found

    def _hard(self, scores: Scores, **how: float) -> float:
        examples = make_hard_test(
            self.settings, self.corpus, self.config, self.split, self.cache, **how
        )
        return float((scores(examples.features).argmax(axis=1) == examples.labels).mean())


def missed(evaluation: Evaluation, judge: Scores, labels: list[str]) -> list[Missed]:
    """Misrecognized windows: false accepts first, then the most confident ones."""
    examples = evaluation.clean()
    scores = judge(examples.features)
    predicted = scores.argmax(axis=1)
    wrong = np.flatnonzero(predicted != examples.labels)
    accepted = false_accepts(labels, examples.labels, predicted)
    wrong = wrong[np.lexsort((-scores[wrong].max(axis=1), ~accepted[wrong]))][:MISSED]
    return [
        Missed(
            samples=examples.window(int(i)),
            rate=evaluation.config.sample_rate,
            label=labels[examples.labels[i]],
            word=entry.label if (entry := examples.entries[i]) else SILENCE,
            predicted=labels[int(scores[i].argmax())],
            score=float(scores[i].max()),
            source=entry.source if entry else SILENCE,
            speaker=entry.speaker if entry else "nobody",
            path=str(entry.path) if entry and entry.path else "synthesized",
        )
        for i in wrong
    ]
