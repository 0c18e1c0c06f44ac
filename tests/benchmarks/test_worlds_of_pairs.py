"""Worlds of pairs: the same from the same seed, pairs double-centred; over twenty, what is told of them holds."""

from types import ModuleType

import numpy as np
import pytest

from reflection.domain import signals

SEEDS = 20
LEAST_COVERAGE, MOST_FALSE, MOST_NULL = 0.87, 0.10, 0.10


def test_a_world_is_the_same_from_the_same_seed(worlds_of_pairs: ModuleType) -> None:
    make = worlds_of_pairs.WORLDS["own copies"].make
    assert make(1) == make(1)
    assert make(1) != make(2)


def test_planted_pairs_are_what_neither_does_alone(worlds_of_pairs: ModuleType) -> None:
    for kind in ("best pair picked", "audiences by name", "names on platforms"):
        effects = worlds_of_pairs.WORLDS[kind].make(1).effects["ctr"]
        sums: dict[str, float] = {}
        for key, value in effects.items():
            if signals.CROSS in key:
                for part in signals.parse(key).parts:
                    place = f"{key.partition(':')[0]} {part.key}"
                    sums[place] = sums.get(place, 0.0) + value
        assert sums
        assert all(abs(total) < 1e-9 for total in sums.values())


def test_the_planner_books_the_best_pair_most_of_the_time(worlds_of_pairs: ModuleType) -> None:
    evidence = worlds_of_pairs.WORLDS["best pair picked"].make(0).evidence
    booked = [
        tuple(key for key in one.cells[0].shares if key.startswith(("audience.segment:", "creative.type:")))
        for one in evidence
    ]
    assert max(booked.count(pair) for pair in set(booked)) / len(booked) > 0.6


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize("kind", ["best pair picked", "audiences by name", "names on platforms", "own copies"])
def test_what_is_told_over_twenty_worlds(worlds_of_pairs: ModuleType, kind: str) -> None:
    scores = [worlds_of_pairs.judged(kind, seed) for seed in range(SEEDS)]
    covered = np.array([np.mean(score.mains) for score in scores if score.mains])
    wrong = np.array([score.false / max(score.findings, 1) for score in scores])
    assert covered.mean() + covered.std() / np.sqrt(len(covered)) >= LEAST_COVERAGE
    assert wrong.mean() <= MOST_FALSE + wrong.std() / np.sqrt(len(wrong))


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize("kind", ["best pair picked, null", "audiences by name, null", "names on platforms, null"])
def test_null_worlds_stay_silent(worlds_of_pairs: ModuleType, kind: str) -> None:
    told = [worlds_of_pairs.judged(kind, seed).findings > 0 for seed in range(SEEDS)]
    assert np.mean(told) <= MOST_NULL
