"""Stretches are found where they are, at any number of them, and chance makes none."""

import numpy as np
import pytest

from reflection.stats.over_time.stretches import stretches


@pytest.mark.parametrize("blocks", [1, 2, 5, 8])
@pytest.mark.parametrize("pure", [1.0, 0.9])
def test_stretches_are_where_they_were_planted(blocks: int, pure: float):
    rng = np.random.default_rng(blocks)
    planted = np.arange(240) % (240 // blocks) < 240 // blocks // 3
    present = (rng.random((4, 240)) < np.where(planted, pure, 1 - pure)).astype(float)

    inside = stretches(present, np.ones(240))

    assert (inside == planted).mean(axis=1).min() > 0.92


@pytest.mark.parametrize("count", [5, 12, 20, 40, 100, 400])
def test_chance_makes_none(count: int):
    rng = np.random.default_rng(count)
    shares = rng.choice([0.05, 0.1, 0.2, 0.35, 0.5, 0.9], size=(500, 1))
    alone = stretches((rng.random((500, count)) < shares).astype(float), np.ones(count))
    together = stretches(rng.binomial(5, shares, (500, count)).astype(float), np.full(count, 5.0))

    assert alone.any(axis=1).mean() <= 0.01
    assert together.any(axis=1).mean() <= 0.01


def test_what_is_always_or_never_there_and_nothing_at_all_have_no_stretches():
    assert not stretches(np.array([np.zeros(30), np.ones(30)]), np.ones(30)).any()
    assert stretches(np.zeros((0, 30)), np.ones(30)).shape == (0, 30)
    assert stretches(np.zeros((2, 0)), np.zeros(0)).shape == (2, 0)
