"""Months as columns: shares of the days a campaign ran, for months that history has twice, made of each alone."""

import datetime as dt

import numpy as np
import pytest

from reflection.domain.evidence import days_of
from reflection.inference.columns.time_of_year import LONGEST, Calendar, _enough, month_shares, shares_of_year
from reflection.inference.findings.recurring_times import turns_more


def _day(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("first", "last", "shares"),
    [
        ("2024-11-05", "2024-11-05", {11: 1.0}),
        ("2024-11-16", "2024-12-15", {11: 0.5, 12: 0.5}),
        ("2024-12-31", "2025-01-01", {12: 0.5, 1: 0.5}),
        ("2024-02-01", "2024-02-29", {2: 1.0}),
        ("2023-11-01", "2025-01-30", {11: 60 / 457, 12: 62 / 457, 1: 61 / 457}),
    ],
)
def test_days_are_shared_out_over_the_months(first: str, last: str, shares: dict[int, float]) -> None:
    found = shares_of_year((_day(first), _day(last)))

    assert {month: found[month] for month in shares} == pytest.approx(shares)
    assert sum(found.values()) == pytest.approx(1.0)


def test_each_campaign_is_shared_out_alone_and_one_of_many_years_says_nothing() -> None:
    first = np.array([_day("2024-01-31"), _day("1990-01-01"), _day("2025-06-01")])
    last = np.array([_day("2024-02-01"), _day("2030-01-01"), _day("2025-06-30")])
    campaign, month, share = month_shares(first, last)

    assert campaign.tolist() == [0, 0, 2]
    assert share.tolist() == [0.5, 0.5, 1.0]
    assert (month % 12 + 1).tolist() == [1, 2, 6]
    assert LONGEST < 40 * 12


@pytest.mark.parametrize("zone", [-8, 0, 1, 9])
def test_a_period_in_local_time_keeps_its_days(zone: int) -> None:
    local = dt.timezone(dt.timedelta(hours=zone))
    start, end = dt.datetime(2024, 11, 1, tzinfo=local), dt.datetime(2024, 11, 30, 23, 59, 59, tzinfo=local)

    assert days_of(start, end) == (_day("2024-11-01"), _day("2024-11-30"))
    assert days_of(start, dt.datetime(2024, 12, 1, tzinfo=local)) == (_day("2024-11-01"), _day("2024-11-30"))
    assert days_of(None, end) is None


@pytest.mark.parametrize(
    ("seen", "enough"),
    [
        (range(600, 617), 600 + 20),  # 17 months on end: nine were seen twice after the 21st
        (range(600, 621), 620),
        ([*range(600, 606), 630], 644),  # a hole of two years: what was seen before it counts
        (range(600, 605), None),
        ([], None),
    ],
)
def test_from_when_on_months_can_be_compared(seen: list[int], enough: int | None) -> None:
    assert _enough(list(seen)) == enough


def test_what_it_takes_is_said_in_words() -> None:
    assert Calendar((), (), 0, None).outlook is None
    assert Calendar((), (), 5, 12 * 56 + 8).outlook == (
        "whether the time of the year matters we cannot tell yet: it takes 9 months of the year seen in 2 years each, "
        "and so far 5 are; if campaigns go on every month, we can after September 2026"
    )


def test_what_is_suspected_says_how_much_longer_it_takes() -> None:
    assert turns_more(0.10, 0.06, 0.05, 2) == 1
    assert turns_more(0.10, 0.07, 0.08, 2) == 2
    assert turns_more(0.10, 0.07, 0.30, 2) is None, "not even suspected"
    assert turns_more(0.02, 0.07, 0.10, 2) is None, "longer than it was seen"
    assert turns_more(-0.10, 0.06, 0.05, 2) == turns_more(0.10, 0.06, 0.05, 2)
    assert turns_more(0.10, 0.06, 0.05, 0) is None
