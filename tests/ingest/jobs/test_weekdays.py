"""Days of the week from the daily rows of campaigns that were imported as a whole."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.weekdays import beside_fit, weekdays

LOST = -0.4
"""Of the log of CVR on Saturdays and Sundays."""


def rows(lost: float, *, weekends_only: int = 0) -> Days:
    """Twelve weeks of six campaigns at levels of their own, a quarter of the days missing; single days differ by 6 %.

    The first ``weekends_only`` sell half as well and run on weekends only.
    """
    rng, first = np.random.default_rng(5), dt.date(2026, 1, 5)
    special, level, lines = rng.normal(0, 0.06, 84), rng.normal(0, 0.3, 6), []
    for number in range(84):
        day, weekend = first + dt.timedelta(days=number), number % 7 > 4
        for campaign in range(6):
            scarce = campaign < weekends_only
            if rng.random() < 0.25 or (scarce and not weekend):
                continue
            shown = int(rng.lognormal(np.log(60_000), 0.3))
            clicks = int(rng.poisson(shown * 0.02))
            rate = 0.05 * np.exp(level[campaign] - 0.7 * scarce + special[number] + lost * weekend + rng.normal(0, 0.1))
            came = int(rng.poisson(clicks * rate))
            lines.append([f"c{campaign}", str(day), str(day), shown, clicks, came, round(shown * 0.01, 2), came * 50.0])
    return Days("meta", "Meta", lines, "EUR")


@pytest.fixture(scope="module")
def imported() -> Days:
    return rows(LOST)


def test_what_days_of_the_week_do_is_told_and_of_nothing_else(imported: Days) -> None:
    told = weekdays([imported])

    assert told.keys() == {"cvr"}, "CPM, CTR and order value are alike on all days"
    (weekend,) = (part for part in told["cvr"] if part["name"] == "Saturdays and Sundays")
    assert weekend["finding"]
    assert weekend["interval"][0] < np.exp(LOST * 5 / 7) < weekend["interval"][1]
    assert weekend["reason"] == "seen in 11 of 11 weeks, by the daily rows of imports"
    assert sorted(day for part in told["cvr"] for day in part["weekdays"]) == [1, 2, 3, 4, 5, 6, 7]


def test_campaigns_that_run_on_weekends_only_are_no_weekend() -> None:
    assert weekdays([rows(0.0, weekends_only=2)]) == {}


def test_order_of_rows_does_not_matter_and_a_file_given_again_changes_nothing(imported: Days) -> None:
    assert weekdays([imported, replace(imported, rows=imported.rows[::-1])]) == weekdays([imported])


def test_little_or_nothing_says_nothing(imported: Days) -> None:
    first = min(row[1] for row in imported.rows)
    few = [row for row in imported.rows if row[1] < first[:5] + "99"][:120]
    holes = [[*row[:3], None, None, None, None, None] for row in imported.rows]
    for rows in ([], few, holes, [[*row[:3], 0, 0, 0, 0.0, 0.0] for row in imported.rows]):
        assert weekdays([replace(imported, rows=rows)]) == {}


def test_what_the_fit_says_itself_stands() -> None:
    page = {"items": [], "weekdays": {"ctr": ["of the fit"]}}
    both = beside_fit(page, {"ctr": ["daily"], "cvr": ["daily"]})
    assert both["weekdays"] == {"ctr": ["of the fit"], "cvr": ["daily"]}
