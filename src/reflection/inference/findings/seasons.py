"""Times of the year in which everything does better or worse: which months, by how much, and in which years.

Told under the control of findings: months must explain the metric better than single months that were special once, at
every look together, be discoveries among all months, show in two years at least, and not be those in which alone some
signal ran. Months one after the other are told as one. Must not know how a month's effect is fitted.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.domain.time_of_year import named
from reflection.domain.weights import Interval
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.campaign_columns import NOT_STATED, Floats, Ints
from reflection.inference.findings.common import finding_id, impact, is_favorable
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.findings.told_apart import ToldApart
from reflection.inference.fit import FittedMetrics
from reflection.inference.support import BEYOND_NOISE, MOST_IDS, SupportIndex
from reflection.inference.time_of_year import SEASON, TWICE, month_feature, month_shares, single_feature
from reflection.stats import drift
from reflection.stats.quantiles import limits

MOSTLY = 0.5
"""Share of a campaign's days in some months from which on it ran in them."""

_YEAR = 12


@dataclass(frozen=True)
class SeasonYear:
    """How some months of one year did against the year's average, without what ran then, as a lift."""

    year: int
    lift: float
    campaigns: int


@dataclass(frozen=True, eq=False)
class Season:
    """Some months one after the other on one metric.

    Attributes:
        months: 1 to 12 each. effect, interval: lift against the average of the year's months.
        lfsr: false-sign rate. years: in which it was seen.
        here: campaigns that ran then, a mask. ids, against: of those that show it beyond noise, and the opposite.
        reason: why it is no finding; None where it is one.
    """

    metric: str
    months: tuple[int, ...]
    effect: float
    interval: Interval
    lfsr: float
    years: tuple[SeasonYear, ...]
    here: NDArray[np.bool_]
    ids: tuple[str, ...]
    against: tuple[str, ...]
    reason: str | None

    @property
    def name(self) -> str:
        """Its months in words."""
        return named(list(self.months))


class Seasons:
    """The times of the year of one fit."""

    def __init__(self, fitted: FittedMetrics, support: SupportIndex, floor: EvidenceFloor = FLOOR) -> None:
        self._fitted, self._support, self._floor = fitted, support, floor
        self._table, self._apart = fitted.table, ToldApart(fitted.table)
        self._months = fitted.design.calendar.months

    @cached_property
    def by_metric(self) -> dict[str, list[Season]]:
        """The year's months of every metric that has a season, those told together as one."""
        group = drift.drift_group(SEASON)
        return {
            metric: [self._season(metric, months) for months in self._stretches(metric)]
            for metric, one in self._fitted.metrics.items()
            if group in one.fit.log_step_factors
        }

    def findings(self) -> list[Finding]:
        """Those that may be told."""
        return [self._finding(one) for seasons in self.by_metric.values() for one in seasons if one.reason is None]

    def as_diagnostics(self) -> dict[str, list[dict[str, Any]]]:
        """Metric -> {months, name, effect, interval, lfsr, finding, reason, years, campaigns} of parts of the year."""
        return {
            metric: [
                {
                    "months": list(one.months), "name": one.name, "effect": one.effect, "interval": list(one.interval),
                    "lfsr": one.lfsr, "finding": one.reason is None, "reason": one.reason or _seen_in(one.years),
                    "years": [asdict(year) for year in one.years], "campaigns": int(one.here.sum()),
                }
                for one in seasons
            ]
            for metric, seasons in self.by_metric.items()
        }  # fmt: skip

    def _stretches(self, metric: str) -> list[list[int]]:
        """The months in their order, those one after the other joined that are beyond chance in one direction."""
        found, effects = self._fitted.discoveries(metric), self._fitted.effects(metric)
        signs = {}
        for month in self._months:
            column = effects.layout.column(month_feature(month))
            if column is not None:
                clear = found.selected[column] and not effects.low[column] <= 0.0 <= effects.high[column]
                signs[month] = int(np.sign(effects.mean[column])) if clear else 0
        return _joined(signs)

    def _season(self, metric: str, months: Sequence[int]) -> Season:
        effects, found = self._fitted.effects(metric), self._fitted.discoveries(metric)
        columns = [effects.layout.features.index(month_feature(month)) for month in months]
        draws = effects.draws[columns].astype(np.float64).mean(axis=0)
        low, high = (float(limit[0]) for limit in limits(draws[None]))
        effect = float(effects.mean[columns].mean())
        here, year = self._ran(months)
        level, noise = self._of_time(metric)
        sign = 1.0 if effect >= 0 else -1.0
        years = tuple(_years(year[here], level[here], noise[here]))
        ids = self._table.campaigns.ids
        wrong = float((sign * draws <= 0).mean())
        return Season(
            metric=metric,
            months=tuple(months),
            effect=math.exp(effect),
            interval=(math.exp(low), math.exp(high)),
            lfsr=max(float(found.lfsr[columns].max()), wrong),
            years=years,
            here=here,
            ids=tuple(ids[here & (sign * level > BEYOND_NOISE * noise)][:MOST_IDS].tolist()),
            against=tuple(ids[here & (sign * level < -BEYOND_NOISE * noise)][:MOST_IDS].tolist()),
            reason=self._reason(metric, columns, (low, high), sign, years, here),
        )

    def _reason(
        self, metric: str, columns: Sequence[int], limit: Interval, sign: float, years: Sequence[SeasonYear],
        here: NDArray[np.bool_],
    ) -> str | None:  # fmt: skip
        """Why some months are no finding."""
        if not self._fitted.discoveries(metric).selected[list(columns)].all() or limit[0] <= 0.0 <= limit[1]:
            return "not enough evidence"
        beside = self._apart.companions(here)
        if beside:
            return f"cannot be told from {', '.join(beside)}, which mostly ran then and hardly at other times"
        agree = sum(sign * math.log(year.lift) > 0 for year in years)
        if agree < TWICE or 2 * agree <= len(years):
            return f"not the same in every year: {_by_year(years)}"
        units = len(np.unique(self._table.campaigns.real[here]))
        if units < self._floor.campaigns or not reaches_floor(self._fitted, metric, self._floor, here, ~here):
            return "not enough evidence: too few campaigns or events in these months, or in the others"
        return None

    def _ran(self, months: Sequence[int]) -> tuple[NDArray[np.bool_], Ints]:
        """Which campaigns mostly ran in some months, and the year in which the first of these lies, (campaigns,)."""
        campaigns = self._table.campaigns
        campaign, month, share = month_shares(campaigns.first, campaigns.last)
        inside = np.isin(1 + month % _YEAR, months)
        mass = np.bincount(campaign[inside], share[inside], minlength=len(campaigns))
        last = np.zeros(len(campaigns), dtype=np.intp)
        np.maximum.at(last, campaign[inside], month[inside])
        return mass >= MOSTLY, 1970 + (last - (months[0] - 1)) // _YEAR

    def _of_time(self, metric: str) -> tuple[Floats, Floats]:
        """Log of each campaign over what all but its time explains, NaN where nothing is said, and its noise."""
        if metric not in self._levels:
            effects, design = self._fitted.effects(metric), self._fitted.design
            features = (*map(month_feature, design.calendar.months), *map(single_feature, design.calendar.single))
            columns = [effects.layout.column(feature) for feature in features]
            means = np.array([0.0 if column is None else float(effects.mean[column]) for column in columns])
            first = np.searchsorted(self._table.campaign, np.arange(len(self._table)))
            above, noise = self._support.deviations(metric)
            self._levels[metric] = above + (design.calendar.columns(self._table) @ means)[first], noise
        return self._levels[metric]

    @cached_property
    def _levels(self) -> dict[str, tuple[Floats, Floats]]:
        return {}

    def _finding(self, season: Season) -> Finding:
        metric, lift = season.metric, season.effect
        campaigns, label = self._table.campaigns, METRICS[season.metric].label
        countable = campaigns.currency == (self._table.currency or NOT_STATED)  # two currencies never add up
        total, spend = (float(np.nansum(campaigns.spend[some])) for some in (countable, countable & season.here))
        side = "above" if lift > 1 else "below"
        key = "season:" + "-".join(f"{month:02d}" for month in season.months)
        return Finding(
            finding_id=finding_id("season", key, metric),
            category="platform_trend",
            title=f"{season.name}: {label} {rounded_lift(lift)} against the year's average",
            description=(
                f"{season.name}: {label} {abs(100 * (lift - 1)):.0f} % {side} the year's average (90 % interval "
                f"{rounded_lifts(season.interval)}), {_seen_in(season.years)}."
            ),
            signal_key=key,
            impact_score=impact(lift, spend / total if total else 0.0, season.lfsr),
            evidence_count=int(season.here.sum()),
            metadata={
                "kind": SEASON, "label": season.name, "months": list(season.months),
                "years": [asdict(year) for year in season.years],
            },
            metric=metric,
            direction="favorable" if is_favorable(metric, lift) else "unfavorable",
            effect=lift,
            interval=season.interval,
            probability=1.0 - season.lfsr,
            lfsr=season.lfsr,
            raw_lift=None,
            effective_campaigns=float(season.here.sum()),
            spend=spend,
            supporting=season.ids,
            contradicting=season.against,
        )  # fmt: skip


def _joined(signs: dict[int, int]) -> list[list[int]]:
    """Months in their order, neighbours of one sign together; December is January's neighbour."""
    months = sorted(signs)
    stretches: list[list[int]] = []
    for month in months:
        before = stretches[-1][-1] if stretches else 0
        if stretches and month == before + 1 and signs[month] and signs[month] == signs[before]:
            stretches[-1].append(month)
        else:
            stretches.append([month])
    first, last = stretches[0], stretches[-1]
    turns = first is not last and first[0] == 1 and last[-1] == _YEAR
    if turns and signs[1] and signs[1] == signs[_YEAR]:
        return [*stretches[1:-1], last + first]
    return stretches


def _years(year: Ints, level: Floats, noise: Floats) -> Iterator[SeasonYear]:
    """Each year's campaigns together, weighted by what their noise leaves of them."""
    for number in np.unique(year).tolist():
        own = (year == number) & ~np.isnan(level)
        if own.any():
            lift = math.exp(float(np.average(level[own], weights=1.0 / np.maximum(noise[own], 1e-6) ** 2)))
            yield SeasonYear(number, lift, int(own.sum()))


def _by_year(years: Sequence[SeasonYear]) -> str:
    return ", ".join(f"{one.year} {rounded_lift(one.lift)}" for one in years)


def _seen_in(years: Sequence[SeasonYear]) -> str:
    return f"seen in {len(years)} years (taken alone: {_by_year(years)})"
