"""Which goals a workspace has: campaigns that count the same thing, compared with each other and with no others.

A stated kind of conversion is a goal. Where campaigns do not state one, their objective may name it; campaigns whose
objectives differ but that bring about as much money per conversion sell the same thing, and are one goal. A pure
function of the set. Must not know how anything is fitted.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import add

import numpy as np
from numpy.typing import NDArray

from reflection.domain.conversion_kind import PURCHASE, UNSTATED, plural
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Finding
from reflection.inference.evidence.campaign_columns import NOT_STATED, Campaigns, Floats, usual_among
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.fit_budget import MOST_GOALS
from reflection.inference.evidence.partitions import Partitions
from reflection.inference.evidence.selection import Selection
from reflection.inference.findings.common import finding_id
from reflection.stats.sums.exact_sums import ExactSums

ALIKE = 4.0
"""Campaigns that do not say what they count are one goal up to this ratio of their revenue per conversion."""


@dataclass(frozen=True)
class Goal:
    """One goal of a workspace: its kind of conversion, and which campaigns are learnt from for it.

    Attributes:
        of_objective: for each kind that an objective names the goal of campaigns that state none themselves.
        held: ids of campaigns that are kept out of everything.
    """

    kind: str
    of_objective: Mapping[str, str]
    held: frozenset[str]

    def selection(self, builder: DatasetBuilder, level: int) -> Selection:
        """Its campaigns in a partition."""
        campaigns = builder.campaigns
        out = np.isin(campaigns.ids, list(self.held)) if self.held else np.zeros(len(campaigns), dtype=np.bool_)
        return builder.selection((kinds_by(campaigns, self.of_objective) == self.kind) & ~out, level)


@dataclass(frozen=True)
class Spending:
    """What the campaigns of each goal spent in each currency, and how many state each: sums that merge exactly.

    Attributes:
        spend: (goal, currency) -> money; campaigns: (goal, currency) -> how many.
        counting: (goal, currency) -> money of the campaigns that counted a conversion.
    """

    spend: Mapping[tuple[str, str], ExactSums]
    counting: Mapping[tuple[str, str], ExactSums]
    campaigns: Counter[tuple[str, str]]

    @classmethod
    def of(cls, builder: DatasetBuilder, of_objective: Mapping[str, str], held: Collection[str] = ()) -> "Spending":
        """Of a partition.

        Args:
            of_objective: the goal of each kind that an objective names. held: ids that do not count.
        """
        campaigns = without(builder.campaigns, held)
        kinds, currencies = kinds_by(campaigns, of_objective), campaigns.currency
        spend = np.nan_to_num(campaigns.spend)
        places = sorted(set(zip(kinds.tolist(), currencies.tolist(), strict=True)))
        masks = {(kind, currency): (kinds == kind) & (currencies == currency) for kind, currency in places}
        counted = np.where(np.nan_to_num(campaigns.conversions) > 0, spend, 0.0)
        sums, counting = (
            {place: ExactSums.of(amounts[mask]) for place, mask in masks.items()} for amounts in (spend, counted)
        )
        return cls(sums, counting, Counter({place: int(mask.sum()) for place, mask in masks.items()}))

    def __add__(self, other: "Spending") -> "Spending":
        spend, counting = _added(self.spend, other.spend), _added(self.counting, other.counting)
        return Spending(spend, counting, self.campaigns + other.campaigns)

    def by_currency(self) -> dict[str, float]:
        """Money spent by all campaigns, by currency."""
        names = sorted({currency for _, currency in self.spend})
        return {name: _sum(self.spend, {place for place in self.spend if place[1] == name}) for name in names}

    def goals(self) -> list[str]:
        """The goals, the largest spend in the usual currency first, of campaigns that counted something."""
        stated: Counter[str] = Counter()
        for (_, currency), count in self.campaigns.items():
            stated[currency] += count
        usual = usual_among(stated) or NOT_STATED
        kinds = sorted({kind for kind, _ in self.spend})
        many = {kind: sum(n for place, n in self.campaigns.items() if place[0] == kind) for kind in kinds}
        return sorted(kinds, key=lambda kind: (
            *(-_sum(sums, {(kind, usual)}) for sums in (self.counting, self.spend)), -many[kind], kind
        ))  # fmt: skip


Sums = Mapping[tuple[str, str], ExactSums]
"""Money by goal and currency."""


def _added(one: Sums, other: Sums) -> Sums:
    return {
        place: one[place] + other[place] if place in one and place in other else one.get(place) or other[place]
        for place in {**one, **other}
    }


def _sum(sums: Sums, places: Collection[tuple[str, str]]) -> float:
    amounts = (sums[place] for place in sorted(places) if place in sums)
    return float(sum(amounts, ExactSums.nothing(())).value)


def goals_of(
    builders: Partitions[DatasetBuilder], sample: Campaigns, held: Collection[str]
) -> tuple[list[Goal], dict[str, str], int]:
    """The goals of these campaigns, the one with the largest spend first.

    Args:
        sample: campaigns that tell which objectives sell the same thing.
        held: ids of campaigns that are kept out of everything; a goal has at least one other.

    Returns:
        The goals, one of no kind where there are no campaigns; for each kind that an objective names the goal of
        campaigns that state none themselves; and how many goals are not learnt for (`fit_budget`).
    """
    out, of_objective = frozenset(held), kinds_of(without(sample, held))
    ranked = builders.total(partial(Spending.of, of_objective=of_objective, held=out), add).goals()
    goals = [Goal(kind, of_objective, out) for kind in ranked[:MOST_GOALS] or [UNSTATED]]
    return goals, of_objective, max(len(ranked) - MOST_GOALS, 0)


def without(campaigns: Campaigns, held: Collection[str]) -> Campaigns:
    """The campaigns but some, by their ids."""
    return campaigns.subset(~np.isin(campaigns.ids, list(held))) if held else campaigns


def kinds_of(campaigns: Campaigns) -> dict[str, str]:
    """The goal of each kind that an objective names where campaigns state none."""
    return _pooled(campaigns, sorted(set(campaigns.kind[~campaigns.stated].tolist())))


def kinds_by(campaigns: Campaigns, of_objective: Mapping[str, str]) -> NDArray[np.str_]:
    """The goal of each campaign; a kind that no campaign of the sample names is its own."""
    own = zip(campaigns.kind.tolist(), campaigns.stated.tolist(), strict=True)
    return np.array([kind if stated else of_objective.get(kind, kind) for kind, stated in own], dtype=np.str_)


def labelled(knowledge: Knowledge) -> Knowledge:
    """What is known of one goal of several, every effect, finding and weight saying which."""
    kind = knowledge.kind
    return replace(
        knowledge,
        effects=tuple(replace(effect, goal=kind) for effect in knowledge.effects),
        findings=tuple(_labelled(finding, kind) for finding in knowledge.findings),
        weights=tuple(replace(weight, goal=kind) for weight in knowledge.weights),
        reason=knowledge.reason and f"{plural(kind)}: {knowledge.reason}",
    )


def _labelled(finding: Finding, kind: str) -> Finding:
    """A finding that says among which campaigns it holds; the same of sales keeps the id it has where all are sales."""
    own = finding.finding_id if kind in (UNSTATED, PURCHASE) else finding_id(kind, finding.finding_id)
    return replace(
        finding,
        goal=kind,
        finding_id=own,
        title=f"{finding.title} ({plural(kind)})",
        description=f"{finding.description} Among campaigns that count {plural(kind)}.",
    )


def _pooled(campaigns: Campaigns, kinds: list[str]) -> dict[str, str]:
    """The goal of each kind that objectives name: those that sell the same thing are one."""
    states_purchase = bool((campaigns.stated & (campaigns.kind == PURCHASE)).any())
    sales = [kind for kind in kinds if kind in (UNSTATED, PURCHASE)]
    shop = PURCHASE if states_purchase or PURCHASE in kinds else UNSTATED
    goal_of = dict.fromkeys(sales, shop)
    values = {kind: _order_value(campaigns, kind) for kind in kinds if kind not in goal_of}
    anchor, anchor_value = shop, _order_value(campaigns, *({*sales, PURCHASE} if sales or states_purchase else ()))
    if anchor_value is None:
        paid = [kind for kind in values if values[kind] is not None]
        if paid and not (sales or states_purchase):
            anchor = max(paid, key=lambda kind: (float(_spend(campaigns)[_unstated(campaigns, kind)].sum()), kind))
            anchor_value = values[anchor]
    for kind, value in values.items():
        alike = value is not None and anchor_value is not None and 1 / ALIKE <= value / anchor_value <= ALIKE
        goal_of[kind] = anchor if alike else kind
    return goal_of


def _unstated(campaigns: Campaigns, *kinds: str) -> NDArray[np.bool_]:
    """Campaigns that do not say what they count, and whose objective names one of these kinds."""
    return np.asarray(~campaigns.stated & np.isin(campaigns.kind, kinds))


def _order_value(campaigns: Campaigns, *kinds: str) -> float | None:
    """Usual revenue per conversion of campaigns of these kinds, in the currency most use; None where none brings money.

    The median: a campaign whose conversions are counted ten times does not move it.
    """
    here = np.isin(campaigns.kind, kinds) & (campaigns.currency == (campaigns.usual_currency or NOT_STATED))
    paid = here & (np.nan_to_num(campaigns.conversions) > 0) & (np.nan_to_num(campaigns.revenue) > 0)
    return float(np.median(campaigns.revenue[paid] / campaigns.conversions[paid])) if paid.any() else None


def _spend(campaigns: Campaigns) -> Floats:
    """What each campaign spent in the currency most use, 0 in another."""
    usual = campaigns.currency == (campaigns.usual_currency or NOT_STATED)
    return np.where(usual, np.nan_to_num(campaigns.spend), 0.0)
