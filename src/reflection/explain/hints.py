"""What to send next time, each hint with its precondition: it is given to whom it fits, and to nobody else.

A precondition is a function of the campaign as it was sent. Must not know phrases, priorities or what was learnt.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from reflection.domain.basis import basis_of
from reflection.domain.campaign import Campaign
from reflection.domain.goal import brings_money, kind_of


class Hint(NamedTuple):
    """A phrase, and to which campaigns it may be said."""

    phrase: str
    fits: Callable[[Campaign], bool]


def lacks_breakdown(campaign: Campaign) -> bool:
    """It came without a breakdown, and has more than one audience or creative to be told apart (or names none)."""
    one_of_each = len(campaign.audiences) == 1 and len(campaign.creatives) == 1
    return not campaign.breakdown and not one_of_each


def lacks_revenue(campaign: Campaign) -> bool:
    """Its conversions bring money, or were planned to, and nobody said how much."""
    actual, expected = campaign.actual_metrics.revenue, campaign.expected_metrics.revenue
    return actual is None and brings_money(kind_of(campaign), expected)


def lacks_planned_revenue(campaign: Campaign) -> bool:
    """It has revenue, and a planner's forecast that promises none."""
    return (
        basis_of(campaign).forecast
        and campaign.actual_metrics.revenue is not None
        and campaign.expected_metrics.revenue is None
    )


HINTS: Mapping[str, Hint] = {
    "flag:no_findings": Hint("next.breakdown", lacks_breakdown),
    "flag:revenue_is_missing": Hint("next.revenue", lacks_revenue),
    "flag:the_forecast_has_no_revenue": Hint("next.planned_revenue", lacks_planned_revenue),
}
"""Evidence id -> the hint that goes with what it says."""


def hint_for(evidence_id: str, campaign: Campaign | None) -> str | None:
    """The phrase of the hint that goes with a piece of evidence; None where there is none or it does not fit."""
    hint = next((hint for opening, hint in HINTS.items() if evidence_id.startswith(opening)), None)
    return hint.phrase if hint is not None and campaign is not None and hint.fits(campaign) else None
