"""Accounts by another generator than the others: the same from the same seed, and nothing is told where nothing is."""

from types import ModuleType

import pytest

from reflection.inference.learn import learn

NULL = "overdispersed, null"


def test_a_world_is_the_same_from_the_same_seed_and_its_effects_sum_to_zero(worlds_of_outsiders: ModuleType) -> None:
    make = worlds_of_outsiders.OF_OUTSIDERS["money follows success"].make
    assert make(3) == make(3)
    assert make(3) != make(4)
    for of_metric in make(3).effects.values():
        for group in worlds_of_outsiders.GROUPS:
            assert sum(value for key, value in of_metric.items() if key.startswith(f"{group}:")) == pytest.approx(0.0)


def test_nothing_is_told_where_counts_are_overdispersed_and_nothing_has_an_effect(
    worlds_of_outsiders: ModuleType,
) -> None:
    known = learn(worlds_of_outsiders.OF_OUTSIDERS[NULL].make(0).evidence)

    assert [finding.title for finding in known.findings if not finding.descriptive] == []
    assert not any(effect.finding for effect in known.effects)
