"""A learning's sentence reads in the number it counts."""

import pytest

from reflection.explain.learning_sentences import LearningSentences


def test_where_no_result_is_clear_by_itself_none_is_counted() -> None:
    """It said "0 of 0 results agree" of what all of them show together."""
    fact = {
        "state": "established", "metric": "aov", "effect": 1.1, "interval": (1.05, 1.15), "supporting": 0,
        "contradicting": 0, "signal_key": "audience.segment:metro", "context": "",
    }  # fmt: skip
    said = LearningSentences({}, "USD").learning(fact)
    assert "agree" not in said
    assert "interval +5.0 % to +15.0 %);" in said


@pytest.mark.parametrize(("supporting", "said"), [(1, "1 of 2 results agrees"), (2, "2 of 3 results agree")])
def test_one_campaign_agrees_and_several_agree(supporting: int, said: str) -> None:
    fact = {
        "state": "emerging", "metric": "cvr", "effect": 1.3, "interval": (1.1, 1.5), "supporting": supporting,
        "contradicting": 1, "signal_key": "audience.segment:metro", "context": "",
    }  # fmt: skip
    assert f"{said})" in LearningSentences({}, "USD").learning(fact)
