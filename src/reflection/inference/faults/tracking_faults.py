"""Numbers that look like a tracking fault: kept out of learning until somebody accepts them.

A campaign is compared with its neighbours (same platform, goal and role) on conversions per currency unit. Real
campaigns differ by factors of two or three; a factor of six beyond the neighbours' own scatter is a broken pixel or a
doubled export far more often than a discovery (EXPORTS 4: a CPA of 2.35 where the neighbours sit at 91 to 166). Brand
search and retargeting are several times as good, honestly, and so may be what several campaigns share: each is judged
by its own kind. Robust and order-free: medians of the set. Must not know how effects are estimated.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from reflection.domain.evidence import Evidence, day_text
from reflection.domain.held import fault_text
from reflection.domain.knowledge import Knowledge
from reflection.explain import formatting
from reflection.inference.evidence.campaign_columns import NOT_STATED, Ints
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.monthly_spend import spent_between
from reflection.inference.faults.neighbours import (
    Neighbours,
    Surroundings,
    around_of,
    members_in,
    place_of,
    siblings_of,
)
from reflection.inference.goals import kinds_by

DECIDED_SHARE = 0.05
"""Share of the money of the period from which on a campaign is kept out and not only asked about: of a small one little
is lost where it is wrong, and an honest one would be left out for its success."""

DECIDED_FACTOR = np.log(20.0)
"""Beyond it no campaign is, however small: no kind of people buys twenty times as much."""


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
    around = around_of(stored, evidence.platform_key, where)
    if around is None or not spend or conversions is None:
        return None
    like_it = (stored[place] for key in evidence.signal_keys() if (place := place_of(key, where)) in stored)
    money: Mapping[str, float] = knowledge.diagnostics.get("period_spend", {})
    share = spend / (money[where[0]] + spend) if where[0] in money else 1.0
    neighbours = (Neighbours(**values) for values in like_it)
    suspicion = suspicion_of(Neighbours(**around), spend, conversions, where[0], share, neighbours)
    return fault_text(suspicion.because) if suspicion is not None and suspicion.decided else None


def suspicion_of(
    neighbours: Neighbours,
    spend: float,
    conversions: float,
    currency: str,
    share: float,
    like_it: Iterable[Neighbours] = (),
) -> Suspicion | None:
    """Why a campaign looks like a tracking fault, or None.

    Args:
        currency: of its money, `NOT_STATED` where none was stated.
        share: of the money of the period that went into it.
        like_it: campaigns that share something with it.
    """
    one = np.array([spend]), np.array([conversions])
    if not all(around.suspicious(*one)[0] for around in itertools.chain((neighbours,), like_it)):
        return None
    unit = None if currency == NOT_STATED else currency
    amounts = (spend / (conversions or 1.0), neighbours.low_cpa, neighbours.high_cpa)
    own, low, high = (formatting.money(amount, unit) for amount in amounts)
    others = f"where {neighbours.count} comparable campaigns"
    because = f"CPA is {own} {others} sit at {low} to {high}"
    if not conversions:
        because = f"{own} brought no conversion {others} paid {low} to {high} for one"
    distance = abs(float(np.log((conversions + 0.5) / spend)) - neighbours.median)
    decided = bool(share >= DECIDED_SHARE or distance > DECIDED_FACTOR)
    return Suspicion(because, decided)


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
        neighbours = around_of(around.neighbours, platform_key, where)
        if neighbours is None:
            continue
        here = np.flatnonzero((campaigns.platform_key == platform_key) & members_in(campaigns, goal, where))
        for index in here[neighbours.suspicious(campaigns.spend[here], campaigns.conversions[here])].tolist():
            having = builder.having(list(around.alike)) if having is None else having
            spend, name = float(campaigns.spend[index]), str(campaigns.ids[index])
            shared = (around.like(key, where, name) for key, members in having.items() if index in members)
            like_it = [like for like in shared if like is not None]
            like_it += siblings_of(campaigns, index)
            share = spend / money[where[0]] if money[where[0]] > 0 else 1.0
            suspicion = suspicion_of(neighbours, spend, float(campaigns.conversions[index]), where[0], share, like_it)
            if name not in accepted and suspicion is not None:
                suspicions[name] = suspicion
    return suspicions


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
