"""Laws of composed metrics: signed sums of draws, their quantiles, and as many draws as every part has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reflection.stats.posterior.composed_metrics import Recipe, compose
from reflection.stats.posterior.empirical_bayes import Fit

CPA = Recipe("cpa", (("cpm", 1), ("ctr", -1), ("cvr", -1)))
ROAS = Recipe("roas", (("aov", 1), ("cvr", 1), ("ctr", 1), ("cpm", -1)))


@pytest.fixture(scope="module")
def fits(fitted: Fit) -> dict[str, Fit]:
    """Four metrics with moments and draws of their own, one of them with fewer."""
    rng = np.random.default_rng(1)
    shape = fitted.mean.shape
    return {
        name: replace(
            fitted,
            mean=rng.normal(size=shape),
            sd=rng.uniform(0.1, 1, shape),
            draws=rng.normal(size=(*shape, 300 - 50 * k)).astype(np.float32),
        )
        for k, name in enumerate(("cpm", "ctr", "cvr", "aov"))
    }


@pytest.mark.parametrize(
    ("recipe", "signs", "count"),
    [(CPA, {"cpm": 1, "ctr": -1, "cvr": -1}, 200), (ROAS, {"aov": 1, "cvr": 1, "ctr": 1, "cpm": -1}, 150)],
)
def test_a_composed_effect_is_the_signed_sum_of_its_parts(fits, recipe, signs, count) -> None:
    found = compose(fits, recipe)
    draws = sum(sign * fits[name].draws[:, :count].astype(float) for name, sign in signs.items())

    np.testing.assert_allclose(found.mean, sum(sign * fits[name].mean for name, sign in signs.items()))
    np.testing.assert_allclose(found.sd, draws.std(axis=1), rtol=1e-5)  # parts may have been drawn together
    np.testing.assert_allclose(found.draws, draws, atol=1e-5)
    np.testing.assert_allclose(found.low, np.quantile(draws, 0.05, axis=1), atol=1e-9)
    np.testing.assert_allclose(found.high, np.quantile(draws, 0.95, axis=1), atol=1e-9)
    assert found.draws.dtype == np.float32
    assert found.layout is fits["cpm"].layout
