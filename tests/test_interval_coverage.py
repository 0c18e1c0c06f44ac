"""Intervals mean what they say: 90 % of them hold the rate that made the counts, tiny counts and zeros included."""

import numpy as np
import pytest

from reflection.campaign import Metrics
from reflection.kpi import interval

NOMINAL, TOLERANCE = 0.90, 0.02
FAST, TORTURE = 2_000, 10_000
IMPRESSIONS = (200, 1_000, 10_000, 100_000)


def _campaigns(draws: int, seed: int) -> list[tuple[Metrics, dict[str, float]]]:
    """Counts drawn from known rates, log-uniform over what campaigns have; from no click at all to thousands."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(draws):
        n = int(rng.choice(IMPRESSIONS))
        ctr, cvr = np.exp(rng.uniform(np.log(0.003), np.log(0.1))), np.exp(rng.uniform(np.log(0.01), np.log(0.3)))
        clicks = int(rng.binomial(n, ctr))
        conversions = int(rng.binomial(clicks, cvr))
        spend = n * 0.01
        truth = {"ctr": ctr, "cvr": cvr, "cpc": spend / (n * ctr), "cpa": spend / (n * ctr * cvr)}
        metrics = Metrics(impressions=n, clicks=clicks, conversions=conversions, spend=spend)
        made.append((metrics, {name: float(value) for name, value in truth.items()}))
    return made


def _covered(draws: int, kpi: str) -> tuple[float, int]:
    """Share of the intervals that hold the truth, and how many there were."""
    held = []
    for metrics, truth in _campaigns(draws, seed=11):
        found = interval(kpi, metrics)
        if found is not None:
            held.append(found[0] <= truth[kpi] <= found[1])
    return float(np.mean(held)), len(held)


@pytest.mark.parametrize("kpi", ["ctr", "cvr", "cpc", "cpa"])
def test_nine_intervals_of_ten_hold_the_truth(kpi: str) -> None:
    share, count = _covered(FAST, kpi)

    assert count > FAST / 2
    assert abs(share - NOMINAL) <= 2 * TOLERANCE


@pytest.mark.torture
@pytest.mark.parametrize("kpi", ["ctr", "cvr", "cpc", "cpa"])
def test_nine_thousand_intervals_of_ten_thousand_hold_the_truth(kpi: str) -> None:
    share, count = _covered(TORTURE, kpi)

    assert count > TORTURE / 2
    assert abs(share - NOMINAL) <= TOLERANCE, share
