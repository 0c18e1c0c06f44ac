"""Recommendations: the old fields, the cards beside them, one answer per state."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.next_test import NO_MONEY, Pace
from reflection.domain.no_test import NOTHING as NOTHING_TO_TEST
from reflection.domain.no_test import UNPAID
from reflection.domain.results import SimilarCampaign
from reflection.explain.evidence_of_facts import gather_learnt
from reflection.explain.questions.question import understand
from reflection.explain.questions.relevance import relevant
from reflection.explain.sentences import Sentences
from reflection.recommendations.ranking import OTHERS, SLATE, RecommendationInput, recommend

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def answer_from(knowledge: Knowledge, **options: Any) -> dict[str, Any]:
    """The recommendations of a knowledge."""
    return recommend(RecommendationInput(knowledge=knowledge, **options))


def test_the_specification_fields_are_there_and_everything_is_json(knowledge: Knowledge):
    answer = answer_from(knowledge, now=NOW)

    assert {"generated_at", "recommendations", "top_signals", "similar_campaigns", "cards"} <= set(answer)
    assert all(isinstance(text, str) for text in answer["recommendations"])
    json.dumps(answer, allow_nan=False)


def test_the_same_state_gives_the_same_answer(knowledge: Knowledge):
    later = datetime(2026, 5, 1, tzinfo=UTC)
    assert answer_from(knowledge, now=NOW) == answer_from(knowledge, now=later)


def test_what_works_comes_first_then_tests_then_what_to_avoid_then_what_is_open(knowledge: Knowledge):
    lanes = [card["lane"] for card in answer_from(knowledge, now=NOW)["cards"]]
    order = ["exploit", "explore", "avoid", "not enough evidence"]
    assert lanes == sorted(lanes, key=order.index)
    assert set(lanes) == set(order)


def test_a_seed_draws_the_order_and_repeats_it(knowledge: Knowledge):
    drawn = answer_from(knowledge, now=NOW, seed=4)
    assert drawn == answer_from(knowledge, now=NOW, seed=4)
    firsts = {answer_from(knowledge, now=NOW, seed=seed)["cards"][0]["signal"] for seed in range(40)}
    assert len(firsts) > 1


def test_the_logged_propensity_is_the_chance_of_coming_first(knowledge: Knowledge):
    stated = {card["signal"]: card["propensity"] for card in answer_from(knowledge, now=NOW, seed=0)["cards"]}
    firsts = [answer_from(knowledge, now=NOW, seed=seed)["cards"][0]["signal"] for seed in range(600)]
    for signal in set(firsts):
        assert firsts.count(signal) / 600 == pytest.approx(stated[signal], abs=0.06)


def test_cards_that_are_not_proposals_have_no_propensity(knowledge: Knowledge):
    for card in answer_from(knowledge, now=NOW)["cards"]:
        assert (card["propensity"] is None) == (card["lane"] in ("avoid", "not enough evidence"))
        assert not card["drawn"]


def test_tests_keep_ten_to_thirty_per_cent_of_the_places(make_knowledge):
    effects = {f"creative.hook:h{k}": (0.3, 0.05, True) for k in range(20)}
    effects |= {f"audience.age:a{k}": (0.05, 0.3, False) for k in range(20)}

    cards = answer_from(make_knowledge(effects), now=NOW)["cards"]

    proposals = [card["lane"] for card in cards if card["propensity"] is not None]
    assert len(proposals) == SLATE
    assert 1 <= proposals.count("explore") <= 3


def test_the_best_test_of_each_kind_is_proposed(make_knowledge):
    """Tests of different kinds can run at once: those of creatives do not keep the one of audiences waiting."""
    effects = {f"creative.hook:h{k}": (0.05, 0.4, False) for k in range(20)}
    known = make_knowledge({**effects, "audience.age:a1": (0.05, 0.2, False), "audience.age:a2": (0.0, 0.2, False)})
    worth = {one.key: one.total.test.worth for one in known.bookables if one.total and one.total.test}
    audiences = sorted((key for key in worth if key.startswith("audience")), key=lambda key: -worth[key])
    assert sum(worth[key] > worth[audiences[0]] for key in worth) > 3

    cards = answer_from(known, now=NOW)["cards"]

    proposed = [card["signal"] for card in cards if card["lane"] == "explore"]
    assert audiences[0] in proposed
    assert [worth[key] for key in proposed] == sorted((worth[key] for key in proposed), reverse=True)


def test_the_explored_part_stays_within_its_budget(make_knowledge):
    known = make_knowledge({f"audience.age:a{k}": (0.05, 0.3, False) for k in range(20)})
    cards = answer_from(known, now=NOW, explore_budget=12_000.0)["cards"]
    spends = [card["test"]["spend"] for card in cards if card["lane"] == "explore"]
    assert spends
    assert sum(spends) <= 12_000.0


def test_long_lists_are_cut(make_knowledge):
    known = make_knowledge({f"creative.hook:h{k}": (-0.3, 0.05, True) for k in range(30)})
    assert len(answer_from(known, now=NOW)["cards"]) == OTHERS


def test_where_nothing_is_counted_it_is_not_said_that_no_effect_is_beyond_noise(make_knowledge):
    """Reach campaigns: what they cost per impression differs surely, what they bring is not known."""
    known = make_knowledge({"platform:youtube": (0.5, 0.05, True)}, metric="cpm")
    reach = replace(known, goal_metric="roas", posteriors={"cpm": known.posteriors["cpm"]})
    answer = answer_from(reach, now=NOW)

    assert "count no conversions" in answer["reason"]


def test_nothing_known_says_so(make_knowledge):
    empty = answer_from(NOTHING, now=NOW)
    assert empty["generated_at"] == NOW.isoformat()
    assert empty["cards"] == []
    assert empty["recommendations"] == ["Nothing can be recommended yet: nothing has been learnt yet."]

    little = make_knowledge({"audience.age:a": (-0.05, 0.3, False)}, campaigns=4)
    answer = answer_from(little, now=NOW)
    assert answer["reason"] == "nothing that can be booked is surely enough better or worse than usual to move budget"
    assert answer["next_test"] is None
    assert answer["next_test_reason"] == NOTHING_TO_TEST


def test_the_next_test_is_the_first_candidate_and_no_other_door_says_otherwise(knowledge: Knowledge):
    answer = answer_from(knowledge, now=NOW)
    first = next(card for card in answer["cards"] if card["lane"] == "explore")

    assert answer["next_test"] == first["test"]
    assert knowledge.next_test is not None
    assert first["sentence"].startswith(knowledge.next_test.description)
    assert all((card["test"] is None) == (card["lane"] != "explore") for card in answer["cards"])
    assert answer["next_test_reason"] is None


def test_candidates_come_by_what_a_test_of_them_is_worth_after_its_cost(make_knowledge):
    known = make_knowledge({f"audience.age:a{k}": (0.02 * k, 0.3, False) for k in range(6)})
    tests = [card["test"] for card in answer_from(known, now=NOW)["cards"] if card["test"]]
    worth = [test["value"] - test["cost"] for test in tests]
    assert len(worth) > 1
    assert worth == sorted(worth, reverse=True)


def test_where_nothing_is_spent_it_is_said_that_no_test_can_be_weighed(make_knowledge):
    known = make_knowledge({f"audience.age:a{k}": (0.02 * k, 0.3, False) for k in range(6)}, pace=NO_MONEY)
    answer = answer_from(known, now=NOW)
    assert all(card["lane"] != "explore" for card in answer["cards"])
    assert answer["next_test_reason"] == UNPAID


def test_stored_recommendations_are_added_once(knowledge: Knowledge):
    rows = [
        {"kind": "recommendation", "content": "Shift budget to evenings."},
        {"kind": "recommendation", "content": "Shift budget to evenings."},
        {"kind": "anomaly", "content": "Odd."},
    ]
    texts = answer_from(knowledge, insights=rows, now=NOW)["recommendations"]
    assert texts.count("Shift budget to evenings.") == 1
    assert "Odd." not in texts


def test_top_signals_are_the_heaviest_that_fit_the_filters(knowledge: Knowledge):
    answer = answer_from(knowledge, now=NOW)
    rows = answer["top_signals"]
    assert [row["signal_key"] for row in rows[:2]] == ["creative.type:video", "platform:google"]
    shown = {card["signal"]: card["effect"] for card in answer["cards"]}
    assert all(row["weight"] == shown[row["signal_key"]] for row in rows if row["signal_key"] in shown)
    assert "objective:leads" not in {row["signal_key"] for row in rows}, "an objective is given, not chosen"
    narrowed = answer_from(knowledge, platform="Google", objective="sales", now=NOW)["top_signals"]
    assert not {"platform:meta", "objective:leads", "platform*creative.type:meta*video"} & {
        row["signal_key"] for row in narrowed
    }


def test_similar_campaigns_may_be_values_or_rows(knowledge: Knowledge):
    value = SimilarCampaign("d", "c", 0.5, "s", {})
    answer = answer_from(knowledge, similar=[value, {"campaign_id": "x"}], now=NOW)
    assert [row["campaign_id"] for row in answer["similar_campaigns"]] == ["c", "x"]


@pytest.mark.parametrize("lane", ["exploit", "avoid"])
def test_accepted_advice_that_is_the_other_way_round_now_is_named_first(knowledge: Knowledge, lane: str):
    today = next(card for card in answer_from(knowledge, now=NOW)["cards"] if card["lane"] == lane)
    shown = {"recommendation_id": "rec_1", "shown_at": "2026-01-03T00:00:00+00:00"}
    opposite = today | {"lane": "avoid" if lane == "exploit" else "exploit", "effect": 1 / today["effect"]}
    held = answer_from(knowledge, now=NOW, accepted=[{**shown, "claim": today}])
    turned = answer_from(knowledge, now=NOW, accepted=[{**shown, "claim": opposite}])
    again = answer_from(knowledge, now=NOW, accepted=[{**shown, "claim": today}, {**shown, "claim": opposite}])

    assert [row["signal_key"] for row in turned["no_longer"]] == [today["signal"]]
    assert turned["no_longer"][0]["id"] == "rec_1"
    assert turned["recommendations"][0] == turned["no_longer"][0]["text"]
    assert turned["recommendations"][0].endswith(f"Now: {today['sentence']}")
    assert held["no_longer"] == again["no_longer"] == []


@pytest.mark.parametrize("pace", [Pace(900.0, 100.0), NO_MONEY])
@pytest.mark.parametrize("question", ["What should I test next?", "Which audience should we test?"])
def test_asked_for_a_test_the_chat_says_why_there_is_none_as_advice_does(make_knowledge, pace, question):
    known = make_knowledge({"audience.age:a": (-0.05, 0.3, False)}, campaigns=4, pace=pace)
    reason = answer_from(known, now=NOW)["next_test_reason"]
    evidence = relevant(understand(question), gather_learnt(known))
    assert Sentences().about(evidence[0]) == f"{reason[0].upper()}{reason[1:]}."
