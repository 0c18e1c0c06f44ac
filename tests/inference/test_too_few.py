"""What is said where too few campaigns are there to compare: how many there are, and how many it takes."""

from dataclasses import replace

import pytest

from reflection.domain.knowledge import Knowledge
from reflection.inference.too_few import FEWEST_CAMPAIGNS, nothing_known, too_few
from reflection.recommendations.ranking import RecommendationInput, recommend


@pytest.mark.parametrize("campaigns", range(1, FEWEST_CAMPAIGNS))
def test_how_many_there_are_and_how_many_it_takes_is_said_learnt_or_waiting(campaigns: int) -> None:
    waiting = nothing_known(Knowledge(), campaigns)
    for text in (too_few(campaigns), waiting):
        assert text is not None
        assert text.startswith(f"{campaigns} ")
        assert text.endswith(f"at least {FEWEST_CAMPAIGNS}")
    answer = recommend(RecommendationInput(knowledge=Knowledge(), now="2026-03-01", pending=campaigns))
    assert answer["reason"] == waiting


def test_what_the_last_fit_says_stands_whatever_waits() -> None:
    known = replace(Knowledge(), as_of="2026-03-01T00:00:00+00:00", reason=too_few(2))
    assert nothing_known(known, 5) == too_few(2)
    assert nothing_known(replace(known, reason=None), 5) is None
