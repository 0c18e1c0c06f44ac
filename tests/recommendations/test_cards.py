"""Cards: the right lane, odds in money, evidence by name, and ids that never change with the numbers."""

import math
import re
from dataclasses import replace

import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.explain import formatting
from reflection.recommendations import cards


def _by_signal(options: tuple[cards.Option, ...]) -> dict[str, cards.Card]:
    return {option.card.signal: option.card for option in options}


def test_every_signal_gets_its_lane(knowledge: Knowledge):
    found = _by_signal(cards.build(knowledge))

    assert found["creative.type:video"].lane == "exploit"
    assert found["creative.type:image"].lane == "avoid"
    assert found["platform:google"].lane == "not enough evidence"
    assert found["platform:meta"].lane == "explore"
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
    known = replace(known, bookables=tuple(replace(one, spend=None) for one in known.bookables))
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


def test_a_pair_with_a_platform_is_an_option_where_it_says_something_else(make_knowledge):
    known = make_knowledge(
        {"creative.type:video": (0.02, 0.05, False), "platform:meta": (0.0, 0.1, False), JOINT: (0.5, 0.05, True)}
    )
    found = _by_signal(cards.build(known))

    assert found["creative.type:video"].lane != "exploit"
    assert found[JOINT].lane == "exploit"
    assert found[JOINT].effect == pytest.approx(math.exp(0.52), rel=0.03)
    assert found[JOINT].sentence.startswith("Put more of the budget on creative type video on meta:")
    assert found[JOINT].action == "put more of the budget on creative type video on meta"


def test_what_is_known_of_every_platform_is_not_said_again_for_each(make_knowledge):
    known = make_knowledge(
        {"creative.type:video": (0.3, 0.05, True), "platform:meta": (0.0, 0.1, False), JOINT: (0.1, 0.02, True)}
    )
    assert set(_by_signal(cards.build(known))) == {"creative.type:video", "platform:meta"}


def test_what_turns_on_one_platform_is_not_advised_for_all(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.03, True), "platform:meta": (0.0, 0.1, False),
                            JOINT: (-0.6, 0.03, True)})  # fmt: skip
    found = _by_signal(cards.build(known))

    assert found["creative.type:video"].lane not in ("exploit", "avoid")
    assert "better on some platforms" in found["creative.type:video"].reason
    assert found[JOINT].lane == "avoid"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"enough": False}, "at least 3 campaigns and 30 conversions"),
        ({"confounded": ("platform:google",)}, "always ran together with platform:google"),
    ],
)
def test_clear_odds_without_enough_evidence_are_no_advice(make_knowledge, change, words):
    known = make_knowledge({"creative.type:video": (0.3, 0.03, True)})
    known = replace(known, bookables=tuple(replace(one, **change) for one in known.bookables))
    options = cards.build(known)

    assert all(option.card.lane not in ("exploit", "avoid") for option in options)
    assert all(words in option.card.reason for option in options)


def test_what_ran_in_one_campaign_is_never_generalised(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.03, True)})
    assert cards.build(replace(known, bookables=tuple(replace(one, campaigns=1) for one in known.bookables))) == ()


def test_where_nothing_at_all_is_favoured_nothing_is_advised(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.03, True)})
    (option,) = cards.build(replace(known, mixtures={}))
    assert option.card.false_sign_rate == 1.0
    assert option.card.lane == "not enough evidence"
    assert "that nothing here makes any difference explains the campaigns as well" in option.card.reason
    assert "that nothing here makes any difference explains the campaigns as well" in option.card.sentence


def test_what_is_too_likely_luck_says_how_likely_and_what_an_advice_needs(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.13, True)})
    (option,) = cards.build(known)
    assert option.card.interval[0] > 1.0
    assert 0.1 < option.card.false_sign_rate < 1.0
    luck = formatting.probability(option.card.false_sign_rate)
    for text in (option.card.sentence, option.card.reason):
        assert f"moving budget for it brings nothing is {luck}, and an advice needs 10 % or less" in text


def test_what_ran_too_little_for_an_advice_says_so_and_speaks_of_no_luck(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.03, True)})
    few = replace(known, bookables=tuple(replace(one, enough=False) for one in known.bookables))
    (option,) = cards.build(few)
    assert "too little ran for an advice" in option.card.sentence
    assert "brings nothing" not in option.card.sentence


def test_the_only_thing_of_its_kind_is_no_choice(make_knowledge):
    known = make_knowledge({"platform:meta": (0.0, 0.0, False), "creative.type:video": (0.3, 0.03, True)})
    assert set(_by_signal(cards.build(known))) == {"creative.type:video"}


def test_an_id_depends_on_what_is_proposed_and_not_on_numbers(make_knowledge):
    first = _by_signal(cards.build(make_knowledge({"creative.type:video": (0.30, 0.08, True)})))
    later = _by_signal(cards.build(make_knowledge({"creative.type:video": (0.22, 0.05, True)}, epoch=9)))
    turned = _by_signal(cards.build(make_knowledge({"creative.type:video": (-0.3, 0.05, True)})))

    assert first["creative.type:video"].id == later["creative.type:video"].id
    assert first["creative.type:video"].id != turned["creative.type:video"].id
    assert re.fullmatch(r"rec_[0-9a-f]{16}", first["creative.type:video"].id)


def test_sentences_say_how_much_how_sure_for_how_much_money_and_on_what_evidence(knowledge: Knowledge):
    sentence = _by_signal(cards.build(knowledge))["creative.type:video"].sentence
    assert re.fullmatch(
        r"Put more of the budget on creative type video: ROAS probably 3\d % higher than usual "
        r"\(90 % interval \d+ % to \d+ % higher\); on EUR 500 about EUR \d+ more revenue\. "
        r"Seen in 12 campaigns, 24 ad rows, with EUR 6,000 spent\.",
        sentence,
    )


def test_without_revenue_a_sentence_speaks_of_cpa_and_conversions(make_knowledge):
    known = make_knowledge({"creative.type:video": (0.3, 0.05, True)}, metric="conversions_per_spend")
    sentence = _by_signal(cards.build(known))["creative.type:video"].sentence
    assert "CPA probably 26 % lower than usual" in sentence
    assert "on EUR 500 about 18 more conversions" in sentence


def test_the_lane_follows_from_the_figures_that_are_shown(knowledge: Knowledge):
    for option in cards.build(knowledge):
        card = option.card
        low, high = card.interval
        if card.lane in ("exploit", "avoid"):
            assert card.false_sign_rate <= 0.1
            assert low > 1 if card.lane == "exploit" else high < 1
        # One posterior: odds that leave "no difference" out of nine in ten are those whose interval does.
        assert (card.p_better > 0.95) == (low > 1)
        assert (card.p_better < 0.05) == (high < 1)
        assert "wrong sign" not in card.reason + card.sentence


def test_words_of_what_is_not_sure_say_so(knowledge: Knowledge):
    found = _by_signal(cards.build(knowledge))
    assert found["platform:meta"].sentence.startswith(
        "Test meta: run one campaign on it and one on google, with the same audiences and creatives, half of the budget"
    )
    assert "So far ROAS is 5 % lower than usual" in found["platform:meta"].sentence
    assert found["platform:google"].sentence.startswith("We cannot tell yet whether google does better than usual")
    assert found["audience.age:45+"].sentence.startswith("We cannot tell yet whether age 45+ does better than usual")


def test_propensities_add_up_over_the_options(knowledge: Knowledge):
    options = cards.with_propensities(cards.build(knowledge), drawn=True)
    assert sum(option.card.propensity or 0 for option in options) == pytest.approx(1.0)
    assert all(option.card.drawn for option in options)
    assert cards.with_propensities((), drawn=True) == ()


def test_nothing_learnt_gives_no_options():
    assert cards.build(NOTHING) == ()
