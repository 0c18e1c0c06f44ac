"""Weekdays as columns: of what ran for less than a week and says when; how they differ, not whether short ones do."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import worlds
from reflection.domain.evidence import Evidence
from reflection.inference.columns.weekdays import FEWEST_WEEKS, Week, shares_of_week, weekday
from reflection.inference.evidence.dataset import Dataset

MONDAY = 19_401
"""2023-02-13."""


def _rows(weeks: int, days: int = 1) -> list[Evidence]:
    """A campaign a day over some weeks, each of which ran for some days."""
    rng, effects = np.random.default_rng(1), worlds.planted(np.random.default_rng(1), null=True)
    evidence = []
    for day in range(MONDAY, MONDAY + 7 * weeks):
        own = worlds.traits(rng)
        counted = worlds.counts(rng, own.shares(), effects, dict.fromkeys(worlds.BASE, 0.0), 10_000)
        row = worlds.row(f"c{day}", day + days - 1, own, own.shares(), counted)
        evidence.append(replace(row, ran=(day, day + days - 1)))
    return evidence


def test_a_row_of_a_day_is_of_its_weekday_and_all_weekdays_together_are_none() -> None:
    table = Dataset.of(_rows(FEWEST_WEEKS))
    week = Week.of(table)
    columns = week.columns(table).toarray()

    assert week.levels == (1, 2, 3, 4, 5, 6, 7)
    assert columns[0, :7] == pytest.approx([6 / 7, *[-1 / 7] * 6])
    assert columns[:, :7].sum(axis=1) == pytest.approx(0.0)
    assert columns[:, 7:].sum(axis=1) == pytest.approx(1.0)
    assert week.named([6, 7]) == "Saturdays and Sundays"


def test_what_ran_for_a_week_or_does_not_say_when_knows_of_no_weekday() -> None:
    for rows in (_rows(FEWEST_WEEKS, days=7), [replace(one, ran=None) for one in _rows(FEWEST_WEEKS)], _rows(4)):
        assert Week.of(Dataset.of(rows)).features == ()
    mixed = [*_rows(FEWEST_WEEKS), replace(_rows(1, days=7)[0], campaign_id="long")]
    table = Dataset.of(mixed)
    assert not Week.of(table).columns(table).toarray()[table.campaigns.ids.tolist().index("long")].any()


def test_a_plan_of_less_than_a_week_has_weekdays() -> None:
    assert shares_of_week((MONDAY, MONDAY + 1)) == {1: 0.5, 2: 0.5}
    assert shares_of_week((MONDAY, MONDAY + 6)) == {}
    assert weekday(np.array([MONDAY, MONDAY + 6])).tolist() == [1, 7]
