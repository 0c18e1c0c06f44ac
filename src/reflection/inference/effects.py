"""Effects as a table people read: every signal on every metric, before and after weighing, with what it rests on.

Turns fits into `Effect` rows. An effect is a finding when adaptive shrinkage selects it (share of false findings at
most 10 %) and its own 90 % interval excludes "no effect": the selection alone lets weak effects ride on strong ones.
Must not know findings' words or stores.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from reflection.domain import signals
from reflection.domain.knowledge import Effect
from reflection.inference.dataset import Dataset, Floats
from reflection.inference.fit import FittedMetrics, counts_of
from reflection.stats.columns import FREE_MARK, INTERCEPT, Feature, Layout
from reflection.stats.empirical_bayes import Effects
from reflection.stats.false_discovery import Discoveries, Verdict

FEW = 8.0


class RawLifts:
    """Raw sums behind every feature: effective campaigns, spend, and share-weighted numerators and denominators."""

    def __init__(self, table: Dataset) -> None:
        self._table = table
        self._column = {feature: column for column, feature in enumerate(table.features)}
        self._raw: dict[str, Floats] = {}

    @cached_property
    def _campaigns(self) -> Floats:
        table = self._table
        counted = ~np.isnan(table.by_campaign(table.impressions))[table.campaign]
        shown = np.where(counted, np.nan_to_num(table.impressions), 1.0)  # cells alike where nobody counted
        total = np.bincount(table.campaign, shown, minlength=len(table))[table.campaign]
        weight = np.divide(shown, total, out=np.zeros(len(total)), where=total > 0)
        return np.asarray(table.shares.T @ weight)

    @cached_property
    def _spend(self) -> Floats:
        return np.asarray(self._table.shares.T @ np.nan_to_num(self._table.spend))

    def campaigns(self, feature: Feature) -> float:
        """Effective number of campaigns: the sum over campaigns of the share of impressions with the feature."""
        return float(self._campaigns[self._column[feature]])

    def spend(self, feature: Feature) -> float | None:
        """Share-weighted spend in the table's currency; None where no amount is known."""
        if np.isnan(self._table.spend).all():
            return None
        return float(self._spend[self._column[feature]])

    def raw_lift(self, feature: Feature, metric: str) -> float | None:
        """Ratio of sums with the feature over the ratio of all sums: what one sees without any model."""
        if metric not in self._raw:
            self._raw[metric] = self._raw_lifts(metric)
        lift = float(self._raw[metric][self._column[feature]])
        return None if np.isnan(lift) else lift

    def _raw_lifts(self, metric: str) -> Floats:
        x, n = counts_of(metric, self._table)
        known = ~np.isnan(x) & ~np.isnan(n)
        x, n = np.where(known, x, 0.0), np.where(known, n, 0.0)
        top, bottom = self._table.shares.T @ x, self._table.shares.T @ n
        if x.sum() <= 0 or n.sum() <= 0:
            return np.full(len(top), np.nan)
        ratio = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
        return np.asarray(ratio / (x.sum() / n.sum()))


def effect_rows(fitted: FittedMetrics) -> tuple[Effect, ...]:
    """Every signal on every metric, aliases included, sorted by metric and signal."""
    raw_lifts = RawLifts(fitted.table)
    stands_for: dict[str, list[str]] = {}
    for alias, key in fitted.table.aliases.items():
        stands_for.setdefault(key, []).append(alias)
    rows = []
    for metric in fitted.names():
        effects, found = fitted.effects(metric), fitted.discoveries(metric)
        for column in _signal_columns(fitted.layout):
            row = _row(column, metric, effects, found, raw_lifts, stands_for)
            rows.append(row)
            rows += [_alias_row(row, alias) for alias in stands_for.get(row.signal, [])]
    return tuple(sorted(rows, key=lambda row: (row.metric, row.signal)))


def _signal_columns(layout: Layout) -> list[int]:
    """Columns of signals: not the intercept, not the drift steps."""
    return [i for i, f in enumerate(layout.features) if f != INTERCEPT and not f.group.startswith(FREE_MARK)]


def _row(
    column: int,
    metric: str,
    effects: Effects,
    found: Discoveries,
    raw_lifts: RawLifts,
    stands_for: Mapping[str, list[str]],
) -> Effect:
    feature = effects.layout.features[column]
    low, high = float(np.exp(effects.low[column])), float(np.exp(effects.high[column]))
    draws = effects.draws[column]
    above = float((draws > 0).mean() + 0.5 * (draws == 0).mean())
    finding = bool(found.selected[column]) and not low <= 1.0 <= high
    lift, raw = float(np.exp(effects.mean[column])), raw_lifts.raw_lift(feature, metric)
    campaigns = raw_lifts.campaigns(feature)
    reason = _reason(finding, found.verdict(column), lift, raw, campaigns)
    aliases = stands_for.get(str(feature), [])
    if aliases:
        reason += f"; cannot be told apart from {_labels(aliases)}, which always come together with it"
    return Effect(
        signal=str(feature),
        group=feature.group,
        metric=metric,
        raw_lift=raw,
        effect=lift,
        interval=(low, high),
        probability=max(above, 1 - above),
        lfsr=float(found.lfsr[column]),
        campaigns=round(campaigns, 3),
        spend=raw_lifts.spend(feature),
        finding=finding,
        reason=reason,
    )


def _alias_row(row: Effect, alias: str) -> Effect:
    return Effect(
        signal=alias,
        group=alias.partition(":")[0],
        metric=row.metric,
        raw_lift=row.raw_lift,
        effect=row.effect,
        interval=row.interval,
        probability=row.probability,
        lfsr=row.lfsr,
        campaigns=row.campaigns,
        spend=row.spend,
        finding=False,
        reason=f"always comes together with {_labels([row.signal])}; the effect is stated there",
    )


def _labels(keys: Iterable[str]) -> str:
    return ", ".join(signals.parse(key).label for key in sorted(keys))


def _reason(finding: bool, verdict: Verdict, lift: float, raw: float | None, campaigns: float) -> str:
    if finding:
        return "beyond noise"
    if verdict is not Verdict.FINDING and verdict is not Verdict.UNCERTAIN:
        return verdict.value
    text = "not enough evidence"
    if raw is None:
        return text
    if not (raw <= 0 or abs(np.log(raw)) > abs(np.log(lift)) + 0.02):
        return text
    worth = "under 0.1 campaigns" if campaigns < 0.05 else f"{campaigns:.1f} campaigns"
    why = (
        f"it rests on the worth of {worth}" if campaigns < FEW else "other things ran with it, or chance makes as much"
    )
    return f"{text}: {raw - 1:+.0%} by the plain ratio, {lift - 1:+.0%} after weighing, because {why}".replace(
        "%", " %"
    )
