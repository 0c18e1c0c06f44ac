"""What a campaign is for: the kind of conversion it counts, and whether that kind brings money.

Rates of conversion and money are compared within one kind only. A revenue of 0 where the kind brings none (a lead, an
app install) was not given; it is no ROAS of 0. Knows campaigns and plans by two of their fields; must not know what was
learnt.
"""

from typing import Protocol

from reflection.domain.campaign import Campaign
from reflection.domain.conversion_kind import MONEY_KINDS, kind_of_objective


class HasGoal(Protocol):
    """A campaign or a plan."""

    @property
    def conversion_kind(self) -> str | None:
        """What it says it counts, None where it does not."""

    @property
    def objective(self) -> str:
        """Its objective, as it was written."""


def kind_of(item: HasGoal) -> str:
    """The kind of conversion: what was stated, else what the objective names; ``UNSTATED`` where it names none."""
    return item.conversion_kind or kind_of_objective(item.objective)


def brings_money(kind: str, *revenues: float | None) -> bool:
    """Whether revenues of a campaign of this kind are figures: the kind brings money, or one of them is more than 0."""
    return kind in MONEY_KINDS or any(revenues)


def as_given(campaign: Campaign) -> Campaign:
    """The campaign with no revenue where a revenue of 0 says nothing; itself everywhere else."""
    sides = {"expected_metrics": campaign.expected_metrics, "actual_metrics": campaign.actual_metrics}
    if brings_money(kind_of(campaign), *(metrics.revenue for metrics in sides.values())):
        return campaign
    return campaign.model_copy(
        update={side: metrics.model_copy(update={"revenue": None}) for side, metrics in sides.items()}
    )
