"""The plots of a report: forecast against fact, waterfall of drivers, forest of what was learnt.

Pure drawing of values that were computed elsewhere. Noise is hollow, dashed and grey. Must not know evidence, files or
formats.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from reflection.reports.plot_data import RatioRow, Ratios, Shares, Waterfall, WaterfallStep
from reflection.reports.svg import BAD, FAINT, GOOD, INK, MUTED, NOISE, PAPER, Canvas, Color, shorten
from reflection.reports.view import Plot

WIDTH = 760.0
_TICKS_ABOVE = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_TICKS_BELOW = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
_TICKS = (*_TICKS_BELOW, 1.0, *_TICKS_ABOVE)
_TICK_GAP = 58.0
_MARGIN = 1.08
_LEAST_SPAN = math.log(1.3)
_WIDEST = 100.0


def draw(plot: Plot) -> str:
    """A plot as one SVG element."""
    data, words = plot.data, _Words(plot.name, plot.title, plot.description)
    if isinstance(data, Ratios):
        return _ratios(words, data)
    return _waterfall(words, data) if isinstance(data, Waterfall) else _shares(words, data)


class _Words(NamedTuple):
    """What a drawing is called and says to a screen reader."""

    name: str
    title: str
    description: str

    def canvas(self, height: float) -> Canvas:
        return Canvas(self.name, WIDTH, height, title=self.title, description=self.description)


class _LogAxis:
    """A horizontal logarithmic axis around 1, from `left` to `right` pixels."""

    def __init__(self, values: Sequence[float], left: float, right: float) -> None:
        ratios = [min(max(value, 1 / _WIDEST), _WIDEST) for value in values if value > 0]
        low, high = min([1.0, *ratios]) / _MARGIN, max([1.0, *ratios]) * _MARGIN
        padding = max(0.0, _LEAST_SPAN - math.log(high / low)) / 2
        self._low, self._high = math.log(low) - padding, math.log(high) + padding
        self._left, self._right = left, right

    def x(self, ratio: float) -> float:
        share = (math.log(max(ratio, 1e-9)) - self._low) / (self._high - self._low)
        return self._left + min(max(share, 0.0), 1.0) * (self._right - self._left)

    def ticks(self) -> list[float]:
        """Round ratios that fit, at least `_TICK_GAP` apart, always with 1."""
        candidates = [tick for tick in _TICKS if self._low <= math.log(tick) <= self._high]
        ticks = [1.0]
        for tick in sorted(candidates, key=lambda value: abs(math.log(value))):
            if all(abs(self.x(tick) - self.x(other)) >= _TICK_GAP for other in ticks):
                ticks.append(tick)
        return sorted(ticks)


def _ratios(words: _Words, data: Ratios) -> str:
    rows = data.rows
    label_width, value_width, row_height, top = 190.0, 190.0, 46.0, 34.0
    bottom = top + row_height * len(rows)
    canvas = words.canvas(bottom + 34)
    bounds = [bound for row in rows for bound in (row.ratio, row.low, row.high, row.raw) if bound is not None]
    axis = _LogAxis(bounds, label_width, WIDTH - value_width)
    for tick in axis.ticks():
        at = axis.x(tick)
        canvas.line((at, top - 6), (at, bottom), color=INK if tick == 1 else FAINT, width=1.2 if tick == 1 else 1)
        label = data.origin if tick == 1 else f"{100 * (tick - 1):+z.0f} %"
        canvas.text((at, bottom + 18), label, size=11, color=INK if tick == 1 else MUTED, anchor="middle")
    for index, row in enumerate(rows):
        _ratio_row(canvas, axis, row, top + row_height * (index + 0.5))
    return canvas.render()


def _shares(words: _Words, data: Shares) -> str:
    rows, promise = data.rows, data.promise
    left, right, row_height, top = 230.0, WIDTH - 90.0, 40.0, 34.0
    bottom = top + row_height * len(rows)
    canvas = words.canvas(bottom + 34)

    def x(share: float) -> float:
        return left + min(max(share, 0.0), 1.0) * (right - left)

    for tick in (0.0, 0.25, 0.5, 0.75, promise):
        color = INK if tick == promise else FAINT
        canvas.line((x(tick), top - 6), (x(tick), bottom), color=color, width=1.2 if tick == promise else 1)
        label = f"promised {100 * tick:.0f} %" if tick == promise else f"{100 * tick:.0f} %"
        canvas.text((x(tick), bottom + 18), label, size=11, color=INK if tick == promise else MUTED, anchor="middle")
    for index, row in enumerate(rows):
        y = top + row_height * (index + 0.5)
        canvas.text((0, y - 2), shorten(row.label, 28), size=13, bold=True)
        canvas.text((0, y + 14), shorten(row.note, 34), size=11, color=MUTED)
        canvas.line((x(0.0), y), (x(row.share), y), color=NOISE, width=2)
        canvas.dot((x(row.share), y), 5.5)
        canvas.text((WIDTH, y + 4), row.value, size=13, bold=True, anchor="end")
    return canvas.render()


def _ratio_row(canvas: Canvas, axis: _LogAxis, row: RatioRow, y: float) -> None:
    color = _color(row.certain, row.favorable)
    canvas.text((0, y - 2), shorten(row.label, 23), size=13, bold=True)
    canvas.text((0, y + 14), shorten(row.note, 30), size=11, color=MUTED)
    if row.low is not None and row.high is not None:
        canvas.line((axis.x(row.low), y), (axis.x(row.high), y), color=color, width=2.5, dashed=not row.certain)
        for bound in (row.low, row.high):
            canvas.line((axis.x(bound), y - 5), (axis.x(bound), y + 5), color=color, width=1.5)
    if row.raw:
        canvas.diamond((axis.x(row.raw), y), 5.5)
    canvas.dot((axis.x(row.ratio), y), 5.5, color=color, hollow=not row.certain)
    canvas.text((WIDTH, y - 2), row.value, size=13, bold=True, anchor="end", color=INK if row.certain else MUTED)
    canvas.text((WIDTH, y + 14), row.remark, size=11, color=MUTED, anchor="end")


class _Columns:
    """Where the columns of a waterfall stand, and how high a value is in them."""

    top, bottom, left = 40.0, 250.0, 10.0

    def __init__(self, count: int, lowest: float, highest: float) -> None:
        self.slot = (WIDTH - 2 * self.left) / count
        self.bar = min(self.slot * 0.56, 84.0)
        self._lowest, self._scale = lowest, (self.bottom - self.top) / (highest - lowest)

    def x(self, index: int) -> float:
        return self.left + self.slot * (index + 0.5)

    def y(self, value: float) -> float:
        return self.bottom - (value - self._lowest) * self._scale


def _waterfall(words: _Words, data: Waterfall) -> str:
    start, end, steps = data.start, data.end, data.steps
    levels = _levels(start.value, steps)
    whiskers = [
        level + bound for level, step in zip(levels, steps, strict=False) for bound in step.interval or (0.0, step.part)
    ]
    highest = max([*levels, end.value, *whiskers]) * 1.02 or 1.0
    columns = _Columns(len(steps) + 2, min(0.0, *levels, *whiskers), highest)
    canvas = words.canvas(columns.bottom + 52)
    ground = columns.y(0)
    canvas.line((columns.left, ground), (WIDTH - columns.left, ground), color=INK)
    for index, side in ((0, start), (len(steps) + 1, end)):
        x, y = columns.x(index), columns.y(side.value)
        canvas.box((x - columns.bar / 2, y), (columns.bar, ground - y), fill=INK)
        _column_text(canvas, x, y - 8, columns.bottom, side.label, side.text, "")
    for index, step in enumerate(steps):
        _step_before(canvas, columns, index + 1, levels[index])
        _step(canvas, columns, columns.x(index + 1), levels[index : index + 2], step)
    _step_before(canvas, columns, len(steps) + 1, levels[-1])
    return canvas.render()


def _step_before(canvas: Canvas, columns: _Columns, index: int, level: float) -> None:
    """The dashed line from the column before, at the level where this one begins."""
    x, y = columns.x(index), columns.y(level)
    canvas.line((x - columns.slot + columns.bar / 2, y), (x - columns.bar / 2, y), color=MUTED, dashed=True)


def _step(canvas: Canvas, columns: _Columns, x: float, levels: Sequence[float], step: WaterfallStep) -> None:
    """One step's bar from level to level, with its whisker and its words."""
    before, after = (columns.y(level) for level in levels)
    color, tip = _color(step.certain, step.favorable), min(before, after)
    canvas.box(
        (x - columns.bar / 2, tip),
        (columns.bar, max(abs(before - after), 1.5)),
        fill=color if step.certain else PAPER,
        border=color,
        dashed=not step.certain,
    )
    if step.interval is not None and step.interval[0] < step.interval[1]:
        ends = [columns.y(levels[0] + bound) for bound in step.interval]
        canvas.line((x, ends[0]), (x, ends[1]), color=INK, width=1.5)
        for end in ends:
            canvas.line((x - 6, end), (x + 6, end), color=INK, width=1.5)
        tip = min(tip, *ends)
    _column_text(canvas, x, tip - 8, columns.bottom, step.label, step.text, "" if step.certain else "within noise")


def _levels(start: float, steps: Sequence[WaterfallStep]) -> list[float]:
    """The running total, from the start on."""
    levels = [start]
    for step in steps:
        levels.append(levels[-1] + step.part)
    return levels


def _column_text(canvas: Canvas, x: float, above: float, bottom: float, label: str, value: str, remark: str) -> None:
    canvas.text((x, max(above, 14)), value, size=13, bold=True, anchor="middle", color=MUTED if remark else INK)
    canvas.text((x, bottom + 20), shorten(label, 20), size=12, anchor="middle")
    canvas.text((x, bottom + 36), remark, size=11, color=MUTED, anchor="middle")


def _color(certain: bool, favorable: bool | None) -> Color:
    if not certain:
        return NOISE
    return INK if favorable is None else GOOD if favorable else BAD
