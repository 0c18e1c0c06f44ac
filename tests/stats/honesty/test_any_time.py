"""What is said at any of many looks: bounds hold for all looks together, as the theorems behind them say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reflection.stats.honesty.any_time import (
    OF_GROUPS,
    OF_SIGNALS,
    OF_TEXTS,
    OF_TRENDS,
    OF_WASTE,
    level_at,
    log_factor_needed,
)


def test_an_account_in_which_nothing_is_there_is_told_something_with_one_in_ten_at_most() -> None:
    waste = OF_WASTE * (1 + math.log(120 / 5))

    assert sum((OF_SIGNALS, OF_TRENDS, OF_GROUPS, OF_TEXTS, waste)) <= 0.102


def test_levels_over_all_counts_there_may_be_add_up_to_their_share() -> None:
    assert sum(level_at(count, 12, 0.01) for count in range(12, 200_000)) == pytest.approx(0.01, rel=1e-3)


def test_a_factor_against_nothing_reaches_what_is_needed_in_few_lives() -> None:
    """Means of 1 or 0 against 0, looked at after each of 500 values: a likelihood ratio of known models."""
    steps = np.random.default_rng(3).normal(size=(2_000, 500))
    ever = (np.cumsum(0.2 * steps - 0.02, axis=1).max(axis=1) >= log_factor_needed(0.05, 1)).mean()

    assert 0.005 < ever <= 0.05
