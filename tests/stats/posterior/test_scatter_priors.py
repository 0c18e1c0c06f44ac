"""Few things say little of how much such things differ, and their prior claims no more: intervals hold."""

import numpy as np
import pytest

from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.posterior.scatter_priors import FEWEST_RATE, PRIOR_RATE, UNIT_PRIOR_RATE, group_rates, level_rates
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

ACCOUNTS, ROWS = (3, 3, 2), 4
"""Accounts of each of three platforms, and rows of each account."""


def test_the_fewer_levels_the_less_is_claimed_and_of_many_as_of_every_group() -> None:
    rates = level_rates([1, 2, 3, 6, 12, 15, 200]).tolist()

    assert rates == sorted(rates)
    assert (rates[0], rates[-2], rates[-1]) == (FEWEST_RATE, PRIOR_RATE, PRIOR_RATE)


def test_each_kind_of_group_has_its_prior() -> None:
    few = [Feature("a", level) for level in "xyz"]
    pairs = [Feature("a*b", f"{level}*{other}") for level in "xyz" for other in "uv"]
    layout = Layout.of([*few, *pairs, Feature("~slope", "log"), Feature("~unit.account", "one")])

    assert dict(zip(layout.groups, group_rates(layout).tolist(), strict=True)) == {
        "a": FEWEST_RATE, "a*b": PRIOR_RATE, "~slope": PRIOR_RATE, "~unit.account": UNIT_PRIOR_RATE,
    }  # fmt: skip


def _learnt(effects: np.ndarray, seed: int) -> Fit:
    """Platforms with effects, and accounts that differ by .35 on each, as they are learnt from a few rows of each."""
    rng = np.random.default_rng((31, seed))
    of_account = np.repeat(np.arange(len(ACCOUNTS)), ACCOUNTS)
    level = effects[of_account] + rng.normal(0, 0.35, len(of_account))
    account = np.repeat(np.arange(len(of_account)), ROWS)
    rows = [
        {INTERCEPT: 1.0, Feature("platform", f"p{of_account[k]}"): 1.0, Feature("~unit.account", f"a{k}"): 1.0}
        for k in account.tolist()
    ]
    sums = SufficientStatistics()
    sums.add(Rows.of(Design.of(rows), level[account] + rng.normal(0, 0.1, len(account)), np.full(len(account), 0.002)))
    return fit(sums.view(), seed)


@pytest.mark.parametrize("sizes", [(0.3, -0.3, 0.0), (0.0, 0.0, 0.0)])
def test_nine_in_ten_intervals_of_platforms_hold_where_accounts_differ(sizes: tuple[float, ...]) -> None:
    effects = np.array(sizes)
    hits = [
        ((found.low[1:4] <= effects) & (effects <= found.high[1:4])).mean()
        for found in (_learnt(effects, seed) for seed in range(120))
    ]
    assert np.mean(hits) >= 0.87
