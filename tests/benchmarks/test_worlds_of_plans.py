"""Campaigns held out and foretold as plans: 90 % intervals hold about nine in ten, whatever was spent."""

from types import ModuleType

import numpy as np
import pytest

LEAST = 0.87
SEEDS = 20


def test_a_world_is_the_same_from_the_same_seed(worlds_of_plans: ModuleType) -> None:
    conditions = worlds_of_plans.WORLDS["size"]
    assert worlds_of_plans.make(conditions, 1) == worlds_of_plans.make(conditions, 1)
    assert worlds_of_plans.make(conditions, 1) != worlds_of_plans.make(conditions, 2)


@pytest.mark.torture(part="learning")
def test_a_plan_of_any_spend_is_held_by_its_interval(worlds_of_plans: ModuleType) -> None:
    for metric, hits in _pooled(worlds_of_plans, "size", 2).items():
        assert np.mean([hit for _, hit in hits]) > 0.8, metric
        spends = np.quantile([spend for spend, _ in hits], [1 / 3, 2 / 3])
        assert np.mean([hit for spend, hit in hits if spend < spends[0]]) > 0.7, metric
        assert np.mean([hit for spend, hit in hits if spend > spends[1]]) > 0.7, metric


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize("name", ["size", "no size", "facts as plan"])
def test_coverage_of_plans_over_twenty_worlds(worlds_of_plans: ModuleType, name: str) -> None:
    for metric, hits in _pooled(worlds_of_plans, name, SEEDS).items():
        covered = np.array([hit for _, hit in hits], dtype=float)
        assert covered.mean() + 2 * covered.std() / np.sqrt(len(covered)) >= LEAST, metric


def _pooled(worlds_of_plans: ModuleType, name: str, seeds: int) -> dict[str, list[tuple[float, bool]]]:
    worlds = [worlds_of_plans.judged(name, seed) for seed in range(seeds)]
    return {metric: [hit for world in worlds for hit in world[metric]] for metric in worlds_of_plans.FIGURES}
