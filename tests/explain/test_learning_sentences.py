"""A learning's sentence reads in the number it counts."""

import pytest

from reflection.explain.learning_sentences import LearningSentences


@pytest.mark.parametrize(("supporting", "said"), [(1, "1 of 2 results agrees"), (2, "2 of 3 results agree")])
def test_one_campaign_agrees_and_several_agree(supporting: int, said: str) -> None:
    fact = {
        "state": "emerging", "metric": "cvr", "effect": 1.3, "interval": (1.1, 1.5), "supporting": supporting,
        "contradicting": 1, "signal_key": "audience.segment:metro", "context": "",
    }  # fmt: skip
    assert f"{said})" in LearningSentences({}, "USD").learning(fact)
