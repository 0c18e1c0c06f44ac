"""Months in which all campaigns did better or worse alike: whatever it was, it was no campaign's own.

Each campaign of a month is compared with itself in its other months, or with the others where it has none. Told where
the whole account, or one platform of it, moved by more than campaigns scatter anyway, beyond what their audiences,
creatives and platforms explain, and nearly all of them to the same side. How far is said by the plain figures: the fit
takes part of a month for the doing of what ran in it. Every month is a new chance to be told of chance, so
the level is one a month (any_time.py). Must not know how effects are fitted, nor why a month was as it was.
"""

import calendar
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

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


AT_ONCE = 1 << 18
"""Campaigns times months that are held in memory together."""


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
            moved = {scope: self._common([*self._months], own, left) for scope, own in self._scopes.items()}
            for month in self._months:
                of_month = {scope: of_scope[month] for scope, of_scope in moved.items() if month in of_scope}
                clear = (
                    (scope, self._common([month], self._scopes[scope], plain).get(month))
                    for scope in self._clear(metric, of_month)
                )
                findings += [self._finding(metric, month, scope, one) for scope, one in clear if one and one.apart]
        return findings

    def _clear(self, metric: str, moved: Mapping[str, Common]) -> Iterator[str]:
        """Where a month is beyond chance, by what it did to each scope: everywhere, or on some platforms."""
        tests = len(self._fitted.metrics) * len(self._scopes)
        clear = [scope for scope, one in moved.items() if self._is_clear(metric, one, tests)]
        if EVERYWHERE in clear and all(one.mean / moved[EVERYWHERE].mean >= MOSTLY for one in moved.values()):
            yield EVERYWHERE
        else:
            yield from (scope for scope in clear if scope != EVERYWHERE)

    def _is_clear(self, metric: str, one: Common, tests: int) -> bool:
        """Whether a month is beyond chance and alike, and rests on events enough."""
        clear = one.wrong <= OF_MONTHS / tests and one.alike >= ALIKE * len(one.of)
        return clear and reaches_floor(self._fitted, metric, self._floor, one.here)

    def _common(self, months: Sequence[int], scope: Mask, level: Floats) -> dict[int, Common]:
        """What each of some months did to the campaigns of a scope; without those of which too few say so."""
        known = np.flatnonzero(scope & ~np.isnan(level))
        many = max(AT_ONCE // max(len(known), 1), 1)
        parts = (months[start : start + many] for start in range(0, len(months), many))
        return {month: one for part in parts for month, one in self._together(part, known, level).items()}

    def _together(self, months: Sequence[int], known: Ints, level: Floats) -> dict[int, Common]:
        """The same of a few months at once, by the places of the campaigns that say something."""
        unit, values = self._unit[known], level[known]
        inside = np.array([self._months[month][known] for month in months]).reshape(len(months), len(known))
        rows = np.count_nonzero(inside, axis=1)
        enough = np.flatnonzero((rows >= FEWEST) & (len(known) - rows >= FEWEST))
        inside, place = inside[enough], (np.arange(len(enough))[:, None] * self._units + unit).ravel()

        def summed(numbers: NDArray[Any]) -> Floats:
            """Of the rows of each real campaign, (months, real campaigns)."""
            size = len(enough) * self._units
            return np.bincount(place, numbers.ravel(), minlength=size).reshape(-1, self._units).astype(np.float64)

        here, rest = summed(inside), summed(~inside)
        usual = np.where(inside, 0.0, values).sum(axis=1) / (len(known) - rows[enough])
        own = np.divide(
            summed(np.where(inside, 0.0, values)), rest, out=np.tile(usual[:, None], self._units), where=rest > 1
        )  # where a real campaign has no other rows, what is usual of all
        beyond = values - own[:, unit]
        of = np.divide(summed(np.where(inside, beyond, 0.0)), here, out=np.zeros(here.shape), where=here > 0)
        squares = np.where(inside, 0.0, beyond**2).sum(axis=1).tolist()
        common = {}
        for number, month in enumerate(enough.tolist()):
            units, others = (int(np.count_nonzero(count[number])) for count in (here, rest))
            if min(units, others) >= FEWEST:
                mask = np.zeros(len(level), dtype=np.bool_)
                mask[known[inside[number]]] = True
                left = len(known) - int(rows[month])
                freedom = max(left - others, FEWEST) if left > others else left - 1
                mine = of[number][here[number] > 0]
                common[months[month]] = _judged(mask, mine, squares[number] / freedom, freedom, 1 / units + 1 / others)
        return common

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


def _judged(here: Mask, of: Floats, scatter: float, freedom: int, per_unit: float) -> Common:
    """What a month did, by how far each real campaign was off: it scatters as the others do, or as it does."""
    mean = float(of.mean())
    error = math.sqrt(max(scatter, float(((of - mean) ** 2).sum()) / (len(of) - 1)) * per_unit)
    reach = float(stdtrit(freedom, 0.95)) * error
    return Common(
        here, of, mean, (mean - reach, mean + reach), 2.0 * float(stdtr(freedom, -abs(mean) / max(error, 1e-9)))
    )
