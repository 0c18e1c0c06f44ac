"""Accounts looked at all their life: where nothing has an effect nothing is told, where something has it is found."""

from types import ModuleType

import pytest

from reflection.domain.evidence import Evidence
from reflection.learnings.claims import Claim, Learning

STREAMS, CAMPAIGNS, LIFE = 20, 40, 120
STRONG = {
    "ctr": {"creative.type:video": 0.6, "creative.type:image": -0.6},
    "cvr": {"audience.age:18-24": 0.5, "audience.age:55-64": -0.5},
}


def test_somebody_looks_after_every_campaign_and_later_after_every_fifth(peeking: ModuleType) -> None:
    assert peeking.looks(50) == [*range(5, 41), 45, 50]
    assert peeking.looks(7) == [5, 6, 7]


@pytest.mark.parametrize("number", range(7))
def test_a_stream_is_the_same_from_the_same_seed_and_its_start_does_not_know_its_end(
    peeking: ModuleType, number: int
) -> None:
    kind = peeking.KINDS[number]
    assert peeking.stream(3, 8, kind) == peeking.stream(3, 12, kind)[:8]
    assert peeking.stream(3, 8, kind) != peeking.stream(4, 8, kind)


def test_an_account_may_have_one_platform_or_creatives_that_are_new_each_quarter(peeking: ModuleType) -> None:
    one = peeking.stream(3, 60, "one platform")
    new = peeking.stream(3, 60, "new creatives")

    def creatives(some: list[Evidence]) -> set[str]:
        return {key for item in some for cell in item.cells for key in cell.shares if key.startswith("creative:")}

    assert {item.platform_key for item in one} == {"platform:meta"}
    assert len(creatives(new[: peeking.QUARTER])) == peeking.EACH_QUARTER
    assert creatives(new[: peeking.QUARTER]).isdisjoint(creatives(new[peeking.QUARTER :]))


def test_what_is_planted_is_a_difference_from_the_mean_of_its_group(peeking: ModuleType) -> None:
    for by_signal in peeking.planted(5).values():
        assert any(by_signal.values())
        for group in peeking.MENU:
            assert sum(value for key, value in by_signal.items() if key.startswith(f"{group}:")) == pytest.approx(0)


@pytest.mark.parametrize(("seed", "kind", "looks"), [(0, "totals", (10, 40, 115)), (3, "few signals", (32, 33))])
def test_where_nothing_has_an_effect_nothing_is_ever_told(
    peeking: ModuleType, seed: int, kind: str, looks: tuple[int, ...]
) -> None:
    """The later looks are those at which a type, or a platform, once seemed to have moved."""
    life = peeking.lived(seed, LIFE, kind, some=looks)

    assert (dict(life.first), life.established, life.called) == ({}, None, 0)


def test_strong_effects_are_told_and_nothing_else(peeking: ModuleType) -> None:
    life = peeking.lived(0, CAMPAIGNS, "ad rows", STRONG, some=(20, 40))

    assert life.called >= 4
    assert life.false <= 1
    assert {"winning_audience", "high_performing_creative"} <= set(life.first)


def test_a_learning_of_what_is_not_so_is_counted_as_false(peeking: ModuleType) -> None:
    claim = Claim("creative.type:video", "", "ctr")
    learning = Learning(claim, "established", "", "favorable", 1.5, (1.3, 1.7), 0.01, 20.0)

    assert peeking._false_learning(peeking.NOTHING, learning)
    assert not peeking._false_learning(STRONG, learning)
    assert peeking._false(STRONG, "creative.type:video", "cpa", 1.2)


@pytest.mark.torture(part="learning")
def test_few_lives_of_many_are_ever_told_of_anything(peeking: ModuleType) -> None:
    lives = [peeking.lived(seed, LIFE, peeking.KINDS[seed % 5]) for seed in range(STREAMS)]

    assert sum(bool(life.first) for life in lives) <= 4  # one in ten of 20, and one and a half standard deviations
    assert sum(life.established is not None for life in lives) <= 1
