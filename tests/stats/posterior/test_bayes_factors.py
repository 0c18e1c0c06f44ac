"""What the rows speak for: that units differ is no reason to believe in a signal."""

import numpy as np

from reflection.stats.posterior.empirical_bayes import fit
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


def _log_factor(seed: int, effect: float) -> float:
    """Log Bayes factor of eight accounts that differ by .35, each with both of two types, of which one does more."""
    rng = np.random.default_rng((41, seed))
    account = np.repeat(np.arange(8), 4)
    kind = np.tile([0, 1], 16)
    rows = [
        {INTERCEPT: 1.0, Feature("type", f"t{own}"): 1.0, Feature("~unit.account", f"a{number}"): 1.0}
        for number, own in zip(account.tolist(), kind.tolist(), strict=True)
    ]
    y = rng.normal(0, 0.35, 8)[account] + effect * kind + rng.normal(0, 0.1, len(account))
    sums = SufficientStatistics()
    sums.add(Rows.of(Design.of(rows), y, np.full(len(account), 0.002)))
    return fit(sums.view(), seed).log_bayes_factor


def test_that_accounts_differ_speaks_for_no_signal() -> None:
    assert max(_log_factor(seed, 0.0) for seed in range(10)) < 2.0


def test_what_differs_within_accounts_speaks_for_a_signal() -> None:
    assert min(_log_factor(seed, 0.3) for seed in range(10)) > 5.0
