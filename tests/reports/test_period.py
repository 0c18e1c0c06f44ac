"""Several campaigns in five lines: nothing added across kinds or currencies, nothing of what is held."""

from collections.abc import Callable
from typing import Any

import pytest

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import NOTHING
from reflection.domain.results import Comparison
from reflection.explain.sentences import Sentences
from reflection.reports.period import Period

NOW = "2026-03-29T10:00:00+00:00"


@pytest.fixture
def comparison(make_campaign: Callable[..., Campaign]) -> Callable[..., Comparison]:
    """The comparison of the sample campaign, changed."""
    return lambda **changes: compare(make_campaign(**changes), generated_at=NOW)


def _text(period: Period) -> dict[str, str]:
    return {line.question: line.text for line in period.lines(NOTHING, ())}


def test_campaigns_are_counted_by_what_their_own_interval_says(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison())
    period.add(comparison(actual={"conversions": 60.0, "revenue": 5000.0}))

    assert period.verdict(Sentences()) == "Of 2 campaigns, 1 did better than forecast beyond noise, 1 did worse."


def test_the_money_is_of_one_kind_and_one_currency(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison(conversion_kind="purchase", currency="USD"))
    alone = _text(period)["money"]
    for other in ({"conversion_kind": "lead", "currency": "USD"}, {"conversion_kind": "purchase", "currency": "EUR"}):
        period.add(comparison(**other, actual={"spend": 10.0, "conversions": 900.0}))

    assert _text(period)["money"] == f"{alone} That is of 1 campaign whose conversion is: purchase, in USD."


def test_what_is_held_is_in_no_line_but_beside_them(comparison: Callable[..., Comparison]) -> None:
    period, without = Period(), Period()
    fault = comparison(actual={"conversions": 4000.0, "revenue": 900_000.0})
    period.add(fault)
    for kept in (comparison(), comparison(actual={"conversions": 60.0, "revenue": 5000.0})):
        period.add(kept)
        without.add(kept)
    period.hold(fault)

    held, clean = _text(period), _text(without)
    assert {name: held[name] for name in ("happened", "why", "money")} == {
        name: clean[name] for name in ("happened", "why", "money")
    }
    assert held["certainty"].endswith("Held out, because they look like tracking faults: 1 campaign.")


def test_the_order_of_campaigns_changes_nothing(comparison: Callable[..., Comparison]) -> None:
    several = [comparison(actual={"conversions": float(number), "revenue": 90.0 * number}) for number in (70, 80, 90)]
    one, other = Period(), Period()
    for item in several:
        one.add(item)
    for item in reversed(several):
        other.add(item)

    assert one.lines(NOTHING, ()) == other.lines(NOTHING, ())


def test_without_any_forecast_nothing_is_held_against_one(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison(planner="no-forecast"))
    text: Any = _text(period)

    assert text["happened"] == "Of 1 campaign, 1 cannot be compared."
    assert "forecast" not in text["money"]
