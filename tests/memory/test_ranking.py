"""From found to ranked: names first, a small weight on words, learnings by worth, and no cut-off anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.memory.index import Hit
from reflection.memory.ranking import LEXICAL_WEIGHT, Candidate, by_overlap, hybrid, weighted, worth

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1, 1), max_size=8)
BM25 = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.001, 50), max_size=8)


def _hits(cosines: dict[str, float]) -> list[Hit]:
    return [Hit(name, cosine) for name, cosine in cosines.items()]


@given(SCORES, BM25, st.lists(st.sampled_from("xyz"), unique=True))
def test_everything_found_is_ranked_once_and_names_come_first(
    cosines: dict[str, float], lexical: dict[str, float], named: list[str]
) -> None:
    found = hybrid(named, cosines, list(lexical.items()))
    assert {item.memory_id for item in found} == {*cosines, *lexical, *named}
    assert len(found) == len({item.memory_id for item in found})
    assert [item.memory_id for item in found[: len(named)]] == sorted(named)
    scores = [item.score for item in found[len(named) :]]
    assert scores == sorted(scores, reverse=True)
    assert all(score <= 1.0 for score in scores)


def test_words_decide_between_equal_meanings_but_do_not_overrule_a_clear_one() -> None:
    cosines = {"near": 0.6, "same": 0.4, "other": 0.4}
    order = [item.memory_id for item in hybrid((), cosines, [("same", 3.0)])]
    assert order == ["near", "same", "other"]


def test_what_has_no_vector_yet_counts_by_its_words() -> None:
    found = {item.memory_id: item for item in hybrid((), {"a": 0.9, "b": 0.3}, [("c", 1.0), ("d", 0.5)])}
    assert found["c"].cosine is None
    assert found["c"].score == pytest.approx((0.9 + LEXICAL_WEIGHT) / (1 + LEXICAL_WEIGHT))
    assert found["d"].score == pytest.approx((0.45 + LEXICAL_WEIGHT / 2) / (1 + LEXICAL_WEIGHT))


def test_without_vectors_the_words_alone_decide() -> None:
    found = hybrid((), None, [("a", 2.0), ("b", 8.0)])
    assert [(item.memory_id, item.score) for item in found] == [("b", 1.0), ("a", 0.25)]


def test_a_low_cosine_is_ranked_not_hidden() -> None:
    assert [item.memory_id for item in hybrid((), {"far": 0.05}, [])] == ["far"]


def test_shared_words_decide_between_equal_neighbours() -> None:
    texts = {"a": "headline: tax software", "b": "headline: summer bootcamp"}
    found = by_overlap("headline: summer camp bootcamp", _hits({"a": 0.5, "b": 0.5}), texts)
    assert [item.memory_id for item in found] == ["b", "a"]
    assert by_overlap("", _hits({"a": 0.5}), texts)[0].lexical == 0.0


def test_a_learning_about_what_was_asked_is_worth_more_than_a_general_one_than_one_about_something_else() -> None:
    general = {"worth": 0.8, "signal_key": "creative.type:video", "context": ""}
    inside, outside = general | {"context": "platform:meta"}, general | {"context": "platform:google"}
    values = [worth(item, "meta", None) for item in (inside, general, outside)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3
    assert worth(general, None, None) == 0.8
    assert worth({}, "meta", "leads") == 0.0


def test_worth_at_most_halves_relevance() -> None:
    found = Candidate("learning:x", 0.6)
    assert weighted(found, 1.0).score == 0.6
    assert weighted(found, 0.0).score == 0.3
    assert weighted(Candidate("learning:x", -0.2), 1.0).score == 0.0
