"""Several campaigns in five lines: nothing added across kinds or currencies, nothing of what is held."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.results import Comparison, Finding
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
    period.add(comparison(campaign_id="other", actual={"conversions": 60.0, "revenue": 5000.0}))

    assert period.verdict(Sentences()) == "Of 2 campaigns, 1 did better than forecast beyond noise, 1 did worse."


def test_the_money_is_of_one_kind_and_one_currency(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison(conversion_kind="purchase", currency="USD"))
    alone = _text(period)["money"]
    for other in ({"conversion_kind": "lead", "currency": "USD"}, {"conversion_kind": "purchase", "currency": "EUR"}):
        period.add(comparison(**other, actual={"spend": 10.0, "conversions": 900.0}))

    assert _text(period)["money"] == (
        f"{alone} That is of 1 campaign whose conversion is: purchase, in USD. The others: "
        "USD 10 spent for 900 leads and USD 22,500; EUR 10 spent for 900 purchases and EUR 22,500."
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rate=st.sampled_from([0.01, 1.0, 150.0, 40_000.0]), usual=st.sampled_from([None, "EUR", "XXX"]))
def test_no_currency_comes_first_for_its_large_numbers(
    comparison: Callable[..., Comparison], rate: float, usual: str | None
) -> None:
    period = Period()
    for currency, number in {"EUR": 3, "XXX": 2}.items():
        for place in range(number):
            amounts = {"spend": 4000.0 * (rate if currency == "XXX" else 1.0)}
            period.add(comparison(campaign_id=f"{currency}{place}", currency=currency, actual=amounts))
    money = {line.question: line.text for line in period.lines(Knowledge(currency=usual), ())}["money"]

    assert money.startswith(usual or "EUR")
    assert "XXX" in money
    assert "EUR" in money


def test_what_came_without_spend_is_no_result_of_the_money(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison())
    alone = _text(period)["money"]
    period.add(comparison(actual={"spend": 0.0, "conversions": 40.0, "revenue": 3600.0}))

    assert _text(period)["money"] == f"{alone} Beside that, 1 campaign without spend brought 40 leads and 3,600."


def test_what_still_comes_in_is_held_against_no_forecast(comparison: Callable[..., Comparison]) -> None:
    """Half of the conversions are missing as yet: that is no result, and no month is worse for it."""
    period, complete = Period(), Period()
    for one in (period, complete):
        one.add(comparison())
    late = comparison(mature_on="2026-12-31", actual={"spend": 3000.0, "conversions": 2.0, "revenue": 90.0})
    period.add(late)
    alone = Period()
    alone.add(late)

    assert _text(period)["why"] == _text(complete)["why"]
    assert _text(period)["money"] == (
        f"{_text(complete)['money']} 3,000 went into 1 campaign not compared yet: conversions still come in."
    )
    assert _text(alone)["money"].startswith("3,000 was spent; what it brought is not known.")


def test_the_first_verdict_says_what_it_is_held_against(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison(actual={"conversions": 20.0, "revenue": 900.0}))
    assert _text(period)["happened"] == "Of 1 campaign, 1 did worse than forecast beyond noise."


@pytest.mark.parametrize(("number", "said"), [(0, "No difference between"), (1, "1 difference between")])
def test_none_and_one_difference_are_said_in_english(
    comparison: Callable[..., Comparison], number: int, said: str
) -> None:
    period = Period()
    period.add(comparison())
    finding = Finding(
        "f1", "winning_audience", "t", "d", "audience:students", 1.0, 9, {}, "cvr", "favorable", 1.3, (1.1, 1.5), 0.98,
        0.02, 1.3, 5.0, 100.0, (), (),
    )  # fmt: skip
    knowledge = Knowledge(campaigns=9, findings=(finding,) * number)
    text = {line.question: line.text for line in period.lines(knowledge, ())}["certainty"]
    assert text.startswith(said)
    assert "holds beyond chance" in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_held_is_in_no_line_but_beside_them(comparison: Callable[..., Comparison], data: st.DataObject) -> None:
    """In whatever order, whether it was added or not: it may state less than the others, or count something else."""
    spends = st.floats(0.01, 1e7, allow_nan=False)
    kept = [
        comparison(campaign_id=f"kept{place}", actual={"spend": spend, "conversions": number, "revenue": revenue})
        for place, (spend, number, revenue) in enumerate(
            data.draw(st.lists(st.tuples(spends, st.floats(1.0, 100.0), spends), min_size=1, max_size=4))
        )
    ]
    fault = comparison(
        campaign_id="fault",
        conversion_kind=data.draw(st.sampled_from([None, "purchase"])),
        actual={"spend": data.draw(spends), "conversions": 90.0, "revenue": data.draw(st.none() | spends)},
    )
    period, without = Period(), Period()
    steps: list[tuple[Callable[[Comparison], None], Comparison]] = [(period.add, one) for one in kept]
    steps += [(period.hold, fault), *[(period.add, fault)] * data.draw(st.integers(0, 1))]
    for act, one in data.draw(st.permutations(steps)):
        act(one)
    for one in kept:
        without.add(one)

    held, clean = _text(period), _text(without)
    assert {name: held[name] for name in ("happened", "why", "money")} == {
        name: clean[name] for name in ("happened", "why", "money")
    }
    assert held["certainty"].endswith("Held out, because they look like tracking faults: 1 campaign.")


@pytest.mark.parametrize("held", [1, 3])
@pytest.mark.parametrize("lane", ["exploit", "explore"])
def test_what_is_held_is_looked_at_before_anything_is_tested(
    comparison: Callable[..., Comparison], held: int, lane: str
) -> None:
    period = Period()
    for number in range(held):
        fault = comparison(campaign_id=f"fault{number}", actual={"conversions": 4000.0, "revenue": 900_000.0})
        period.add(fault)
        period.hold(fault)
    period.add(comparison())
    card = {"lane": lane, "sentence": "The advice.", "id": "r1"}
    text = {line.question: line.text for line in period.lines(NOTHING, [card])}["next"]
    alone = {line.question: line.text for line in period.lines(NOTHING, [])}["next"]

    assert alone.startswith(f"Check how conversions are counted in {held} campaign")
    assert text == (f"{alone} The advice." if lane == "explore" else f"The advice. {alone}")


def test_the_five_lines_are_of_what_can_be_judged_with_the_rest_beside(comparison: Callable[..., Comparison]) -> None:
    """Reach campaigns with most of the money count nothing: the shop's result is told, theirs beside it."""
    period, shop = Period(), Period()
    for one in (period, shop):
        one.add(comparison(conversion_kind="purchase", currency="EUR"))
    nothing = {"conversions": None, "revenue": None}
    reach = comparison(conversion_kind="reach", currency="EUR", actual={**nothing, "spend": 90_000.0}, expected=nothing)
    period.add(reach)

    assert _text(period)["why"] == _text(shop)["why"]
    assert _text(period)["money"].startswith(_text(shop)["money"])
    assert "EUR 90,000" in _text(period)["money"]


@pytest.mark.parametrize("category", ["cluster", "budget_inefficiency"])
def test_groups_of_campaigns_are_no_difference_between_audiences(
    comparison: Callable[..., Comparison], category: str
) -> None:
    period = Period()
    period.add(comparison())
    finding: Any = Finding(
        "f1", category, "t", "d", "cluster:scale", 1.0, 9, {}, "roas", "favorable", 1.3, (1.1, 1.5), None, None, None,
        5.0, None, (), (),
    )  # fmt: skip
    text = {line.question: line.text for line in period.lines(Knowledge(campaigns=9, findings=(finding,)), ())}

    assert text["certainty"].startswith("No difference")


@pytest.mark.parametrize("lane", ["exploit", "avoid", "explore"])
def test_what_is_advised_does_not_stand_beside_no_difference_at_all(
    comparison: Callable[..., Comparison], lane: str
) -> None:
    period = Period()
    period.add(comparison())
    card = {"lane": lane, "sentence": "The advice.", "id": "r1"}
    text = {line.question: line.text for line in period.lines(Knowledge(campaigns=9), [card])}["certainty"]

    assert ("what is advised is right in nine of ten" in text) is (lane != "explore")
    assert text.startswith("No difference") is True
    assert ("holds beyond chance" in text) is (lane == "explore")


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

    assert text["happened"] == "1 campaign with no forecast to compare them with: ROAS 5.70 and CPA 19.27."
    assert all("forecast" not in text[question] for question in text if question != "happened")


def test_rows_of_one_real_campaign_are_results_and_no_campaigns(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    for month in range(12):
        own = comparison(campaign_id=f"row{month}", unit_id=f"real{month % 2}", conversion_kind="purchase")
        period.add(own)
        if month < 2:
            period.hold(own)
    period.add(comparison(campaign_id="lead", conversion_kind="lead", actual={"spend": 10.0, "conversions": 9.0}))
    text = _text(period)

    assert text["happened"].startswith("Of 11 results of 3 campaigns, 11 did better")
    assert "That is of 2 campaigns whose conversion is: purchase" in text["money"]
    assert text["certainty"].endswith("Held out, because they look like tracking faults: 2 campaigns.")


def test_without_a_forecast_goals_are_told_apart(comparison: Callable[..., Comparison]) -> None:
    period = Period()
    period.add(comparison(planner="no-forecast", conversion_kind="purchase", currency="EUR"))
    free = {"revenue": None}
    period.add(comparison(campaign_id="b", planner="no-forecast", conversion_kind="lead", actual=free, expected=free))

    assert _text(period)["happened"] == (
        "2 campaigns with no forecast to compare them with: leads CPA 19.27; purchases EUR ROAS 5.70 and CPA EUR 19.27."
    )


@pytest.mark.parametrize("planner", ["no-forecast", "somebody"])
def test_what_was_learnt_explains_what_no_forecast_does(comparison: Callable[..., Comparison], planner: str) -> None:
    period = Period()
    period.add(one := comparison(planner=planner))
    finding = Finding(
        "f1", "winning_audience", "t", "d", "audience:students", 1.0, 9, {}, "cvr", "favorable", 1.3, (1.1, 1.5), 0.98,
        0.02, 1.3, 5.0, 100.0, (one.campaign_id,), (),
    )  # fmt: skip
    lines = period.lines(Knowledge(campaigns=9, findings=(finding,)), ())
    why = next(line for line in lines if line.question == "why")

    assert ("students" in why.text) == (why.evidence == ("finding:f1",)) == (planner == "no-forecast")


@pytest.mark.parametrize("lane", ["exploit", "explore", None])
def test_what_to_do_speaks_of_what_the_whole_account_did(
    comparison: Callable[..., Comparison], lane: str | None
) -> None:
    """One campaign's own answer advises to look for what changed: of all of them nothing less is said."""
    period = Period()
    period.add(one := comparison())
    change = Finding(
        "f1", "platform_trend", "t", "d", "lasting:2026-01-01", 1.0, 9, {"kind": "lasting", "label": "The account"},
        "cvr", "unfavorable", 0.7, (0.6, 0.8), 0.99, 0.01, None, 9.0, 100.0, (one.campaign_id,), (),
        first_seen="2026-01-01",
    )  # fmt: skip
    cards = [{"lane": lane, "sentence": "The advice.", "id": "r1"}] if lane else []
    line = next(
        line for line in period.lines(Knowledge(campaigns=9, findings=(change,)), cards) if line.question == "next"
    )
    texts = {"exploit": "The advice. Look for", "explore": "Look for what changed", None: "Look for what changed"}

    assert line.text.startswith(texts[lane])
    assert line.text.endswith("The advice." if lane == "explore" else "since then.")
    assert set(line.evidence) == {"finding:f1", *(card["id"] for card in cards)}


def test_how_sure_counts_real_campaigns_and_not_their_months(knowledge: Knowledge):
    months = replace(knowledge, diagnostics={**knowledge.diagnostics, "real_campaigns": 7})
    certainty = next(line for line in Period().lines(months, []) if line.question == "certainty")

    assert "from 7 campaigns" in certainty.text
