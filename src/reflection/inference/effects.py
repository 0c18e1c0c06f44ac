"""Effects as a table people read: every signal on every metric, before and after weighing, with what it rests on.

Turns fits into `Effect` rows. An effect is a finding when adaptive shrinkage selects it (share of false findings at
most 10 %, however often somebody looks, its own false-sign rate at most that: stats/honesty/false_discovery.py) and
its own 90 % interval excludes "no effect". And only where it was seen often enough: three campaigns and thirty
events, say. Must not know findings' words or stores.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.grade import Grade
from reflection.domain.knowledge import Effect
from reflection.domain.number_of import number_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.raw_lifts import RawLifts
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.trials.experiments import Trials
from reflection.stats.honesty.false_discovery import Discoveries, Verdict
from reflection.stats.posterior.empirical_bayes import Effects
from reflection.stats.sums.columns import FREE_MARK, INTERCEPT, Feature, Layout

FEW = 8
FLOOR = EvidenceFloor()


def effect_rows(fitted: FittedMetrics, floor: EvidenceFloor = FLOOR) -> tuple[Effect, ...]:
    """Every signal on every metric, aliases included, sorted by metric and signal.

    Args:
        floor: evidence that a finding needs at least.
    """
    raw_lifts = fitted.raw
    stands_for: dict[str, list[str]] = {}
    for alias, key in fitted.table.aliases.items():
        stands_for.setdefault(key, []).append(alias)
    rows = []
    signals_of = _signal_columns(fitted.layout, fitted.table)
    for metric in fitted.names():
        discoveries = fitted.discoveries(metric)
        display = _Display.of(fitted.effects(metric), discoveries)
        for column, unstated in signals_of:
            row = _row(column, metric, display, discoveries, raw_lifts, stands_for, floor, unstated=unstated)
            row = _graded(row, fitted.trials)
            rows.append(row)
            rows += [_alias_row(row, alias) for alias in stands_for.get(row.signal, [])]
    return tuple(sorted(rows, key=lambda row: (row.metric, row.signal)))


def _graded(row: Effect, trials: Trials) -> Effect:
    """The row with the experiments that tested it."""
    feature = Feature(row.group, row.signal.partition(":")[2])
    experiments = trials.experiments(feature, row.metric) if trials.tested else ()
    if not experiments:
        return row
    grade: Grade = "randomised" if trials.randomised(feature, row.metric) else "observed"
    return replace(row, grade=grade, experiments=experiments)


@dataclass(frozen=True, slots=True)
class _Display:
    """What is shown of the effects on one metric, by column: lift with its interval, probability, false-sign rate.

    The rate is the one that findings are chosen by, and never below the chance of the other sign that the interval has.
    """

    layout: Layout
    lift: list[float]
    low: list[float]
    high: list[float]
    above: list[float]
    lfsr: list[float]

    @classmethod
    def of(cls, effects: Effects, discoveries: Discoveries) -> "_Display":
        """All columns at once."""
        lift, low, high = (np.exp(values).tolist() for values in (effects.mean, effects.low, effects.high))
        twice = _count(effects.draws > 0) + _count(effects.draws >= 0)
        above = 0.5 * twice / effects.draws.shape[1]
        rates = np.maximum(discoveries.lfsr, np.minimum(above, 1 - above))
        return cls(effects.layout, lift, low, high, above.tolist(), rates.tolist())


def _count(true: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of each row; with an axis, NumPy counts twenty times as long."""
    return np.array([np.count_nonzero(row) for row in true], dtype=np.int64)


def _signal_columns(layout: Layout, table: Dataset) -> list[tuple[int, bool]]:
    """Columns of signals that were seen, not the intercept, not the drift steps; and whether each stands where nothing
    was said.
    """
    unseen = set(table.unseen)
    return [
        (i, signals.is_unstated(str(f)))
        for i, f in enumerate(layout.features)
        if f != INTERCEPT and not f.group.startswith(FREE_MARK) and f not in unseen
    ]


def _row(
    column: int,
    metric: str,
    display: _Display,
    discoveries: Discoveries,
    raw_lifts: RawLifts,
    stands_for: Mapping[str, list[str]],
    floor: EvidenceFloor,
    *,
    unstated: bool,
) -> Effect:
    feature, lift, lfsr = display.layout.features[column], display.lift[column], display.lfsr[column]
    key = str(feature)
    low, high, above = display.low[column], display.high[column], display.above[column]
    beyond_noise = bool(discoveries.selected[column]) and not low <= 1.0 <= high
    beyond_noise = beyond_noise and not unstated  # nothing was said: of nothing
    real, rows, events = raw_lifts.evidence(feature, metric)
    finding = bool(beyond_noise and real >= floor.campaigns and events >= floor.events)
    within = raw_lifts.only_campaign(feature) if beyond_noise and real == 1 and events >= floor.events else None
    raw = raw_lifts.raw_lift(feature, metric)
    campaigns = raw_lifts.campaigns(feature)
    reason = (
        "it stands where nothing was said"
        if unstated
        else _too_little(real, events, floor)
        if beyond_noise and not finding
        else _reason(finding, discoveries.verdict(column), lift, raw, real)
    )
    return Effect(
        signal=key,
        group=feature.group,
        metric=metric,
        raw_lift=raw,
        effect=lift,
        interval=(low, high),
        probability=max(above, 1 - above),
        lfsr=lfsr,
        campaigns=round(campaigns, 3),
        spend=raw_lifts.spend_with(feature),
        finding=finding,
        reason=reason + _beside(stands_for.get(key, [])),
        real_campaigns=real,
        rows=rows,
        events=events,
        within=within,
    )


def _too_little(real: int, events: float, floor: EvidenceFloor) -> str:
    """Why what is beyond noise is no finding all the same."""
    if real == 1:
        return "seen in one campaign only: it holds within that campaign and says nothing of others"
    return (
        f"not enough evidence: seen in {number_of(real, 'campaign')} with {number_of(events, 'event')}, a "
        f"finding needs {number_of(floor.campaigns, 'campaign')} and {number_of(floor.events, 'event')}"
    )


def _alias_row(row: Effect, alias: str) -> Effect:
    return replace(
        row,
        signal=alias,
        group=alias.partition(":")[0],
        finding=False,
        within=None,
        reason=f"always comes together with {_labels([row.signal])}; the effect is stated there",
    )


def _beside(aliases: list[str]) -> str:
    """What a signal cannot be told apart from; nothing where it stands alone."""
    if not aliases:
        return ""
    always = "comes" if len(aliases) == 1 else "come"
    return f"; cannot be told apart from {_labels(aliases)}, which always {always} together with it"


def _labels(keys: Iterable[str]) -> str:
    return ", ".join(signals.parse(key).label for key in sorted(keys))


def _reason(finding: bool, verdict: Verdict, lift: float, raw: float | None, campaigns: int) -> str:
    if finding:
        return "beyond noise"
    if verdict is not Verdict.FINDING and verdict is not Verdict.UNCERTAIN:
        return verdict.value
    text = "not enough evidence"
    if raw is None:
        return text
    if not (raw <= 0 or abs(math.log(raw)) > abs(math.log(lift)) + 0.02):
        return text
    where = "one campaign" if campaigns == 1 else f"{campaigns} campaigns"
    why = f"it was seen in {where} only" if campaigns < FEW else "other things ran with it, or chance makes as much"
    return f"{text}: {raw - 1:+z.0%} by the plain ratio, {lift - 1:+z.0%} after weighing, because {why}".replace(
        "%", " %"
    )
