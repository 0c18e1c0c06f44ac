"""Intervals mean what they say: 90 % of them hold the rate that made the counts, tiny counts and zeros included.

Order values scatter as the intervals assume (a coefficient of variation of 1), in two shapes that are far apart: with
most orders near the smallest (exponential) and with a long tail (log-normal).
"""

import math
import sys
from collections.abc import Callable

import numpy as np
import pytest

from reflection.comparison.counting_noise import interval
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import ORDER_VALUE_CV

NOMINAL, TOLERANCE = 0.90, 0.02
OF_AOV = 0.03
"""Order values are not promised: of one or two orders with most near the smallest, the interval is a little short."""

FAST, TORTURE = 2_000, 10_000
IMPRESSIONS = (200, 1_000, 10_000, 100_000)
ORDER_VALUE = 50.0

Orders = Callable[[np.random.Generator, int], float]


def _exponential(rng: np.random.Generator, count: int) -> float:
    return float(rng.exponential(ORDER_VALUE, count).sum())


def _lognormal(rng: np.random.Generator, count: int) -> float:
    variance = np.log1p(ORDER_VALUE_CV**2)
    return float(rng.lognormal(np.log(ORDER_VALUE) - variance / 2, np.sqrt(variance), count).sum())


KPIS = [
    *((kpi, _exponential) for kpi in ("ctr", "cvr", "cpc", "cpa", "aov", "roas")),
    *((kpi, _lognormal) for kpi in ("aov", "roas")),
]
NAMES = [f"{kpi}{orders.__name__ if kpi in ('aov', 'roas') else ''}" for kpi, orders in KPIS]


def _campaigns(draws: int, seed: int, orders: Orders) -> list[tuple[Metrics, dict[str, float]]]:
    """Counts drawn from known rates, log-uniform over what campaigns have; from no click at all to thousands."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(draws):
        n = int(rng.choice(IMPRESSIONS))
        ctr, cvr = np.exp(rng.uniform(np.log(0.003), np.log(0.1))), np.exp(rng.uniform(np.log(0.01), np.log(0.3)))
        clicks = int(rng.binomial(n, ctr))
        conversions = int(rng.binomial(clicks, cvr))
        spend = n * 0.01
        truth = {"ctr": ctr, "cvr": cvr, "cpc": spend / (n * ctr), "cpa": spend / (n * ctr * cvr), "aov": ORDER_VALUE}
        truth["roas"] = ORDER_VALUE / truth["cpa"]
        metrics = Metrics(
            impressions=n, clicks=clicks, conversions=conversions, spend=spend, revenue=orders(rng, conversions)
        )
        made.append((metrics, {name: float(value) for name, value in truth.items()}))
    return made


def _covered(draws: int, kpi: str, orders: Orders) -> tuple[float, int]:
    """Share of the intervals that hold the truth, and how many there were."""
    held = []
    for metrics, truth in _campaigns(draws, 11, orders):
        found = interval(kpi, metrics)
        if found is not None:
            held.append(found[0] <= truth[kpi] <= found[1])
    return float(np.mean(held)), len(held)


@pytest.mark.parametrize(("kpi", "orders"), KPIS, ids=NAMES)
def test_nine_intervals_of_ten_hold_the_truth(kpi: str, orders: Orders) -> None:
    share, count = _covered(FAST, kpi, orders)

    assert count > FAST / 2
    assert abs(share - NOMINAL) <= 2 * TOLERANCE


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize(("kpi", "orders"), KPIS, ids=NAMES)
def test_nine_thousand_intervals_of_ten_thousand_hold_the_truth(kpi: str, orders: Orders) -> None:
    share, count = _covered(TORTURE, kpi, orders)
    sys.stdout.write(f"{kpi}{orders.__name__}: {share:.1%} of {count}\n")

    assert count > TORTURE / 2
    chance = 2 * math.sqrt(NOMINAL * (1 - NOMINAL) / count)  # two standard errors of so many draws
    assert abs(share - NOMINAL) <= (OF_AOV if kpi == "aov" else TOLERANCE) + chance, share
