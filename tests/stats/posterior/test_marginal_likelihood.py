"""The evidence in the space of the rows is that in the space of the effects, for any rows and any components."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.posterior.marginal_likelihood import Marginal
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

LEVELS = {"age": 4, "platform": 3}


def model_of(count: int, seed: int, *, same: bool = False, missing: bool = False) -> Model:
    """Rows of all strata with an interaction and a slope; ``same``: each row twice; ``missing``: levels never seen."""
    rng = np.random.default_rng(seed)
    cells: list[dict[Feature, float]] = []
    for _ in range(count):
        age, platform = rng.integers(LEVELS["age"]), rng.integers(LEVELS["platform"])
        cells.append(
            {
                INTERCEPT: 1.0,
                Feature("age", str(age)): 0.75,
                Feature("age", str((age + 1) % 4)): 0.25,
                Feature("platform", str(platform)): 1.0,
                Feature("platform*age", f"{platform}*{age}"): 1.0,
                Feature("~slope", "x"): float(rng.normal()),
            }
        )
    v = 2.0 ** -rng.integers(1, 8, count)
    stratum = rng.choice(list(Stratum), count)
    rows = Rows.of(Design.of(cells), rng.normal(0, 0.5, count), v, stratum, 2.0 ** -rng.integers(0, 3, count))
    statistics = SufficientStatistics()
    for _ in range(1 + same):
        statistics.add(rows)
    layout = Layout.of([*statistics.features, Feature("age", "9"), Feature("geo", "a"), Feature("geo", "b")])
    return Model(statistics.view(layout if missing else None))


def differences(model: Model, components: np.ndarray) -> np.ndarray:
    """How much the two evidences differ, beside a constant."""
    found = Marginal(model).log_evidence(components)
    expected = np.array([model.posterior(one).log_evidence for one in components])
    return (found - expected) - (found - expected)[0]


@given(count=st.integers(1, 40), seed=st.integers(0, 99), same=st.booleans(), missing=st.booleans())
def test_it_is_the_evidence_of_the_posterior(count: int, seed: int, same: bool, missing: bool):
    model = model_of(count, seed, same=same, missing=missing)
    components = np.random.default_rng(seed).uniform(-3.5, 0.5, (7, model.dimensions))

    np.testing.assert_allclose(differences(model, components), 0.0, atol=1e-6)


@pytest.mark.parametrize("log_sd", [-8.0, 1.5])
def test_at_the_limits_of_the_components_too(log_sd: float):
    model = model_of(20, 1)
    components = np.full((2, model.dimensions), -1.0)
    components[1] = log_sd

    np.testing.assert_allclose(differences(model, components), 0.0, atol=1e-5)


def test_many_at_once_are_as_each_alone():
    model = model_of(15, 2)
    components = np.random.default_rng(0).uniform(-3, 0, (600, model.dimensions))
    marginal = Marginal(model)
    together = marginal.log_evidence(components)

    assert together.shape == (600,)
    for place in (0, 255, 256, 599):
        assert together[place] == pytest.approx(marginal.log_evidence(components[place : place + 1])[0], abs=1e-9)


def test_of_no_components_it_is_empty():
    assert Marginal(model_of(3, 0)).log_evidence(np.empty((0, 7))).shape == (0,)


def test_rows_without_any_feature_of_the_layout_count_by_their_scatter_alone():
    statistics = SufficientStatistics()
    contrast = Design.of([{Feature("geo", "a"): 1.0, Feature("geo", "b"): -1.0}])
    statistics.add(Rows.of(contrast, [0.3], [0.01], Stratum.EXPERIMENT))
    design = Design.of([{INTERCEPT: 1.0, Feature("age", str(k % 2)): 1.0} for k in range(6)])
    statistics.add(Rows.of(design, np.linspace(-1, 1, 6), np.full(6, 0.1)))
    model = Model(statistics.view(Layout.of([Feature("age", "0"), Feature("age", "1")])))

    np.testing.assert_allclose(differences(model, np.array([[-1.0, -2.0], [-0.5, -0.5]])), 0.0, atol=1e-9)
