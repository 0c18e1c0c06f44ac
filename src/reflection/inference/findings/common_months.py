"""Months in which all campaigns did better or worse alike: whatever it was, it was no campaign's own.

Each campaign of a month is compared with itself in its other months, or with the others where it has none. Told where
the whole account, or one platform of it, moved by more than campaigns scatter anyway, beyond what their audiences,
creatives and platforms explain, and nearly all of them to the same side. How far is said by the plain figures: the fit
takes part of a month for the doing of what ran in it. Every month is a new chance to be told of chance, so
the level is one a month (any_time.py). Must not know how effects are fitted, nor why a month was as it was.
"""

import calendar
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import stdtr, stdtrit

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.finding_kinds import COMMON_MONTH
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.columns.cycle import mostly_in
from reflection.inference.columns.time_of_year import month_shares
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.observation import counts_of
from reflection.inference.findings.common import finding_id, impact, is_favorable, spend_of
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.findings.lasting_changes import LastingChanges
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import MOST_IDS, SupportIndex
from reflection.stats.honesty.any_time import OF_MONTHS
from reflection.stats.over_time import drift

Mask = NDArray[np.bool_]

EVERYWHERE = ""
"""The scope that is the whole account."""

FEWEST = 3
"""Real campaigns in a month, and at other times."""

ALIKE = 0.8
"""Share of a month's campaigns on the same side from which on they did alike."""

MOSTLY = 0.5
"""Share of what an account's month did that each of its platforms must show for it to be the account's."""


@dataclass(frozen=True, eq=False)
class Common:
    """What a month did to all campaigns of a scope, on the log scale.

    Attributes:
        here: rows that mostly ran then, (campaigns,) a mask. of: of each real campaign. wrong: chance of as much.
    """

    here: Mask
    of: Floats
    mean: float
    interval: tuple[float, float]
    wrong: float

    @property
    def apart(self) -> bool:
        """Whether its interval leaves out that nothing moved."""
        return not self.interval[0] <= 0.0 <= self.interval[1]

    @property
    def alike(self) -> int:
        """Real campaigns on the side of the mean."""
        return int((np.sign(self.of) == np.sign(self.mean)).sum())


class CommonMonths:
    """The months of one fit.

    Args:
        changes: that stayed, which are no month's. spelt: as of knowledge.
    """

    def __init__(
        self,
        fitted: FittedMetrics,
        support: SupportIndex,
        changes: LastingChanges,
        floor: EvidenceFloor = FLOOR,
        spellings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._fitted, self._support, self._floor, self._spellings = fitted, support, floor, spellings
        self._changes = changes
        campaigns = fitted.table.campaigns
        units, self._unit = np.unique(campaigns.real, return_inverse=True)
        self._units = len(units)
        row, month, share = month_shares(campaigns.first, campaigns.last)
        mostly = {int(one): mostly_in(row[own], month[own], share[own], len(campaigns))[0]
                  for one in np.unique(month) for own in [month == one]}  # fmt: skip
        self._months = mostly
        self._scopes: dict[str, Mask] = {EVERYWHERE: np.ones(len(campaigns), dtype=np.bool_)} | {
            key: campaigns.platform_key == key for key in np.unique(campaigns.platform_key).tolist() if key
        }

    def findings(self) -> list[Finding]:
        """Those that may be told: of the account, else of platforms."""
        findings = []
        for metric in self._fitted.metrics:
            left, plain = self._without_months(metric), self._plain(metric)
            for month in self._months:
                clear = (
                    (scope, self._common(month, self._scopes[scope], plain))
                    for scope in self._clear(metric, month, left)
                )
                findings += [self._finding(metric, month, scope, one) for scope, one in clear if one and one.apart]
        return findings

    def _clear(self, metric: str, month: int, left: Floats) -> Iterator[str]:
        """Where a month is beyond chance: everywhere, or on some platforms."""
        tests = len(self._fitted.metrics) * len(self._scopes)
        moved = {scope: one for scope, own in self._scopes.items() if (one := self._common(month, own, left))}
        clear = [scope for scope, one in moved.items() if self._is_clear(metric, one, tests)]
        if EVERYWHERE in clear and all(one.mean / moved[EVERYWHERE].mean >= MOSTLY for one in moved.values()):
            yield EVERYWHERE
        else:
            yield from (scope for scope in clear if scope != EVERYWHERE)

    def _is_clear(self, metric: str, one: Common, tests: int) -> bool:
        """Whether a month is beyond chance and alike, and rests on events enough."""
        clear = one.wrong <= OF_MONTHS / tests and one.alike >= ALIKE * len(one.of)
        return clear and reaches_floor(self._fitted, metric, self._floor, one.here)

    def _common(self, month: int, scope: Mask, level: Floats) -> Common | None:
        """What a month did to the campaigns of a scope; None where too few say so."""
        known = scope & ~np.isnan(level)
        here, rest = known & self._months[month], known & ~self._months[month]
        if min(map(np.count_nonzero, (here, rest))) < FEWEST:
            return None  # most months of a platform: before anything is counted by real campaigns
        rows, other_rows = (np.bincount(self._unit[side], minlength=self._units) for side in (here, rest))
        units, other_units = int((rows > 0).sum()), int((other_rows > 0).sum())
        if min(units, other_units) < FEWEST:
            return None
        beyond = level - _own_usual(self._unit, level, rest, other_rows)
        of = np.bincount(self._unit[here], beyond[here], minlength=self._units)[rows > 0] / rows[rows > 0]
        others = beyond[rest]
        freedom = max(len(others) - other_units, FEWEST) if len(others) > other_units else len(others) - 1
        mean = float(of.mean())
        squares = float((others**2).sum()) / freedom, float(((of - mean) ** 2).sum()) / (units - 1)
        error = math.sqrt(max(squares) * (1.0 / units + 1.0 / other_units))
        reach = float(stdtrit(freedom, 0.95)) * error
        wrong = 2.0 * float(stdtr(freedom, -abs(mean) / max(error, 1e-9)))
        return Common(here, of, mean, (mean - reach, mean + reach), wrong)

    def _plain(self, metric: str) -> Floats:
        """Log of each campaign's metric, without what its time of the year does; NaN where nothing is said."""
        counts = (self._fitted.table.by_campaign(column) for column in counts_of(metric, self._fitted.table))
        above, below = (count + half for count, half in zip(counts, METRICS[metric].halves, strict=True))
        good = (above > 0) & (below > 0)
        plain = np.where(good, np.log(np.where(good, above, 1.0) / np.where(good, below, 1.0)), np.nan)
        of_year, _ = self._of_calendar(metric)
        return self._changes.without(metric, plain - of_year)

    def _without_months(self, metric: str) -> Floats:
        """Log of each campaign over what all but single months explains, NaN where nothing is said."""
        _, single = self._of_calendar(metric)
        level = np.asarray(self._support.deviations(metric)[0] + single)
        followed = drift.drift_group(signals.PLATFORM) in self._fitted.metrics[metric].fit.log_step_factors
        return level if followed else self._changes.without(metric, level)

    def _of_calendar(self, metric: str) -> tuple[Floats, Floats]:
        """What the months of the year, and what single months do to each campaign, as the fit has it."""
        effects, cycle = self._fitted.effects(metric), self._fitted.design.calendar
        columns = [effects.layout.column(feature) for feature in cycle.features]
        means = np.array([0.0 if column is None else float(effects.mean[column]) for column in columns])
        turns = np.arange(len(means)) < len(cycle.levels)
        return self._calendar @ np.where(turns, means, 0.0), self._calendar @ np.where(turns, 0.0, means)

    @cached_property
    def _calendar(self) -> sparse.csr_array:
        """The times of the year that each campaign ran in, as the fit has them, (campaigns, times)."""
        table = self._fitted.table
        rows = np.searchsorted(table.campaign, np.arange(len(table)))
        return sparse.csr_array(self._fitted.design.calendar.columns(table)[rows])

    def _finding(self, metric: str, month: int, scope: str, one: Common) -> Finding:
        campaigns, label, lift = self._fitted.table.campaigns, METRICS[metric].label, math.exp(one.mean)
        when = f"{calendar.month_name[1 + month % 12]} {1970 + month // 12}"
        name = f"{when} on {signals.level_text(scope, self._spellings)}" if scope else when
        interval = (math.exp(one.interval[0]), math.exp(one.interval[1]))
        count = f"all {len(one.of)}" if one.alike == len(one.of) else f"{one.alike} of {len(one.of)}"
        spend, share = spend_of(self._fitted.table, one.here)
        key = f"{COMMON_MONTH}:{1970 + month // 12}-{1 + month % 12:02d}"
        return Finding(
            finding_id=finding_id(COMMON_MONTH, key, scope, metric),
            category="platform_trend",
            title=f"{name}: {label} {rounded_lift(lift)} in {count} campaigns",
            description=(
                f"{name}: {label} {abs(100 * (lift - 1)):.0f} % {'above' if lift > 1 else 'below'} the other months in "
                f"{count} campaigns (90 % interval {rounded_lifts(interval)}), beyond what their audiences, creatives "
                "and platforms explain: it was the month, and no campaign's own doing."
            ),
            signal_key=key,
            impact_score=impact(lift, share, one.wrong),
            evidence_count=len(one.of),
            metadata={"kind": COMMON_MONTH, "label": name, "alike": one.alike, "platform": scope or None},
            metric=metric,
            direction="favorable" if is_favorable(metric, lift) else "unfavorable",
            effect=lift,
            interval=interval,
            probability=1.0 - one.wrong,
            lfsr=one.wrong,
            raw_lift=None,
            effective_campaigns=float(len(one.of)),
            spend=spend,
            supporting=tuple(campaigns.ids[one.here][:MOST_IDS].tolist()),
            contradicting=(),
        )


def _own_usual(unit: Ints, level: Floats, rest: Mask, count: Ints) -> Floats:
    """What is usual for each row: the mean of its real campaign's rows in `rest`, else that of all of `rest`.

    Args:
        unit: number of each row's real campaign. count: rows in `rest` of each.
    """
    usual = float(level[rest].mean())
    if count.max() < 2:
        return np.full(len(unit), usual)
    total = np.bincount(unit, np.where(rest, level, 0.0), minlength=len(count))
    own = np.divide(total, count, out=np.full(len(count), usual), where=count > 1)
    return np.asarray(own[unit])
