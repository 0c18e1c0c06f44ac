"""What is said at any of many looks: bounds hold for all looks together, as the theorems behind them say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.any_time import (
    OF_GROUPS,
    OF_SIGNALS,
    OF_TRENDS,
    OF_WASTE,
    adjusted_rates,
    level_at,
    log_factor_needed,
)

logs = st.lists(st.floats(-50, 50), min_size=1, max_size=40)


def test_an_account_in_which_nothing_is_there_is_told_something_with_one_in_ten_at_most() -> None:
    assert sum((OF_SIGNALS, OF_WASTE, OF_TRENDS, OF_GROUPS)) == pytest.approx(0.10)


def test_levels_over_all_counts_there_may_be_add_up_to_their_share() -> None:
    assert sum(level_at(count, 12, 0.01) for count in range(12, 200_000)) == pytest.approx(0.01, rel=1e-3)


def test_a_factor_against_nothing_reaches_what_is_needed_in_few_lives() -> None:
    """Means of 1 or 0 against 0, looked at after each of 500 values: a likelihood ratio of known models."""
    steps = np.random.default_rng(3).normal(size=(2_000, 500))
    ever = (np.cumsum(0.2 * steps - 0.02, axis=1).max(axis=1) >= log_factor_needed(0.05, 1)).mean()

    assert 0.005 < ever <= 0.05


def test_ordinary_things_are_ever_selected_in_few_lives_however_many_there_are() -> None:
    """Every life has 200 things, each with one e-value, looked at after each of them."""
    rng, level, ever = np.random.default_rng(5), 0.1, 0
    for _ in range(300):
        log_e = 2.5 * rng.normal(size=200) - 2.5**2 / 2
        ever += any(adjusted_rates(log_e[:count]).min() <= level for count in range(1, 201, 4))

    assert 0 < ever / 300 <= level


@given(logs)
def test_rates_are_levels_at_which_each_is_selected(log_e: list[float]) -> None:
    rates, n = adjusted_rates(np.array(log_e)), len(log_e)
    for level in (0.01, 0.1, 0.5):
        ranked = sorted(log_e, reverse=True)
        most = max((k for k in range(1, n + 1) if ranked[k - 1] >= np.log(n / (k * level)) + 1e-9), default=0)
        assert (rates <= level).sum() >= most
        assert all(
            value >= np.log(n / (max((rates <= level).sum(), 1) * level)) - 1e-6
            for value, rate in zip(log_e, rates, strict=True)
            if rate <= level
        )


@given(logs)
def test_more_evidence_never_has_the_larger_rate_and_order_is_nothing(log_e: list[float]) -> None:
    rates = adjusted_rates(np.array(log_e))
    order = np.argsort(log_e, kind="stable")

    assert (np.diff(rates[order]) <= 0).all()
    assert ((rates > 0) & (rates <= 1)).all()
    np.testing.assert_allclose(adjusted_rates(np.array(log_e)[::-1]), rates[::-1], rtol=1e-12)
