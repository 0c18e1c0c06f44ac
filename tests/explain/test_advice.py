"""Advice says what is known of a thing and no less: usual is called usual, and money is of those who spent it."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.bookable import Bookable, Definition, EvidenceFloor, Lane, Total
from reflection.domain.effect import Effect
from reflection.domain.knowledge import Knowledge
from reflection.domain.next_test import NextTest
from reflection.explain import formatting
from reflection.explain.advice import CLOSE, recommendation, remarks
from reflection.explain.creative_sentences import forecast_sentence
from reflection.explain.evidence_of_facts import gather_learnt
from reflection.explain.sentence_of_test import evidence_of_test, sentence_of_test
from reflection.explain.sentences import Sentences

BOOKED = Bookable(
    key="audience:parents", label="audience Parents", definition=Definition("audience:parents", "audience", {}),
    platform=None, campaigns=9, rows=20, spend=4000.0, with_spend=9, conversions=200.0, objectives={}, enough=True,
)  # fmt: skip


WORTH_IT = NextTest(
    "audience:parents", "roas", "q", "d", 500.0, "EUR", (0.8, 1.4), (0.9, 1.2), "audience:students",
    value=900.0, cost=90.0, days=14, deciding=1.1,
)  # fmt: skip


def sentence(total: Total, booked: Bookable = BOOKED) -> str:
    """What is said of something bookable."""
    return Sentences().recommendation(recommendation(replace(booked, total=total), total))


@st.composite
def totals(draw: st.DrawFn) -> Total:
    """A total effect as a fit gives it: its median within its interval, advice only beside usual."""
    metric = draw(st.sampled_from(["roas", "conversions_per_spend"]))
    low, effect, high = sorted(draw(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3)))
    lanes: list[Lane] = ["exploit"] if low > 1 else ["avoid"] if high < 1 else []
    lane = draw(st.sampled_from([*lanes, "explore", "not enough evidence"]))
    odds = 0.97 if low > 1 else 0.02 if high < 1 else 0.5
    return Total(
        metric,
        effect,
        (low, high),
        high,
        odds,
        0.05,
        lane,
        stake=1000.0,
        gain=120.0,
        currency="EUR",
        test=WORTH_IT if lane == "explore" else None,
    )


@given(totals())
def test_what_rounds_to_no_difference_has_no_side(total: Total) -> None:
    said = sentence(total)
    assert not re.search(r"(?<!\d)0 % (?:higher|lower) (?:than|to )|\bto 0 % (?:higher|lower)", said), said


@given(totals())
def test_it_cannot_be_told_only_where_both_sides_are_open_and_worth_a_look(total: Total) -> None:
    low, high = total.interval
    if total.metric != "roas":
        low, high = 1 / high, 1 / low
    close = max(abs(low - 1), abs(high - 1)) <= CLOSE
    if total.lane == "not enough evidence":
        assert ("cannot tell" in sentence(total)) == (not close and low < 1 < high)
        assert ("about as usual" in sentence(total)) == close


@given(totals())
@pytest.mark.parametrize("booked", [{"confounded": ("creative:rsa",)}, {"doubt": "clicks were never recorded with it"}])
def test_of_what_is_not_identified_no_figure_is_told(booked: dict[str, object], total: Total) -> None:
    """Brand search on the only campaigns of its platform: "so far 1 % lower than usual" is nothing anybody measured."""
    said = sentence(replace(total, lane="not enough evidence"), replace(BOOKED, **booked))

    assert said.startswith("We cannot tell whether audience Parents does better than usual: ")
    assert "%" not in said


@pytest.mark.parametrize(("with_spend", "said"), [(9, "spent."), (4, "spent in 4 of them.")])
def test_money_is_of_the_campaigns_that_spent_it(with_spend: int, said: str) -> None:
    total = Total("roas", 1.2, (1.1, 1.3), 1.28, 0.99, 0.02, "exploit", stake=1000.0, gain=120.0, currency="EUR")
    assert f"with EUR 4,000 {said}" in sentence(total, replace(BOOKED, with_spend=with_spend))


@pytest.mark.parametrize(
    ("name", "cautious"),
    [("Brand search", True), ("Retargeting visitors", True), ("Students", False), ("Non-brand search", False)],
)
def test_more_money_on_people_who_buy_anyway_is_advised_with_care(name: str, cautious: bool) -> None:
    total = Total("roas", 3.0, (2.6, 3.4), 3.3, 0.99, 0.01, "exploit", stake=1000.0, gain=9000.0, currency="EUR")
    assert ("some of them buy without it" in sentence(total, replace(BOOKED, label=f"audience {name}"))) == cautious


@given(deciding=st.floats(0.985, 1.015), goal=st.sampled_from(("roas", "conversions_per_spend")))
def test_no_test_is_decided_by_a_size_that_rounds_to_nothing(
    candidate: Callable[[NextTest], Bookable], deciding: float, goal: str
) -> None:
    test = NextTest(
        "creative.type:video", goal, "q", "d", 500.0, "USD", (0.8, 1.4), (0.9, 1.2), "creative.type:image",
        value=900.0, cost=90.0, days=14, deciding=deciding,
    )  # fmt: skip
    (item,) = gather_learnt(replace(Knowledge(), bookables=(candidate(test),))).of_kind("next_test")
    rule = Sentences().about(item).partition("Choose ")[2]

    assert not re.search(r"\b0 %", rule)
    assert ("deciding" in item.figures) == ("as good as that of" not in rule)
    assert f" that of {item.detail['against']}" in rule


@given(deciding=st.floats(0.5, 2.0), goal=st.sampled_from(("roas", "conversions_per_spend")))
def test_the_test_of_a_card_is_told_as_the_next_test_is(
    candidate: Callable[[NextTest], Bookable], deciding: float, goal: str
) -> None:
    test = NextTest(
        "platform:google", goal, "q", "d", 500.0, "EUR", (0.8, 1.4), (0.9, 1.2), "platform:meta", "google", "meta",
        value=900.0, cost=90.0, days=14, deciding=deciding,
    )  # fmt: skip
    booked = candidate(test)
    assert booked.total is not None
    assert sentence(booked.total, booked).startswith(sentence_of_test(evidence_of_test(test)))


@given(lift=st.floats(0.997, 1.003))
def test_no_effect_is_told_as_nothing_above_or_below(lift: float) -> None:
    effect = Effect(
        "audience.age:18-25", "audience.age", "ctr", None, lift, (0.9, 1.1), 0.5, 0.4, 5.0, None, False, "noise",
        real_campaigns=5,
    )  # fmt: skip
    (item,) = gather_learnt(Knowledge(), [effect]).of_kind("effect")
    text = Sentences().about(item)

    assert not re.search(r"\b0\.0 % (above|below)", text)
    assert ("level with that of" in text) == (formatting.lift(lift) == formatting.lift(1.0))


@given(lift=st.floats(0.98, 1.02))
def test_no_text_is_foretold_nothing_more_or_less(lift: float) -> None:
    said = forecast_sentence("ctr", lift, (0.9, 1.1), 50, 40)

    assert not re.search(r"[+-]0 %", said.partition("(")[0])


@pytest.mark.parametrize("false_sign_rate", [0.02, 0.4, 1.0])
def test_places_differ_only_where_there_is_an_effect_that_could(false_sign_rate: float) -> None:
    """Of what is as usual everywhere the means of two places always lie on two sides: that is no difference."""
    total = Total("roas", 1.1, (0.99, 1.2), 1.2, 0.9, false_sign_rate, "not enough evidence", steady=False)

    said = " ".join(remarks(BOOKED, total, EvidenceFloor()))
    assert ("worse on others" in said) is (false_sign_rate <= 0.1)
