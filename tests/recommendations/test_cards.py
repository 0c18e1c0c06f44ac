"""Cards: the right lane, odds in money, evidence by name, and ids that never change with the numbers."""

import math
import re
from dataclasses import replace

import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.results import DESCRIPTIVE
from reflection.recommendations import cards


def _by_signal(options: tuple[cards.Option, ...]) -> dict[str, cards.Card]:
    return {option.card.signal: option.card for option in options}


def test_every_signal_gets_its_lane(knowledge: Knowledge):
    found = _by_signal(cards.build(knowledge))

    assert found["creative.type:video"].lane == "exploit"
    assert found["creative.type:image"].lane == "avoid"
    assert found["platform:google"].lane == "explore"
    assert found["audience.age:45+"].lane == "not enough evidence"


def test_an_objective_is_given_and_never_recommended(knowledge: Knowledge):
    assert "objective:leads" not in _by_signal(cards.build(knowledge))


def test_gains_are_money_of_a_usual_campaign_at_the_usual_return(knowledge: Knowledge):
    card = _by_signal(cards.build(knowledge))["creative.type:video"]

    assert card.stake == pytest.approx(500.0)
    assert card.currency == "EUR"
    assert card.expected_gain == pytest.approx(500 * 4.0 * (card.effect - 1), rel=0.05)
    assert card.cvar_5 <= card.downside_5 <= card.expected_gain


def test_without_revenue_conversions_are_worth_the_usual_cpa(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True)}, metric="conversions_per_spend")
    card = _by_signal(cards.build(known))["creative.type:video"]
    assert card.expected_gain == pytest.approx(500 * (card.effect - 1), rel=0.05)


def test_unknown_spend_gives_no_money_instead_of_zero(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True)})
    known = replace(known, effects=tuple(replace(effect, spend=None) for effect in known.effects))
    card = _by_signal(cards.build(known))["creative.type:video"]
    assert (card.stake, card.expected_gain, card.downside_5, card.cvar_5) == (None, None, None, None)
    assert "EUR" not in card.sentence


def test_evidence_for_and_against_is_named(knowledge: Knowledge):
    card = _by_signal(cards.build(knowledge))["creative.type:video"]
    assert card.evidence_for == ("c1", "c2")
    assert card.evidence_against == ("c9",)
    assert card.grade == "observed"


def test_on_a_platform_the_odds_are_those_of_this_platform(knowledge: Knowledge):
    everywhere = _by_signal(cards.build(knowledge))["creative.type:video"]
    on_meta = _by_signal(cards.build(knowledge, "Meta"))["creative.type:video"]

    assert on_meta.effect == pytest.approx(everywhere.effect * 1.105, rel=0.03)
    assert on_meta.id != everywhere.id
    assert not [key for key in _by_signal(cards.build(knowledge, "Meta")) if key.startswith("platform:")]


JOINT = "platform*creative.type:meta*video"


def test_without_a_platform_an_interaction_that_is_a_finding_is_an_option_of_its_own(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True), JOINT: (0.2, 0.05, True)})
    found = _by_signal(cards.build(known))

    assert found[JOINT].effect == pytest.approx(found["creative.type:video"].effect * math.exp(0.2), rel=0.03)
    assert found[JOINT].sentence.startswith("Use more of creative type video on meta:")
    assert found[JOINT].action == "use more of creative type video on meta"


def test_what_is_known_of_every_platform_is_not_said_again_for_each(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True), JOINT: (0.1, 0.1, False)})
    assert set(_by_signal(cards.build(known))) == {"creative.type:video"}


def test_an_interaction_of_open_signals_may_be_tested(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.1, 0.2, False), JOINT: (0.2, 0.2, False)})
    assert _by_signal(cards.build(known))[JOINT].lane == "explore"


def test_a_grouping_that_describes_the_past_is_no_evidence(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, False)})
    (grouping,) = make_knowledge({"creative.type:video": (0.3, 0.05, True)}).findings
    known = replace(known, findings=(replace(grouping, status=DESCRIPTIVE, grade="randomised"),))
    card = _by_signal(cards.build(known))["creative.type:video"]

    assert card.lane == "explore"
    assert card.evidence_for == card.evidence_against == ()
    assert card.grade == "observed"


def test_an_id_depends_on_what_is_proposed_and_not_on_numbers(make_knowledge):
    first = _by_signal(cards.build(make_knowledge({"creative.type:video": (0.30, 0.08, True)})))
    later = _by_signal(cards.build(make_knowledge({"creative.type:video": (0.22, 0.05, True)}, epoch=9)))
    turned = _by_signal(cards.build(make_knowledge({"creative.type:video": (-0.3, 0.05, True)})))

    assert first["creative.type:video"].id == later["creative.type:video"].id
    assert first["creative.type:video"].id != turned["creative.type:video"].id
    assert re.fullmatch(r"rec_[0-9a-f]{16}", first["creative.type:video"].id)


def test_sentences_say_how_much_how_sure_and_what_may_be_lost(knowledge: Knowledge):
    sentence = _by_signal(cards.build(knowledge))["creative.type:video"].sentence
    assert sentence.startswith("Use more of creative type video: revenue per unit of spend +34 %")
    assert "90 % interval" in sentence
    assert "EUR of revenue expected" in sentence
    assert "or less in 1 case of 20" in sentence


def test_money_is_named_for_what_it_is(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True)}, metric="conversions_per_spend")
    assert "EUR worth of conversions expected" in _by_signal(cards.build(known))["creative.type:video"].sentence


@pytest.mark.parametrize(("probability", "words"), [(1.0, "more than 0.99"), (0.0, "less than 0.01"), (0.983, "0.98")])
def test_no_sentence_claims_certainty(probability: float, words: str):
    assert cards.chance(probability) == words


def test_reasons_are_real(knowledge: Knowledge):
    found = _by_signal(cards.build(knowledge))
    assert "is a finding (probability of the wrong sign 0.010)" in found["creative.type:video"].reason
    assert "few campaigns" in found["audience.age:45+"].reason


def test_propensities_add_up_over_the_options(knowledge: Knowledge):
    options = cards.with_propensities(cards.build(knowledge), drawn=True)
    assert sum(option.card.propensity or 0 for option in options) == pytest.approx(1.0)
    assert all(option.card.drawn for option in options)
    assert cards.with_propensities((), drawn=True) == ()


def test_nothing_learnt_gives_no_options():
    assert cards.build(NOTHING) == ()


def test_no_number_is_stated_as_none(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True), "audience.age:45+": (0.0, 0.3, False)})
    tiny = [replace(one, campaigns=0.01, lfsr=0.0) for one in known.effects]
    for option in cards.build(replace(known, effects=tuple(tiny))):
        assert "0.0 effective" not in option.card.reason + option.card.sentence
        assert "under 0.1 effective campaigns" in option.card.reason
        assert "probability of the wrong sign below 0.001" in option.card.reason
