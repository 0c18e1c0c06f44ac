"""Laws of leaving out: how many campaigns, how large, and that each is scored by its own rows."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.stats.honesty.diagnostics import SetAside
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Rows
from reflection.stats.sums.observations import observe_rate


def _rows(campaign: np.ndarray) -> tuple[Rows, np.ndarray]:
    rng = np.random.default_rng(2)
    cells = [{Feature("platform", str(k % 4)): 1.0} for k in range(len(campaign))]
    seen = observe_rate(rng.poisson(20, len(cells)), np.full(len(cells), 1e3), 0.02)
    return campaign_rows(cells, seen, campaign)


def _count(fit: Fit, campaign: np.ndarray) -> int:
    aside = SetAside(np.ones(len(campaign), dtype=bool), campaign)
    aside.take([_rows(campaign)])
    return len(aside.scores(fit))


@pytest.mark.parametrize(("campaigns", "scored"), [(19, 0), (20, 20), (1000, 1000), (1001, 1000)])
def test_from_twenty_to_a_thousand_campaigns_are_scored(fitted: Fit, campaigns: int, scored: int) -> None:
    assert _count(fitted, np.arange(campaigns)) == scored


@pytest.mark.parametrize(("cells", "scored"), [(400, 21), (401, 20)])
def test_a_unit_of_four_hundred_cells_is_the_largest_that_is_left_out(fitted: Fit, cells: int, scored: int) -> None:
    assert _count(fitted, np.repeat(np.arange(21), [1] * 20 + [cells])) == scored


def test_numbers_of_campaigns_may_have_gaps(fitted: Fit) -> None:
    assert _count(fitted, np.arange(20) * 7 + 3) == 20
    assert _count(fitted, np.arange(19) * 7 + 3) == 0, "and a gap is no campaign"
