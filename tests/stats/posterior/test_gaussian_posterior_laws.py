"""Laws of the posterior: the expected information is that of the dense Gaussian, and curvature counts rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

INTERCEPT_SD = 10.0


@pytest.fixture(scope="module", params=[False, True], ids=["single", "repeated"])
def rows(request: pytest.FixtureRequest) -> Rows:
    """Sixty rows of two groups of three and four levels, their interaction and a free slope, in all strata."""
    rng = np.random.default_rng(8)
    cells = []
    for _ in range(60):
        i, j = int(rng.integers(3)), int(rng.integers(4))
        main = {Feature("a", str(i)): 1.0, Feature("b", str(j)): 1.0, Feature("a*b", f"{i}*{j}"): 1.0}
        cells.append({INTERCEPT: 1.0, **main, Feature("~slope", "x"): float(rng.normal())})
    v = 2.0 ** -rng.integers(1, 6, 60)
    if not request.param:
        stratum = rng.choice([Stratum.BETWEEN, Stratum.WITHIN, Stratum.EXPERIMENT], 60)
        return Rows.of(Design.of(cells), rng.normal(0, 0.5, 60), v, stratum)
    stratum = rng.choice(list(Stratum), 60)
    return Rows.of(Design.of(cells), rng.normal(0, 0.5, 60), v, stratum, 2.0 ** -rng.integers(0, 4, 60))


@pytest.fixture(scope="module")
def model(rows: Rows) -> Model:
    statistics = SufficientStatistics()
    statistics.add(rows)
    return Model(statistics.view())


def test_the_information_about_tau_is_that_of_the_dense_gaussian(rows: Rows, model: Model) -> None:
    """Half the trace of V^-1 dV V^-1 dV, V = N + sum of tau_g^2 K_g, d V / d log tau_g = 2 tau_g^2 K_g."""
    components = np.log(np.linspace(0.1, 0.5, model.dimensions))
    layout, count = model.layout, len(model.strata)
    x = np.zeros((len(rows), len(layout)))
    x[:, [layout.column(f) for f in rows.design.features]] = rows.design.matrix().toarray()
    null = linalg.null_space(layout.constraints.toarray().T)
    projected = x @ null @ null.T
    kernels = [
        np.exp(2 * at) * projected[:, layout.group_index == g] @ projected[:, layout.group_index == g].T
        for g, at in enumerate(components[count:])
    ]
    variances = dict(zip(model.strata, np.exp(2 * components[:count]), strict=True))
    carried = {name: np.where(rows.stratum == name, variance, 0.0) for name, variance in variances.items()}
    if Stratum.PERIOD in carried:
        between = rows.stratum == Stratum.BETWEEN
        carried[Stratum.PERIOD] += np.where(between, rows.passing * variances[Stratum.PERIOD], 0.0)
    noise = rows.v + sum(carried.values())
    whole = np.diag(noise) + INTERCEPT_SD**2 * np.ones((60, 60)) + sum(kernels)
    inverse = np.linalg.inv(whole)
    expected = np.array([[0.5 * np.trace(inverse @ (2 * a) @ inverse @ (2 * b)) for a in kernels] for b in kernels])

    found = model.information(components, model.posterior(components))

    np.testing.assert_allclose(found[count:, count:], expected, rtol=1e-5, atol=1e-8)
    for i, one in enumerate(carried.values()):
        for k, other in enumerate(carried.values()):
            assert found[i, k] == pytest.approx(2 * (one / noise * other / noise).sum(), rel=1e-4)
    assert not found[:count, count:].any()


def test_the_typical_curvature_is_twice_the_rows_and_twice_the_free_effects(rows: Rows, model: Model) -> None:
    strata = (Stratum.BETWEEN, Stratum.WITHIN, Stratum.PERIOD)
    counts = np.array([float((rows.stratum == stratum).sum()) for stratum in strata])
    counts[2] += rows.passing[rows.stratum == Stratum.BETWEEN].sum() if counts[2] else 0.0

    assert model.strata == strata[: np.count_nonzero(counts)]
    assert model.curvature.tolist() == pytest.approx([*2 * counts[: len(model.strata)], 4.0, 12.0, 6.0, 2.0])
    empty = SufficientStatistics()
    empty.add(Rows.of(Design.of([{INTERCEPT: 1.0, Feature("a", "only"): 1.0}]), [0.1], [0.1]))
    assert Model(empty.view()).curvature.tolist() == [2.0, 2.0], "never less than one of either"


def test_the_intercept_is_nearly_free_and_a_row_weighs_by_both_its_variances(model: Model) -> None:
    components = np.log(np.linspace(0.1, 0.5, model.dimensions))
    precision, weights = model.prior_precision(components), model.weights(components)
    tau = np.exp(components[len(model.strata) :])
    carried = model.carried @ np.exp(2 * components[: len(model.strata)])

    assert precision[0] == pytest.approx(INTERCEPT_SD**-2)
    np.testing.assert_allclose(precision[1:], tau[model.layout.group_index[1:]] ** -2)
    np.testing.assert_allclose(weights, 1 / (model.view.v + carried))
