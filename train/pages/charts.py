"""Line charts as inline SVG for pages; the style sheet defines the colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

WIDTH, HEIGHT = 440, 270  # small, so that the text stays readable when a phone scales it down
LEFT, RIGHT, BOTTOM = 62, 24, 46
LEGEND, ROW, LETTER = 34, 15, 6.6  # heights of the legend and of a row of names; width of a letter


@dataclass(frozen=True)
class Axis:
    title: str
    low: float
    high: float
    ticks: Sequence[float]
    percent: bool = False


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    note: str = ""  # tooltip
    radius: float = 0.0  # 0 draws only the line
    label: str = ""  # shown next to it


@dataclass(frozen=True)
class Series:
    name: str
    style: str  # CSS class for its colour
    lines: Sequence[Sequence[Dot]]


@dataclass(frozen=True)
class Stage:
    """A named part of the x axis; a line marks where it begins."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class _Plot:
    """The position of a value in the drawing."""

    x: Axis
    y: Axis
    top: float

    def across(self, value: float) -> str:
        share = (value - self.x.low) / (self.x.high - self.x.low)
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"

    def down(self, value: float) -> str:
        share = (value - self.y.low) / (self.y.high - self.y.low)
        return f"{HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - self.top):.1f}"


def round_ticks(low: float, high: float) -> list[float]:
    """3 to 7 round numbers that enclose a range."""
    if high <= low:
        low = high - (abs(high) / 10 or 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    # rounded first: 0.3 / 0.1 is less than 3
    first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
    return [round(i * step, 12) for i in range(first, last + 1)]


def round_axis(title: str, low: float, high: float, *, percent: bool = False) -> Axis:
    ticks = round_ticks(low, high)
    return Axis(title, ticks[0], ticks[-1], ticks, percent)


def line_chart(
    key: str,
    title: str,
    description: str,
    axes: tuple[Axis, Axis],
    series: Sequence[Series],
    *,
    stages: Sequence[Stage] = (),
    diagonal: bool = False,
    legend: bool = True,
) -> Markup:
    """An SVG element; `key` is unique in the page. If there are many series, the legend is
    elsewhere."""
    names, rows = _stage_names(stages, _Plot(*axes, top=0))
    plot = _Plot(*axes, top=(LEGEND if legend else ROW) + ROW * rows)
    parts = [
        Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>').format(
            key, title, description
        ),
        _x_axis(plot),
        _y_axis(plot),
        *names,
        *(_border(plot, stage.low) for stage in stages[1:]),
    ]
    if diagonal:
        parts.append(_line("diagonal", plot, (plot.x.low, plot.y.low), (plot.x.high, plot.y.high)))
    parts += [_series(plot, one) for one in series]
    if legend:
        parts.append(_legend(series))
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {} {}" '
        'aria-labelledby="{key}-title {key}-desc">\n{}\n</svg>'
    ).format(WIDTH, HEIGHT, Markup("\n").join(parts), key=key)


def _x_axis(plot: _Plot) -> Markup:
    base = HEIGHT - BOTTOM
    marks = [
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
            plot.across(tick), base + 18, text
        )
        for tick, text in zip(plot.x.ticks, _tick_texts(plot.x), strict=True)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    title = Markup('<text class="name" x="{}" y="{}" text-anchor="middle">{}</text>').format(
        middle, HEIGHT - 8, plot.x.title
    )
    return Markup("").join([*marks, title])


def _y_axis(plot: _Plot) -> Markup:
    marks = []
    for tick, text in zip(plot.y.ticks, _tick_texts(plot.y), strict=True):
        marks.append(_line("grid", plot, (plot.x.low, tick), (plot.x.high, tick)))
        marks.append(
            Markup('<text x="{}" y="{}" dy="0.35em" text-anchor="end">{}</text>').format(
                LEFT - 8, plot.down(tick), text
            )
        )
    middle = (plot.top + HEIGHT - BOTTOM) / 2
    title = Markup(
        '<text class="name" transform="translate(13 {:.1f}) rotate(-90)" '
        'text-anchor="middle">{}</text>'
    ).format(middle, plot.y.title)
    return Markup("").join([*marks, title])


def _tick_texts(axis: Axis) -> list[str]:
    """Numbers with as many digits as their distance requires."""
    values = [tick * 100 if axis.percent else tick for tick in axis.ticks]
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    unit = "\N{NO-BREAK SPACE}%" if axis.percent else ""
    return [minus(f"{value:.{digits}f}") + unit for value in values]


def minus(number: str) -> str:
    """With a minus sign that is as wide as a plus."""
    return number.replace("-", "\N{MINUS SIGN}")


def _line(style: str, plot: _Plot, start: tuple[float, float], end: tuple[float, float]) -> Markup:
    (x1, y1), (x2, y2) = start, end
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        style, plot.across(x1), plot.down(y1), plot.across(x2), plot.down(y2)
    )


def _border(plot: _Plot, x: float) -> Markup:
    return _line("border", plot, (x, plot.y.low), (x, plot.y.high))


def _series(plot: _Plot, series: Series) -> Markup:
    parts = []
    for line in series.lines:
        points = " ".join(f"{plot.across(dot.x)},{plot.down(dot.y)}" for dot in line)
        parts.append(Markup('<polyline points="{}"/>').format(points))
        # a line with one point is invisible
        radius = 2.5 if len(line) == 1 else 0.0
        parts += [_dot(plot, dot, dot.radius or radius) for dot in line if dot.radius or radius]
        parts += [_beside(plot, dot) for dot in line if dot.label]
    return Markup('<g class="{}">{}</g>').format(series.style, Markup("").join(parts))


def _dot(plot: _Plot, dot: Dot, radius: float) -> Markup:
    note = Markup("<title>{}</title>").format(dot.note) if dot.note else ""
    return Markup('<circle cx="{}" cy="{}" r="{:.1f}">{}</circle>').format(
        plot.across(dot.x), plot.down(dot.y), radius, note
    )


def _beside(plot: _Plot, dot: Dot) -> Markup:
    return Markup('<text class="name" x="{:.1f}" y="{}" dy="-0.5em">{}</text>').format(
        float(plot.across(dot.x)) + 6, plot.down(dot.y), dot.label
    )


def _legend(series: Iterable[Series]) -> Markup:
    parts, x = [], float(LEFT)
    for one in series:
        parts.append(
            Markup(
                '<g class="{}"><polyline points="{:.1f},12 {:.1f},12"/></g>'
                '<text class="name" x="{:.1f}" y="12" dy="0.35em">{}</text>'
            ).format(one.style, x, x + 24, x + 30, one.name)
        )
        x += 48 + LETTER * len(one.name)
    return Markup("").join(parts)


def _stage_names(stages: Sequence[Stage], plot: _Plot) -> tuple[list[Markup], int]:
    """The names above the plot, and how many rows they need; short stages need several."""
    ends: list[float] = []  # where each row is free
    parts = []
    for stage in stages:
        half = LETTER * len(stage.name) / 2
        middle = float(plot.across((stage.low + stage.high) / 2))
        middle = min(max(middle, LEFT + half), WIDTH - half)
        row = next((i for i, end in enumerate(ends) if middle - half > end), len(ends))
        ends[row : row + 1] = [middle + half + LETTER]
        parts.append(
            Markup('<text class="stage" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                middle, LEGEND + ROW * row, stage.name
            )
        )
    return parts, len(ends)
