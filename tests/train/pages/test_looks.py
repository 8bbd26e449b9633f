"""Pages in a browser: on a phone, and at night."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tools.studio.conftest import browser, chromium  # noqa: F401
from tests.train.pages.test_report import invented
from train.judge.groups import KINDS
from train.mistakes import Clip
from train.models.cost import Cost
from train.pages.html import write_page
from train.pages.report import write_report
from train.tune.page import write_search_page
from train.tune.trials import Budgets, Trial

PHONE = {"width": 390, "height": 844}
# the width of a value's column, and its height in lines
FACTS = """() => [...document.querySelectorAll(".facts dd")].map((value) => [
    value.clientWidth,
    Math.round(value.clientHeight / parseFloat(getComputedStyle(value).lineHeight)),
])"""


@contextmanager
def shown(browser: Any, page: Path, **options: Any) -> Iterator[Any]:  # noqa: F811
    opened = browser.new_page(**options)
    try:
        opened.goto(page.as_uri())
        yield opened
    finally:
        opened.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    summary = [
        ("multiplications (MACs) per window", "3,112,448"),
        ("largest activations", "12,544 bytes in and out of a layer"),
    ]
    path = tmp_path / "report.html"
    write_report(path, dataclasses.replace(invented(), summary=summary))
    return path


@pytest.fixture
def search(tmp_path: Path) -> Path:
    cost = Cost(29_803, 2_400_506, 12_544)
    trials = [Trial(n, {}, {"model.family": "tcn"}, Path(), cost, "", 0.96, 1_200) for n in (0, 1)]
    path = tmp_path / "search.html"
    write_search_page(
        path, Budgets(40_000, 3_000_000, 20_000), trials, "python -m train.kws", "few"
    )
    return path


@pytest.mark.parametrize("name", ["report", "search"])
def test_on_a_phone_values_have_room(
    name: str,
    browser: Any,  # noqa: F811
    request: pytest.FixtureRequest,
) -> None:
    with shown(browser, request.getfixturevalue(name), viewport=PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        facts = page.evaluate(FACTS)
        assert facts and all(width > 250 for width, _ in facts)
        assert max(lines for _, lines in facts) <= 4


@pytest.mark.parametrize(("scheme", "filters"), [("dark", "invert(1)"), ("light", "none")])
def test_at_night_pictures_are_dark_where_it_is_quiet(
    scheme: str,
    filters: str,
    browser: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    silence = np.zeros(16_000, np.int16)
    groups = dict.fromkeys(KINDS, "all")
    quiet = np.full((40, 49), 255, np.uint8)  # white
    clip = Clip(silence, 16_000, quiet, "unknown", "seven", 0.9, groups, [], "studio", "1.wav")
    write_page(
        tmp_path / "mistakes.html", "mistakes.html.j2", title="errors", summary=[], kinds=KINDS,
        accepted=[], named=[], clips=[clip], left_out=0, tables={},
    )  # fmt: skip
    with shown(browser, tmp_path / "mistakes.html", color_scheme=scheme) as page:
        assert page.evaluate("getComputedStyle(document.querySelector('.clip img')).filter") == (
            filters
        )
