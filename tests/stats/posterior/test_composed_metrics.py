"""Composed metrics are the signed sums of their parts, draw by draw."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.posterior.composed_metrics import Recipe, compose, parts_of
from reflection.stats.posterior.empirical_bayes import Fit

CPA = Recipe("cpa", (("cpm", 1), ("ctr", -1), ("cvr", -1)))
ROAS = Recipe("roas", (("aov", 1), ("cvr", 1), ("ctr", 1), ("cpm", -1)))
CONVERSIONS_PER_CURRENCY_UNIT = Recipe("conversions_per_currency_unit", (("ctr", 1), ("cvr", 1), ("cpm", -1)))


@pytest.fixture(scope="module")
def fits(world: object) -> dict[str, Fit]:
    """Four metrics with draws of their own (the numbers are those of one world)."""
    return {name: world.fit(seed=i) for i, name in enumerate(("cpm", "ctr", "cvr", "aov"))}  # type: ignore[attr-defined]


def test_cpa_is_cpm_without_ctr_and_cvr(fits: dict[str, Fit]) -> None:
    cpa = compose(fits, CPA)

    np.testing.assert_allclose(cpa.mean, fits["cpm"].mean - fits["ctr"].mean - fits["cvr"].mean)
    np.testing.assert_allclose(
        cpa.draws, fits["cpm"].draws - fits["ctr"].draws - fits["cvr"].draws, rtol=1e-4, atol=1e-5
    )


def test_roas_adds_the_order_value(fits: dict[str, Fit]) -> None:
    roas, per_unit = compose(fits, ROAS), compose(fits, CONVERSIONS_PER_CURRENCY_UNIT)

    np.testing.assert_allclose(roas.mean - per_unit.mean, fits["aov"].mean)


def test_conversions_per_currency_unit_is_the_inverse_of_cpa(fits: dict[str, Fit]) -> None:
    cpa, per_unit = compose(fits, CPA), compose(fits, CONVERSIONS_PER_CURRENCY_UNIT)

    np.testing.assert_allclose(per_unit.low, -cpa.high, atol=1e-6)
    np.testing.assert_allclose(per_unit.sd, cpa.sd)


def test_uncertainty_adds_up(fits: dict[str, Fit]) -> None:
    cpa = compose(fits, CPA)

    # of draws, as the covariance of the parts is theirs: independent parts add up to chance
    np.testing.assert_allclose(cpa.sd[1:] ** 2, sum(fits[m].sd[1:] ** 2 for m in ("cpm", "ctr", "cvr")), rtol=0.2)
    np.testing.assert_allclose(cpa.draws.std(axis=1)[1:], cpa.sd[1:], rtol=0.12, atol=1e-3)


def test_a_missing_part_is_named(fits: dict[str, Fit]) -> None:
    with pytest.raises(LearningError, match="roas needs aov"):
        compose({k: v for k, v in fits.items() if k != "aov"}, ROAS)


def test_parts_must_share_a_layout(fits: dict[str, Fit], make_world: object) -> None:
    from reflection.stats.posterior.empirical_bayes import fit
    from reflection.stats.sums.sufficient_statistics import SufficientStatistics

    with pytest.raises(LearningError, match="layouts"):
        parts_of({**fits, "cvr": fit(SufficientStatistics().view(), 0)}, CPA)
