"""Months or weekdays in which everything does better or worse: which, by how much, and in which years or weeks.

Told under the control of findings: they must explain the metric better than single times that were special once, at
every look together, be discoveries among all of them, show in most turns and in two at least, and not be those in which
alone some signal ran. Neighbours are told as one. Must not know how the effect of one is fitted.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.metrics import METRICS
from reflection.domain.number_of import number_of
from reflection.domain.recurring_times import neighbours
from reflection.domain.results import Finding
from reflection.domain.scatter import BEYOND_NOISE
from reflection.domain.weights import Interval
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.columns.cycle import SEASON, Cycle, level_feature
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.findings.coincidence import Coincidence
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import MOST_IDS, SupportIndex
from reflection.stats.over_time import drift
from reflection.stats.quantiles import limits

FEWEST_TURNS = 2
"""Years, or weeks, that have to show it."""

SUSPECTED = 0.15
"""Probability of the other sign up to which an effect is suspected."""

TOLD = 2.0
"""Standard deviations from none at which an effect is mostly told: beyond its interval, as all are told together."""


@dataclass(frozen=True)
class Turn:
    """How some months of one year (or days of one week) did against its average, without what ran then, as a lift."""

    number: int
    lift: float
    campaigns: int


@dataclass(frozen=True, eq=False)
class Stretch:
    """Levels of a cycle one after the other, on one metric.

    Attributes:
        name: in words. effect, interval: lift against the average of all levels.
        lfsr: false-sign rate. turns: in which it was seen.
        here: campaigns that ran then, a mask. ids, against: of those that show it beyond noise, and the opposite.
        reason: why it is no finding, else in which turns it was seen. finding: whether it is one.
        settled_in: of what is suspected, how many turns more would tell if all are like these; None of the rest.
    """

    metric: str
    levels: tuple[int, ...]
    name: str
    effect: float
    interval: Interval
    lfsr: float
    turns: tuple[Turn, ...]
    here: NDArray[np.bool_]
    ids: tuple[str, ...]
    against: tuple[str, ...]
    reason: str
    finding: bool
    settled_in: int | None = None


class RecurringTimes:
    """What comes round in one fit.

    Args:
        cycle: its months, or its weekdays.
    """

    def __init__(
        self, fitted: FittedMetrics, support: SupportIndex, cycle: Cycle, floor: EvidenceFloor = FLOOR
    ) -> None:
        self._fitted, self._support, self._cycle, self._floor = fitted, support, cycle, floor
        self._table, self._coincidence = fitted.table, Coincidence(fitted.table)
        self._levels: dict[str, tuple[Floats, Floats]] = {}

    @cached_property
    def by_metric(self) -> dict[str, list[Stretch]]:
        """All levels, for every metric that goes with them; those told together as one."""
        group = drift.drift_group(self._cycle.group)
        return {
            metric: [self._stretch(metric, levels) for levels in self._stretches(metric)]
            for metric, one in self._fitted.metrics.items()
            if group in one.fit.log_step_factors
        }

    def findings(self) -> list[Finding]:
        """Those that may be told."""
        return [self._finding(one) for stretches in self.by_metric.values() for one in stretches if one.finding]

    def as_diagnostics(self) -> dict[str, list[dict[str, Any]]]:
        """Metric -> {months or weekdays, name, effect, interval, lfsr, finding, reason, campaigns} of all levels; of
        months also `years`."""
        return {metric: [self._row(one) for one in stretches] for metric, stretches in self.by_metric.items()}

    def _row(self, one: Stretch) -> dict[str, Any]:
        row = {
            "name": one.name, "effect": one.effect, "interval": list(one.interval), "lfsr": one.lfsr,
            "finding": one.finding, "reason": one.reason, "campaigns": int(one.here.sum()),
            "settled_in": one.settled_in,
        }  # fmt: skip
        return {**row, **self._places(one)}

    def _places(self, one: Stretch) -> dict[str, Any]:
        if self._cycle.group != SEASON:
            return {"weekdays": list(one.levels)}
        years = [{"year": turn.number, "lift": turn.lift, "campaigns": turn.campaigns} for turn in one.turns]
        return {"months": list(one.levels), "years": years}

    def _stretches(self, metric: str) -> list[list[int]]:
        """The levels in their order, those one after the other joined that are beyond chance in one direction."""
        discoveries, effects = self._fitted.discoveries(metric), self._fitted.effects(metric)
        signs = {}
        for level in self._cycle.levels:
            column = effects.layout.column(level_feature(self._cycle.group, level))
            if column is not None:
                clear = discoveries.selected[column] and not effects.low[column] <= 0.0 <= effects.high[column]
                signs[level] = int(np.sign(effects.mean[column])) if clear else 0
        return neighbours(signs, self._cycle.size)

    def _stretch(self, metric: str, levels: Sequence[int]) -> Stretch:
        effects, discoveries = self._fitted.effects(metric), self._fitted.discoveries(metric)
        columns = [effects.layout.features.index(level_feature(self._cycle.group, level)) for level in levels]
        draws = effects.draws[columns].astype(np.float64).mean(axis=0)
        low, high = (float(limit[0]) for limit in limits(draws[None]))
        effect = float(effects.mean[columns].mean())
        here, turn = self._cycle.ran(self._table.campaigns, levels)
        level, noise = self._of_time(metric)
        sign = 1.0 if effect >= 0 else -1.0
        turns = tuple(_turns(turn[here], level[here], noise[here]))
        ids, wrong = self._table.campaigns.ids, float((sign * draws <= 0).mean())
        clear = bool(discoveries.selected[columns].all()) and not low <= 0.0 <= high
        doubt = self._doubt(metric, sign, turns, here) if clear else "not enough evidence"
        more = None if clear else turns_more(effect, float(draws.std()), wrong, len(turns))
        if more is not None:
            doubt = f"we cannot tell yet: {self._more(levels, turns, more)} would settle it, if it stays like this"
        return Stretch(
            metric=metric,
            levels=tuple(levels),
            name=self._cycle.named(levels),
            effect=math.exp(effect),
            interval=(math.exp(low), math.exp(high)),
            lfsr=max(float(discoveries.lfsr[columns].max()), wrong),
            turns=turns,
            here=here,
            ids=tuple(ids[here & (sign * level > BEYOND_NOISE * noise)].tolist()),
            against=tuple(ids[here & (sign * level < -BEYOND_NOISE * noise)].tolist()),
            reason=doubt or f"seen in {self._by_turn(sign, turns)}",
            finding=doubt is None,
            settled_in=more,
        )

    def _more(self, levels: Sequence[int], turns: Sequence[Turn], more: int) -> str:
        """So many turns more in words; of years also until when."""
        turn = number_of(more, f"more {self._cycle.turn}")
        if self._cycle.group != SEASON:
            return turn
        return f"{turn} (until {self._cycle.named(levels[-1:])} {max(one.number for one in turns) + more})"

    def _doubt(self, metric: str, sign: float, turns: Sequence[Turn], here: NDArray[np.bool_]) -> str | None:
        """Why some levels that are beyond chance are no finding."""
        beside = self._coincidence.companions(here)
        if beside:
            return f"cannot be told from {', '.join(beside)}, which mostly ran then and hardly at other times"
        agree = _agreeing(sign, turns)
        if agree < FEWEST_TURNS or 2 * agree <= len(turns):
            return f"not the same in every {self._cycle.turn}: seen in {self._by_turn(sign, turns)}"
        units = self._table.campaigns.number_of_real(here)
        if units < self._floor.campaigns or not reaches_floor(self._fitted, metric, self._floor, here, ~here):
            return "not enough evidence: too few campaigns or events at these times, or at the others"
        return None

    def _by_turn(self, sign: float, turns: Sequence[Turn]) -> str:
        """In how many turns; years are few enough to be told one by one."""
        if self._cycle.group != SEASON:
            return f"{_agreeing(sign, turns)} of {len(turns)} {self._cycle.turn}s"
        alone = ", ".join(f"{one.number} {rounded_lift(one.lift)}" for one in turns)
        return f"{len(turns)} {self._cycle.turn}{'s' if len(turns) > 1 else ''} (taken alone: {alone})"

    def _of_time(self, metric: str) -> tuple[Floats, Floats]:
        """Log of each campaign over what all but its time explains, NaN where nothing is said, and its noise."""
        if metric not in self._levels:
            effects, cycle = self._fitted.effects(metric), self._cycle
            features = (*(level_feature(cycle.group, level) for level in cycle.levels), *cycle.singles)
            columns = [effects.layout.column(feature) for feature in features]
            means = np.array([0.0 if column is None else float(effects.mean[column]) for column in columns])
            first = np.searchsorted(self._table.campaign, np.arange(len(self._table)))
            above, noise = self._support.deviations(metric)
            self._levels[metric] = above + (cycle.columns(self._table) @ means)[first], noise
        return self._levels[metric]

    def _finding(self, one: Stretch) -> Finding:
        metric, lift, cycle = one.metric, one.effect, self._cycle
        label = METRICS[one.metric].label
        side, average = "above" if lift > 1 else "below", f"the {cycle.turn}'s average"
        key = f"{cycle.group}:" + "-".join(f"{level:02d}" for level in one.levels)
        return over_time(
            self._table,
            metric,
            lift,
            one.interval,
            one.lfsr,
            one.here,
            finding_id=finding_id(cycle.group, key, metric),
            title=f"{one.name}: {label} {rounded_lift(lift)} against {average}",
            description=(
                f"{one.name}: {label} {abs(100 * (lift - 1)):.0f} % {side} {average} (90 % interval "
                f"{rounded_lifts(one.interval)}), {one.reason}."
            ),
            signal_key=key,
            metadata={
                "kind": cycle.group,
                "label": one.name,
                "sides": [len(one.ids), len(one.against)],
                **self._places(one),
            },
            supporting=one.ids[:MOST_IDS],
            contradicting=one.against[:MOST_IDS],
        )


def turns_more(effect: float, sd: float, wrong: float, turns: int) -> int | None:
    """How many turns more would tell of an effect that is suspected, if it is as large as it looks: the error goes with
    one over the root of their number. None where nothing is suspected, or it would take too many.

    Args:
        effect, sd: log scale. wrong: probability that its sign is another. turns: in which it was seen.
    """
    if wrong > SUSPECTED or not turns or effect == 0.0:
        return None
    more = max(math.ceil(turns * (TOLD * sd / effect) ** 2) - turns, 1)
    return more if more <= turns else None


def _turns(turn: Ints, level: Floats, noise: Floats) -> Iterator[Turn]:
    """Each turn's campaigns together, weighted by what their noise leaves of them."""
    for number in np.unique(turn).tolist():
        own = (turn == number) & ~np.isnan(level)
        if own.any():
            lift = math.exp(float(np.average(level[own], weights=1.0 / np.maximum(noise[own], 1e-6) ** 2)))
            yield Turn(number, lift, int(own.sum()))


def _agreeing(sign: float, turns: Sequence[Turn]) -> int:
    return sum(sign * math.log(turn.lift) > 0 for turn in turns)
