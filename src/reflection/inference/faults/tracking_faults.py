"""Numbers that look like a tracking fault: kept out of learning until somebody accepts them.

A campaign is compared with its neighbours (same platform, goal and role) on conversions per currency unit. Real
campaigns differ by factors of two or three; a factor of six beyond the neighbours' own scatter is a broken pixel or a
doubled export far more often than a discovery (EXPORTS 4: a CPA of 2.35 where the neighbours sit at 91 to 166). Brand
search and retargeting are several times as good, honestly, and so may be what several campaigns share: each is judged
by its own kind. Robust and order-free: medians of the set. Must not know how effects are estimated.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import Evidence, day_text
from reflection.domain.held import fault_text
from reflection.domain.knowledge import Knowledge
from reflection.explain import formatting
from reflection.inference.evidence.campaign_columns import NOT_STATED, Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.monthly_spend import spent_between
from reflection.inference.goals import kinds_by, kinds_of

FEWEST_NEIGHBOURS = 4
FEWEST_LIKE_IT = 2
"""So many other campaigns that share something with one, and are like it, show that it is none: a fault is alone."""

DECIDED_SHARE = 0.05
"""Share of the money of the period from which on a campaign is kept out and not only asked about: of a small one little
is lost where it is wrong, and an honest one would be left out for its success."""

DECIDED_FACTOR = np.log(20.0)
"""Beyond it no campaign is, however small: no kind of people buys twenty times as much."""

ANOTHER_LEVEL = np.log(2.0)
"""From this mean difference on, the campaigns of a signal may be a kind of their own."""

FACTOR = np.log(6.0)
DEVIATIONS = 5.0
LEAST_SCATTER = 0.25
MAD_TO_SD = 1.4826
EVERYWHERE = "*"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Log conversions per currency unit of comparable campaigns: median and robust deviation.

    `count` and the range of CPA are of those that look right: what nobody paid is not said to be paid.
    """

    median: float
    scatter: float
    count: int
    low_cpa: float
    high_cpa: float

    def suspicious(self, spend: Floats, conversions: Floats) -> NDArray[np.bool_]:
        """Which campaigns lie beyond a factor of six and five standard deviations (scatter and counting noise)."""
        distance = np.abs(np.log((conversions + 0.5) / spend) - self.median)
        noise = 1 / (spend * np.exp(self.median) + 0.5)
        return np.asarray((distance > FACTOR) & (distance > DEVIATIONS * np.sqrt(self.scatter**2 + noise)))

    def suspicion(
        self, spend: float, conversions: float, currency: str, share: float, like_it: Iterable["Neighbours"] = ()
    ) -> "Suspicion | None":
        """Why a campaign looks like a tracking fault, or None.

        Args:
            currency: of its money, `NOT_STATED` where none was stated.
            share: of the money of the period that went into it.
            like_it: campaigns that share something with it.
        """
        one = np.array([spend]), np.array([conversions])
        if not all(around.suspicious(*one)[0] for around in itertools.chain((self,), like_it)):
            return None
        unit = None if currency == NOT_STATED else currency
        own, low, high = (
            formatting.money(amount, unit) for amount in (spend / (conversions or 1.0), self.low_cpa, self.high_cpa)
        )
        others = f"where {self.count} comparable campaigns"
        because = f"CPA is {own} {others} sit at {low} to {high}"
        if not conversions:
            because = f"{own} brought no conversion {others} paid {low} to {high} for one"
        distance = abs(float(np.log((conversions + 0.5) / spend)) - self.median)
        decided = bool(share >= DECIDED_SHARE or distance > DECIDED_FACTOR)
        return Suspicion(because, decided)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What looks wrong; `decided`: it is kept out until somebody accepts it, and not only asked about."""

    because: str
    decided: bool


def suspected_fault(evidence: Evidence, knowledge: Knowledge) -> str | None:
    """Judge one campaign by the neighbours of the last fit; reads no history."""
    stored = knowledge.diagnostics.get("neighbours", {})
    if (
        evidence.doubt is not None
        and evidence.actual.conversions is not None
        and (doubt := _doubt(evidence, knowledge))
    ):
        return doubt
    spend, conversions = evidence.actual.spend, evidence.actual.conversions
    where = (evidence.currency or NOT_STATED, knowledge.kind_for(evidence), evidence.role)
    around = _around(stored, evidence.platform_key, where)
    if around is None or not spend or conversions is None:
        return None
    like_it = (stored[place] for key in evidence.signal_keys() if (place := _place(key, where)) in stored)
    money: Mapping[str, float] = knowledge.diagnostics.get("period_spend", {})
    share = spend / (money[where[0]] + spend) if where[0] in money else 1.0
    neighbours = (Neighbours(**values) for values in like_it)
    suspicion = Neighbours(**around).suspicion(spend, conversions, where[0], share, neighbours)
    return fault_text(suspicion.because) if suspicion is not None and suspicion.decided else None


def doubt_text(spent: float, first: int, last: int, currency: str) -> str:
    """Why days that an import doubts make a campaign suspicious."""
    money = formatting.money(spent, None if currency == NOT_STATED else currency)
    days = f"on {day_text(first)}" if first == last else f"between {day_text(first)} and {day_text(last)}"
    return f"{money} of it was spent {days}, when its conversions look lost or doubled"


def _doubt(evidence: Evidence, knowledge: Knowledge) -> str | None:
    """Why days that the import doubts keep a campaign out, by what the last fit knows was spent on them."""
    assert evidence.doubt is not None
    first, last, spent = evidence.doubt
    currency = evidence.currency or NOT_STATED
    money = spent_between(knowledge.diagnostics.get("spend_by_month", {}), currency, first, last)
    decided = spent >= DECIDED_SHARE * (money + spent)
    return fault_text(doubt_text(spent, first, last, currency)) if decided else None


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What campaigns are compared with, read off the sample.

    Attributes:
        neighbours: by place (`_place`): per platform, everywhere, and per signal that goes with another level; each
            within currency, goal and role, where there are enough.
        alike: signals that go with another level -> by where (currency, goal, role), ids and log conversions per
            currency unit of their campaigns.
        of_objective: the goal of each kind that an objective names.
    """

    neighbours: Mapping[str, Neighbours]
    alike: Mapping[str, Mapping[tuple[str, ...], tuple[NDArray[np.str_], Floats]]]
    of_objective: Mapping[str, str]

    @classmethod
    def of(cls, builder: DatasetBuilder) -> "Surroundings":
        """Of the campaigns of a sample."""
        campaigns, of_objective = builder.campaigns, kinds_of(builder.campaigns)
        goal, rates, shared = kinds_by(campaigns, of_objective), _rates(campaigns), _shared(builder)
        neighbours: dict[str, Neighbours] = {}
        alike: dict[str, dict[tuple[str, ...], tuple[NDArray[np.str_], Floats]]] = {key: {} for key in shared}
        places = zip(campaigns.currency.tolist(), goal.tolist(), campaigns.role.tolist(), strict=True)
        for where in sorted(set(places)):
            within = _in(campaigns, goal, where)
            if within.sum() < FEWEST_LIKE_IT:
                continue
            for platform_key in [EVERYWHERE, *sorted(set(campaigns.platform_key[within].tolist()))]:
                here = within if platform_key == EVERYWHERE else within & (campaigns.platform_key == platform_key)
                if here.sum() > FEWEST_NEIGHBOURS:
                    neighbours[_place(platform_key, where)] = _neighbours(rates[here])
            for key, members in shared.items():
                inside = members[within[members]]
                alike[key][where] = campaigns.ids[inside], rates[inside]
                if len(inside) >= FEWEST_LIKE_IT:
                    neighbours[_place(key, where)] = _neighbours(rates[inside])
        return cls(neighbours, alike, of_objective)

    def median(self, platform_key: str, where: tuple[str, ...]) -> float:
        """The usual log conversions per currency unit around a campaign; NaN where there are too few."""
        neighbours = _around(self.neighbours, platform_key, where)
        return np.nan if neighbours is None else neighbours.median

    def like(self, key: str, where: tuple[str, ...], name: str) -> Neighbours | None:
        """The campaigns that share a signal with one, without itself; None where there are too few."""
        ids, rates = self.alike[key].get(where, (np.array([], dtype=np.str_), np.zeros(0)))
        others = rates[ids != name]
        return _neighbours(others) if len(others) >= FEWEST_LIKE_IT else None


def suspicions_of(
    builder: DatasetBuilder, accepted: Collection[str], around: Surroundings, money: Mapping[str, float]
) -> dict[str, Suspicion]:
    """Campaigns of a partition that look like tracking faults, by id.

    A campaign is compared with those that count the same, in its currency, for the same kind of people; one that is far
    from them is none where it is like at least two others that share an audience, an objective or a creative with it.

    Args:
        money: spent by all campaigns, by currency.
    """
    campaigns = builder.campaigns
    goal = kinds_by(campaigns, around.of_objective)
    having: dict[str, Ints] | None = None
    suspicions: dict[str, Suspicion] = {}
    places = zip(
        *(column.tolist() for column in (campaigns.platform_key, campaigns.currency, goal, campaigns.role)), strict=True
    )
    for platform_key, *there in sorted(set(places)):
        where = tuple(there)
        neighbours = _around(around.neighbours, platform_key, where)
        if neighbours is None:
            continue
        here = np.flatnonzero((campaigns.platform_key == platform_key) & _in(campaigns, goal, where))
        for index in here[neighbours.suspicious(campaigns.spend[here], campaigns.conversions[here])].tolist():
            having = builder.having(list(around.alike)) if having is None else having
            spend, name = float(campaigns.spend[index]), str(campaigns.ids[index])
            shared = (around.like(key, where, name) for key, members in having.items() if index in members)
            like_it = [like for like in shared if like is not None]
            like_it += siblings_of(campaigns, index)
            share = spend / money[where[0]] if money[where[0]] > 0 else 1.0
            suspicion = neighbours.suspicion(spend, float(campaigns.conversions[index]), where[0], share, like_it)
            if name not in accepted and suspicion is not None:
                suspicions[name] = suspicion
    return suspicions


def siblings_of(campaigns: Campaigns, index: int) -> list[Neighbours]:
    """The other rows of the real campaign behind one, where they are enough: what it always is, it is."""
    own = campaigns.real == campaigns.real[index]
    own[index] = False
    rates = _rates(campaigns.subset(own))
    rates = rates[~np.isnan(rates)]
    return [_neighbours(rates)] if len(rates) >= FEWEST_LIKE_IT else []


def joined(first: Mapping[str, Suspicion], second: Mapping[str, Suspicion]) -> dict[str, Suspicion]:
    """All suspicions; of two of one campaign that which decides, the first's where both or none do."""
    return {**second, **{name: one for name, one in first.items() if one.decided or name not in second
                         or not second[name].decided}}  # fmt: skip


def faults(suspicions: Mapping[str, Suspicion]) -> dict[str, str]:
    """Campaigns that look like tracking faults and are kept out, with the reason."""
    return {name: fault_text(one.because) for name, one in sorted(suspicions.items()) if one.decided}


def questions(suspicions: Mapping[str, Suspicion]) -> dict[str, str]:
    """Campaigns that are learnt from although they look odd, too small to decide on, with what looks odd."""
    return {name: one.because for name, one in sorted(suspicions.items()) if not one.decided}


def _around(neighbours: Mapping[str, T], platform_key: str, where: Sequence[str]) -> T | None:
    """Who a campaign is compared with: its own platform where there are enough, else all."""
    return neighbours.get(_place(platform_key, where)) or neighbours.get(_place(EVERYWHERE, where))


def _in(campaigns: Campaigns, goal: NDArray[np.str_], where: Sequence[str]) -> NDArray[np.bool_]:
    """Campaigns with a cost per conversion, of one currency, goal and role."""
    currency, kind, role = where
    same = (campaigns.currency == currency) & (goal == kind) & (campaigns.role == role)
    return np.asarray(same & _has_cost(campaigns))


def _shared(builder: DatasetBuilder) -> dict[str, Ints]:
    """Campaigns of each signal whose campaigns are, on the whole, at another level than all."""
    return builder.shared(_rates(builder.campaigns), ANOTHER_LEVEL, FEWEST_LIKE_IT)


def _rates(campaigns: Campaigns) -> Floats:
    """Log conversions per currency unit of each campaign, NaN where it has none to be compared."""
    rates = np.full(len(campaigns), np.nan)
    measured = _has_cost(campaigns)
    rates[measured] = np.log((campaigns.conversions[measured] + 0.5) / campaigns.spend[measured])
    return rates


def _has_cost(campaigns: Campaigns) -> NDArray[np.bool_]:
    """Campaigns that have a cost per conversion to be compared: money spent, and conversions that somebody counted."""
    return np.asarray((campaigns.spend > 0) & ~np.isnan(campaigns.conversions))


def as_diagnostics(neighbours: Mapping[str, Neighbours]) -> dict[str, dict[str, Any]]:
    """The JSON form that `Knowledge.diagnostics["neighbours"]` keeps."""
    return {place: asdict(value) for place, value in neighbours.items()}


def _place(scope: str, where: Sequence[str]) -> str:
    """The name of a neighbourhood: a platform, a signal or everywhere, then currency, goal and role."""
    return "|".join((scope, *where))


def _neighbours(rates: Floats) -> Neighbours:
    median = float(np.median(rates))
    scatter = MAD_TO_SD * float(np.median(np.abs(rates - median)))
    scatter = max(scatter, LEAST_SCATTER)
    usual = rates[np.abs(rates - median) <= max(FACTOR, DEVIATIONS * scatter)]
    low, high = np.quantile(-usual, [0.1, 0.9])
    return Neighbours(median, scatter, len(usual), float(np.exp(low)), float(np.exp(high)))
