"""The worlds that break learning's assumptions: the same from the same seed, and every kind is what it says."""

import pytest

from benchmarks import worlds
from reflection.inference.learn import learn


@pytest.mark.parametrize("kind", worlds.WORLDS)
def test_a_world_is_the_same_from_the_same_seed_and_another_from_another(kind: str) -> None:
    make = worlds.WORLDS[kind].make
    assert make(3) == make(3)
    assert make(3) != make(4)
    assert worlds.WORLDS[kind].null == all(
        value == 0 for by_signal in make(3).effects.values() for value in by_signal.values()
    )


@pytest.mark.parametrize("kind", worlds.WORLDS)
def test_planted_effects_are_differences_from_the_mean_of_their_group(kind: str) -> None:
    for by_signal in worlds.WORLDS[kind].make(1).effects.values():
        sums: dict[str, float] = {}
        for key, value in by_signal.items():
            group = key.partition(":")[0]
            sums[group] = sums.get(group, 0.0) + value
        assert all(abs(total) < 1e-9 for total in sums.values())


@pytest.mark.parametrize("seed", range(3))
def test_honest_retargeting_that_sells_eight_times_as_often_is_no_fault_of_tracking(seed: int) -> None:
    evidence = worlds.retargeting(seed).evidence
    knowledge = learn(evidence)

    assert sum(one.objective_key == "objective:retargeting" for one in evidence) >= 20
    assert (knowledge.held, knowledge.diagnostics["asked"]) == ({}, {})


def test_ads_that_differ_by_name_teach_nothing_of_their_attributes() -> None:
    told = [
        sum(effect.finding for effect in learn(worlds.broken_down(seed, null=True).evidence).effects)
        for seed in range(2, 8)
    ]

    assert told == [0] * 6, "only what is peculiar to an audience or a creative differs, of twelve campaigns"
