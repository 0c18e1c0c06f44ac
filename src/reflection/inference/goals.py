"""Which goals a workspace has: campaigns that count the same thing, compared with each other and with no others.

A stated kind of conversion is a goal. Where campaigns do not state one, their objective may name it; campaigns whose
objectives differ but that bring about as much money per conversion sell the same thing, and are one goal. A pure
function of the set. Must not know how anything is fitted.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reflection.domain.conversion_kind import PURCHASE, UNSTATED, plural
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Finding
from reflection.inference.campaign_columns import NOT_STATED, Campaigns, Floats
from reflection.inference.findings.common import finding_id
from reflection.inference.fit_budget import MOST_GOALS

ALIKE = 4.0
"""Campaigns that do not say what they count are one goal up to this ratio of their revenue per conversion."""


class Goal(NamedTuple):
    """One goal of a workspace: its kind of conversion, and the ids of all campaigns that are not learnt from for it."""

    kind: str
    others: frozenset[str]


def goals_of(campaigns: Campaigns, held: Collection[str]) -> tuple[list[Goal], dict[str, str], int]:
    """The goals of these campaigns, the one with the largest spend first.

    Args:
        held: ids of campaigns that are kept out of everything; a goal has at least one other.

    Returns:
        The goals, one of no kind where there are no campaigns; for each kind that an objective names the goal of
        campaigns that state none themselves; and how many goals are not learnt for (`fit_budget`).
    """
    out = frozenset(held)
    among = campaigns.subset(np.array([name not in out for name in campaigns.ids.tolist()], dtype=np.bool_))
    kinds, of_objective = kinds_of(among)
    spend = _spend(among)
    ranked = sorted(
        set(kinds.tolist()), key=lambda kind: (-float(spend[kinds == kind].sum()), -int((kinds == kind).sum()), kind)
    )
    goals = [Goal(kind, out.union(among.ids[kinds != kind].tolist())) for kind in ranked[:MOST_GOALS]]
    return goals or [Goal(UNSTATED, out)], of_objective, max(len(ranked) - MOST_GOALS, 0)


def kinds_of(campaigns: Campaigns) -> tuple[NDArray[np.str_], dict[str, str]]:
    """The goal of each campaign, and of each kind that an objective names where campaigns state none."""
    of_objective = _pooled(campaigns, sorted(set(campaigns.kind[~campaigns.stated].tolist())))
    own = zip(campaigns.kind.tolist(), campaigns.stated.tolist(), strict=True)
    return np.array([kind if stated else of_objective[kind] for kind, stated in own], dtype=np.str_), of_objective


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
