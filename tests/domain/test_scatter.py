"""How much campaigns differ: what nothing was learnt of is unknown, not none."""

import pytest
from scipy import integrate, special

from reflection.domain.metrics import METRICS
from reflection.domain.scatter import NO_SCATTER, UNLEARNT, CampaignScatter
from reflection.stats.posterior.scatter_priors import PRIOR_RATE

Z90 = special.ndtri(0.95)


def test_an_unlearnt_scatter_holds_nine_in_ten_of_what_fits_assume_before_they_see_any():
    def outside(sigma: float) -> float:
        return float(
            PRIOR_RATE * 2.718281828459045 ** (-PRIOR_RATE * sigma) * 2 * special.ndtr(-Z90 * UNLEARNT / sigma)
        )

    missed, _ = integrate.quad(outside, 0, 20, points=[0.01, 0.1, 1.0])
    assert missed == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("metric", ["ctr", "cpa", "roas"])
def test_where_nothing_was_learnt_of_a_metric_it_differs_as_much_as_nobody_knows(metric):
    known = CampaignScatter.learnt({"cpm": 0.1, "ctr": 0.1}, {})
    parts = METRICS[metric].composition
    assert NO_SCATTER.of(metric) is None
    assert CampaignScatter.learnt({}, {}).of(metric) == pytest.approx(UNLEARNT * len(parts) ** 0.5)
    expected = sum(0.01 if part in ("cpm", "ctr") else UNLEARNT**2 for part in parts) ** 0.5
    assert known.of(metric) == pytest.approx(expected)
