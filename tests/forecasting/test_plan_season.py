"""A plan's days: December is foretold as December, no days as any month, what was not seen twice as unknown."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.domain.recurring_times import RecurringTimes
from reflection.forecasting import plan_evaluation
from reflection.forecasting.calibration import EMPTY

DRAWS = 200
SEASON = RecurringTimes(
    np.arange(1, 12), np.repeat(np.linspace(-0.2, 0.2, 11)[:, None], DRAWS, axis=1).astype(np.float32),
    np.array([0.3, 0.05]),
)  # fmt: skip
WEEK = RecurringTimes(
    np.arange(1, 8), np.repeat(np.linspace(0.3, -0.3, 7)[:, None], DRAWS, axis=1).astype(np.float32),
    np.array([0.1, 0.02]),
)  # fmt: skip


@pytest.fixture
def known(knowledge: Knowledge) -> Knowledge:
    """What is known, with a season and a week that were not learnt of them."""
    cvr = replace(knowledge.posteriors["cvr"], season=SEASON, week=WEEK)
    return replace(knowledge, posteriors={**knowledge.posteriors, "cvr": cvr})


def _cvr(known: Knowledge, **days: str) -> tuple[dict[str, Any], list[str]]:
    plan = Plan(platform="Meta", objective="Sales", budget=500.0, currency=known.currency, **days)
    said = plan_evaluation.evaluate([("", plan)], known, EMPTY)["plans"][0]
    return said["metrics"]["cvr"], said["notes"]


def _width(said: dict[str, Any]) -> float:
    return float(np.log(said["intervals"]["90"][1] / said["intervals"]["90"][0]))


def test_a_plan_is_foretold_for_its_month_and_compared_with_what_is_usual_in_it(known: Knowledge) -> None:
    (low, _), (high, notes) = (
        _cvr(known, period_start=f"2026-{month}-01T00:00:00Z", period_end=f"2026-{month}-28T00:00:00Z")
        for month in ("01", "11")
    )
    assert np.log(high["signals"] / low["signals"]) == pytest.approx(0.4, abs=1e-6)
    assert high["p_better"] == pytest.approx(low["p_better"])
    assert "November, as in the years before: CVR 22 % above the year's average" in notes


def test_without_days_any_month_may_be_meant(known: Knowledge, knowledge: Knowledge) -> None:
    (plain, _), (said, notes) = _cvr(knowledge), _cvr(known)

    assert said["signals"] == pytest.approx(plain["signals"])
    assert _width(said) > _width(plain)
    assert any("foretold for an average month" in note and "period_start" in note for note in notes)


def test_a_month_that_was_not_seen_twice_is_unknown(known: Knowledge) -> None:
    (unseen, notes), (seen, _) = (_cvr(known, timestamp=f"2026-{month}-09T15:00:00Z") for month in ("12", "06"))

    assert _width(unseen) > _width(seen)
    assert any(note.startswith("not identified: December was not seen in two years") for note in notes)


def test_a_plan_of_less_than_a_week_is_foretold_by_its_weekdays(known: Knowledge) -> None:
    monday, sunday = (
        _cvr(known, period_start=f"2026-06-{day}T00:00:00Z", period_end=f"2026-06-{day}T23:00:00Z")[0]
        for day in ("08", "14")
    )
    assert np.log(monday["signals"] / sunday["signals"]) == pytest.approx(0.6, abs=1e-6)


def test_a_timestamp_alone_says_the_month_and_no_weekday(known: Knowledge) -> None:
    monday, sunday = (_cvr(known, timestamp=f"2026-06-{day}T00:00:00Z")[0] for day in ("08", "14"))
    assert monday["signals"] == pytest.approx(sunday["signals"])
