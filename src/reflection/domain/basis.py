"""What the expected figures of a campaign are: a forecast, a reference taken from other facts, or nothing at all.

Only a forecast can be met or missed. Importers fill expected figures from the account's past where nobody forecast a
campaign and say so in `planner`; whoever posts does the same with these names. Expected figures that equal the result
in every figure are the result, copied: nothing is compared with them. Pure; must not know how a KPI is computed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.evidence import Counts
from reflection.domain.metrics import COUNTS
from reflection.domain.planner_forecast import (
    ACCOUNT_AVERAGE,
    NO_FORECAST,
    PREVIOUS_PERIOD,
    TRAILING_28D,
    is_reference,
    reference_name,
)

COPIED = 1e-6
"""Figures that differ by less than this share are the same figure, rounded."""

Figures = Metrics | Counts
"""One side of a campaign, as it came in or as evidence holds it."""

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Basis:
    """What a campaign is compared with, and how that is called.

    Attributes:
        name: as answers carry it.
        title: over a column of its figures.
        phrase: in a sentence: better than ``its forecast``.
        figure: how one of its figures is told, with ``{}`` for it: against ``50.00 expected``.
        subject: the same as the subject of a sentence: ``the forecast of 50.00`` is outside.
        owner: whose return or CPA it is: ``the forecast's``.
    """

    name: str
    title: str
    phrase: str
    figure: str
    subject: str
    owner: str

    @property
    def forecast(self) -> bool:
        """Whether somebody said it beforehand, so that it can be met or missed."""
        return self.name == FORECAST

    @property
    def comparable(self) -> bool:
        """Whether there is anything to compare with."""
        return self.name != NO_FORECAST

    @property
    def noun(self) -> str:
        """It, where a sentence speaks of what it holds: ``the forecast``."""
        return "the forecast" if self.forecast else self.phrase


FORECAST = "forecast"

BASES: Mapping[str, Basis] = MappingProxyType({basis.name: basis for basis in (
    Basis(FORECAST, "forecast", "its forecast", "{} expected", "the forecast of {}", "the forecast's"),
    Basis(ACCOUNT_AVERAGE, "account's average", "the account's average", "the account's average of {}",
          "the account's average of {}", "the account's average"),
    Basis("month-before", "month before", "the month before", "{} in the month before",
          "the earlier month's {}", "the earlier month's"),
    Basis("week-before", "week before", "the week before", "{} in the week before",
          "the earlier week's {}", "the earlier week's"),
    Basis("day-before", "day before", "the day before", "{} on the day before",
          "the earlier day's {}", "the earlier day's"),
    Basis("period-before", "period before", "the period before", "{} in the period before",
          "the earlier period's {}", "the earlier period's"),
    Basis(TRAILING_28D, "four weeks before", "the four weeks before", "{} in the four weeks before",
          "the earlier weeks' {}", "the earlier weeks'"),
    Basis(NO_FORECAST, "nothing to compare with", "nothing", "{}", "{}", "nothing's"),
)})  # fmt: skip
"""Every basis of a comparison."""


def reference_of(planner: str | None, expected: Figures, actual: Figures) -> str | None:
    """Which of `REFERENCES` the expected figures are; None for somebody's forecast.

    Args:
        planner: who made the forecast, in any spelling: ``No forecast`` is ``no-forecast``.
    """
    if copied(expected, actual) or all(getattr(expected, name) is None for name in COUNTS):
        return NO_FORECAST
    return reference_name(planner) if is_reference(planner) else None


def copied(expected: Figures, actual: Figures) -> bool:
    """Whether the expected figures are the result in every figure that both sides give."""
    count = 0
    for name in COUNTS:
        planned, fact = getattr(expected, name), getattr(actual, name)
        if planned is not None and fact is not None:
            if not math.isclose(planned, fact, rel_tol=COPIED):
                return False
            count += 1
    return count > 1


def basis_of(campaign: Campaign) -> Basis:
    """What a campaign's result is compared with."""
    reference = reference_of(campaign.planner, campaign.expected_metrics, campaign.actual_metrics)
    return BASES[_before(campaign) if reference == PREVIOUS_PERIOD else reference or FORECAST]


def _before(campaign: Campaign) -> str:
    """The period before, by the length of the campaign's own."""
    if campaign.period_start is None or campaign.period_end is None:
        return "period-before"
    seconds = (campaign.period_end - campaign.period_start).total_seconds()
    days = seconds / _SECONDS_A_DAY
    for name, least, most in (("day-before", 0, 1), ("week-before", 6, 7), ("month-before", 27, 31)):
        if least <= days <= most:
            return name
    return "period-before"
