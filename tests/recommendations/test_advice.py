"""Advice that is kept with a fit: the same cards as made anew, whatever was asked before."""

from dataclasses import asdict

import numpy as np

from reflection.domain.knowledge import Knowledge
from reflection.recommendations import cards
from reflection.recommendations.advice import CONTEXTS, Advice

ASKED = [(None, None), ("Meta", None), ("Google", "Leads"), ("nowhere", "nothing"), (None, "Leads")]


def _same(kept: tuple[cards.Option, ...], anew: tuple[cards.Option, ...]) -> None:
    assert [asdict(option.card) for option in kept] == [asdict(option.card) for option in anew]
    assert all(np.array_equal(one.draws, other.draws) for one, other in zip(kept, anew, strict=True))


def test_cards_do_not_depend_on_what_was_asked_before(knowledge: Knowledge):
    forwards, backwards = Advice(knowledge), Advice(knowledge)
    for context in ASKED[::-1]:
        backwards.options(knowledge.kind, *context)

    for context in ASKED:
        anew = cards.build(knowledge, *context)
        _same(forwards.options(knowledge.kind, *context), anew)
        _same(backwards.options(knowledge.kind, *context), anew)


def test_cards_of_a_context_are_made_once(knowledge: Knowledge):
    advice = Advice(knowledge)

    assert advice.options(knowledge.kind, "Meta") is advice.options(knowledge.kind, "Meta")


def test_however_many_contexts_are_asked_few_are_kept(knowledge: Knowledge):
    advice = Advice(knowledge)
    for number in range(2 * CONTEXTS):
        advice.options(knowledge.kind, f"platform {number}")

    assert advice.options.cache_info().currsize == CONTEXTS


def test_nothing_is_advised_where_nothing_is_known():
    assert Advice(Knowledge()).options(Knowledge().kind) == ()
