"""Days on end whose conversions went missing or doubled: seen however the rows are cut, and never where none are."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from reflection.ingest import ImportOptions, read_export
from reflection.ingest.checks import stretches as module
from reflection.ingest.checks.stretches import Stretch, far, stretches

HEADER = "Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
AS_OF = dt.date(2026, 12, 31)


def _frame(*campaigns: list[float]) -> pl.DataFrame:
    """Identified rows of campaigns: conversions by day, of 100 EUR each."""
    rows = [(f"c{number}", day, count) for number, days in enumerate(campaigns) for day, count in enumerate(days)]
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=day) for _, day, _ in rows]
    return pl.DataFrame({
        "platform": "Meta", "currency": "EUR", "key": [key for key, _, _ in rows], "first": days, "last": days,
        "impressions": 10_000.0, "clicks": 200.0, "conversions": [float(count) for _, _, count in rows],
        "spend": 100.0, "revenue": None, "line": list(range(len(rows))),
    }, schema_overrides={"revenue": pl.Float64})  # fmt: skip


def _days(found: list[Stretch]) -> list[tuple[str, int, int]]:
    start = dt.date(2026, 1, 1)
    return [(one.key, (one.first - start).days, (one.last - start).days) for one in found]


@pytest.mark.parametrize(
    ("conversions", "due", "is_off"), [(0, 30, True), (0, 29, False), (6, 30, False), (400, 60, True)]
)
def test_a_count_is_off_where_it_is_six_times_so_and_beyond_chance(
    conversions: float, due: float, is_off: bool
) -> None:
    assert far(conversions, due) is is_off


@pytest.mark.parametrize("share", [0.0, 10.0])
@pytest.mark.parametrize("place", [0, 20, 50])
def test_the_days_are_found_wherever_they_lie(share: float, place: int) -> None:
    days = [8 * share if place <= day < place + 10 else 8.0 for day in range(60)]

    assert _days(stretches(_frame(days))) == [("c0", place, place + 9)]


def test_two_stretches_are_two() -> None:
    days = [0.0 if day in (*range(10, 16), *range(40, 46)) else 8.0 for day in range(60)]

    assert sorted(_days(stretches(_frame(days)))) == [("c0", 10, 15), ("c0", 40, 45)]


def test_an_account_is_seen_where_each_campaign_is_too_small() -> None:
    days = [0.0 if 20 <= day < 30 else 1.0 for day in range(60)]
    found = stretches(_frame(*[days] * 6))

    assert stretches(_frame(days)) == []
    assert _days(found) == [(f"c{number}", 20, 29) for number in range(6)]
    assert all(one.everywhere for one in found)


def test_a_campaign_that_counted_on_has_no_part_in_it() -> None:
    silent = [0.0 if 20 <= day < 30 else 4.0 for day in range(60)]
    found = stretches(_frame(silent, silent, silent, [0.5] * 60))

    assert {one.key for one in found} == {"c0", "c1", "c2"}


def test_days_that_still_gain_conversions_are_not_silent() -> None:
    days = [0.0 if day >= 50 else 8.0 for day in range(60)]

    assert _days(stretches(_frame(days))) == [("c0", 50, 59)]
    assert stretches(_frame(days), dt.date(2026, 1, 1) + dt.timedelta(days=52)) == []


def test_chance_makes_none() -> None:
    random = np.random.default_rng(7)
    for usual in (0.3, 2.0, 20.0):
        frame = _frame(*[random.negative_binomial(2, 2 / (2 + usual), 90).tolist() for _ in range(20)])
        assert stretches(frame) == [], usual


def _silent(share: float, campaigns: int, *, monthly: bool = False, per_day: int = 4) -> str:
    """A file of nine months in which June counted `share` of what it should have."""
    rows = [HEADER.replace("Day", "Reporting starts,Reporting ends")] if monthly else [HEADER]
    for name in range(campaigns):
        for month in range(1, 10):
            counts = [per_day * (share if month == 6 else 1.0) for _ in range(28)]
            if monthly:
                first, last = dt.date(2025, month, 1), dt.date(2025, month + 1, 1) - dt.timedelta(days=1)
                rows.append(f"K{name},{first},{last},2800,280000,5600,{sum(counts):.0f}\n")
            else:
                rows += [f"K{name},2025-{month:02d}-{d + 1:02d},100,10000,200,{c:g}\n" for d, c in enumerate(counts)]
    return "".join(rows)


@pytest.mark.parametrize("share", [0.0, 0.1, 10.0])
@pytest.mark.parametrize("group_by", ["campaign", "month"])
@pytest.mark.parametrize("monthly", [False, True])
@pytest.mark.parametrize("campaigns", [1, 5])
def test_a_silent_month_is_doubted_however_its_rows_are_cut(
    share: float, group_by: str, monthly: bool, campaigns: int
) -> None:
    text = _silent(share, campaigns, monthly=monthly)
    report = read_export(("silent.csv", text.encode()), ImportOptions(as_of=AS_OF, group_by=group_by))

    notes = [note for note in report.findings if note.code == "tracking_fault"]
    doubted = [one for one in report.campaigns if one.conversions_in_doubt is not None]
    assert len(notes) == 1
    assert len(doubted) == campaigns
    assert set(notes[0].campaigns) == {one.campaign_id for one in doubted}
    assert {one.conversions_in_doubt.spend for one in doubted} == {2800.0}
    assert group_by == "campaign" or all(one.campaign_id.endswith("2025-06") for one in doubted)


@pytest.mark.parametrize("share", [0.3, 1.0, 3.0])
def test_a_weak_or_strong_month_is_none(share: float) -> None:
    report = read_export(("weak.csv", _silent(share, 5).encode()), ImportOptions(as_of=AS_OF))

    assert "tracking_fault" not in {note.code for note in report.findings}
    assert all(one.conversions_in_doubt is None for one in report.campaigns)


@pytest.mark.parametrize(("first", "last"), [(0, 9), (20, 29), (50, 59)])
def test_of_few_days_among_many_the_few_are_wrong_of_an_account_too(first: int, last: int) -> None:
    days = [12.0 if first <= day <= last else 1.0 for day in range(60)]

    assert _days(stretches(_frame(*[days] * 4))) == [(f"c{number}", first, last) for number in range(4)]


def test_campaigns_of_too_few_rows_to_be_their_own_measure_change_nothing_and_are_not_looked_at_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file may name 20,000 campaigns of a day each; each of them alone cost a millisecond."""
    days = [0.0 if 20 <= day < 30 else 1.0 for day in range(60)]
    looks: list[object] = []
    due = module._Days.due

    def counted(campaign: object, *arguments: Any) -> Any:
        looks.append(campaign)
        return due(campaign, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module._Days, "due", counted)
    alone, without = stretches(_frame(*[days] * 6)), len(looks)
    looks.clear()

    assert stretches(_frame(*[days] * 6, *[[3.0]] * 500)) == alone
    assert len(looks) == without
