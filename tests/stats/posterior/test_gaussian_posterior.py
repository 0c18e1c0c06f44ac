"""The constrained posterior equals dense linear algebra, and its gradient equals finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import linalg, stats

from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD, Model
from reflection.stats.posterior.wide_posterior import DENSE_COLUMNS, WideModel, model_of
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import GRID, Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics, View


@pytest.fixture(params=[False, True], ids=["single", "repeated"])
def rows(request: pytest.FixtureRequest) -> Rows:
    """Rows of all strata with an incomplete interaction and a free slope; one variance per octave."""
    rng = np.random.default_rng(5)
    cells: list[dict[Feature, float]] = []
    for _ in range(60):
        i, j = rng.choice([(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2)])
        cells.append(
            {
                INTERCEPT: 1.0,
                Feature("a", str(i)): 1.0,
                Feature("b", str(j)): 1.0,
                Feature("a*b", f"{i}*{j}"): 1.0,
                Feature("~slope", "x"): float(rng.normal()),
            }
        )
    v = 2.0 ** -rng.integers(1, 6, 60)
    if not request.param:
        stratum = rng.choice([Stratum.BETWEEN, Stratum.WITHIN, Stratum.EXPERIMENT], 60)
        return Rows.of(Design.of(cells), rng.normal(0, 0.5, 60), v, stratum)
    stratum = rng.choice(list(Stratum), 60)
    return Rows.of(Design.of(cells), rng.normal(0, 0.5, 60), v, stratum, 2.0 ** -rng.integers(0, 4, 60))


@pytest.fixture
def view(rows: Rows) -> View:
    """The sums of those rows."""
    statistics = SufficientStatistics()
    statistics.add(rows)
    return statistics.view()


def _components(model: Model) -> np.ndarray:
    return np.log(np.linspace(0.1, 0.5, model.dimensions))


def _scatter(rows: Rows, sigma: dict[Stratum, float]) -> np.ndarray:
    """Variance of each row beside sampling: its stratum's, and of between rows a share of that between periods."""
    own = np.array([sigma.get(Stratum(stratum), 0.0) ** 2 for stratum in rows.stratum])
    shared = np.where(rows.stratum == Stratum.BETWEEN, rows.passing, 0.0)
    return own + shared * sigma.get(Stratum.PERIOD, 0.0) ** 2


def _dense(rows: Rows, view: View, model: Model, components: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean, covariance and evidence in the n-dimensional data space, with an explicit null-space prior."""
    layout = view.layout
    x = np.zeros((len(rows), len(layout)))
    x[:, [layout.column(f) for f in rows.design.features]] = rows.design.matrix().toarray()
    noise = rows.v + _scatter(rows, dict(zip(model.strata, np.exp(components), strict=False)))
    tau = np.exp(components[len(model.strata) :])
    scale = np.array([INTERCEPT_SD, *tau[layout.group_index[1:]]])
    null = linalg.null_space(layout.constraints.toarray().T)
    prior = null @ null.T @ np.diag(scale**2) @ null @ null.T
    marginal = x @ prior @ x.T + np.diag(noise)
    y = rows.y / GRID
    gain = prior @ x.T @ np.linalg.inv(marginal)
    evidence = stats.multivariate_normal(np.zeros(len(y)), marginal).logpdf(y)
    return gain @ y, prior - gain @ x @ prior, float(evidence)


def test_mean_and_covariance_equal_the_dense_solution(rows: Rows, view: View) -> None:
    model = Model(view)
    components = _components(model)
    found = model.posterior(components)
    mean, covariance, _ = _dense(rows, view, model, components)

    np.testing.assert_allclose(found.mean, mean, atol=1e-8)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-8)


def test_the_evidence_differs_from_the_dense_one_by_a_constant(rows: Rows, view: View) -> None:
    model = Model(view)
    one, other = _components(model), _components(model)[::-1] - 0.3
    found = model.posterior(one).log_evidence - model.posterior(other).log_evidence

    assert found == pytest.approx(_dense(rows, view, model, one)[2] - _dense(rows, view, model, other)[2], abs=1e-7)


def test_evidences_of_different_layouts_are_comparable(rows: Rows, view: View) -> None:
    """Without any variance of effects, every layout is the intercept alone."""
    model = Model(view)
    scatter = np.log([0.3, 0.4, 0.2])[: len(model.strata)]
    at = np.concatenate([scatter, np.full(len(view.layout.groups), -12.0)])
    statistics = SufficientStatistics()
    statistics.add(rows)
    bare = Model(statistics.view(Layout.of([])))

    assert model.posterior(at).log_evidence == pytest.approx(bare.posterior(scatter).log_evidence, abs=1e-3)


def test_the_gradient_equals_finite_differences(view: View) -> None:
    model = Model(view)
    at = _components(model)
    gradient = model.posterior(at).gradient
    for k in range(model.dimensions):
        step = np.zeros(model.dimensions)
        step[k] = 1e-5
        rise = model.posterior(at + step).log_evidence - model.posterior(at - step).log_evidence
        assert gradient[k] == pytest.approx(rise / 2e-5, abs=1e-5)


def test_the_hessian_equals_finite_differences_of_the_gradient(view: View) -> None:
    model = Model(view)
    at = _components(model)
    found = model.hessian(at, model.posterior(at))
    for k in range(model.dimensions):
        step = np.zeros(model.dimensions)
        step[k] = 1e-5
        rise = model.posterior(at + step).gradient - model.posterior(at - step).gradient
        np.testing.assert_allclose(found[k], rise / 2e-5, atol=1e-4, rtol=1e-5)
    np.testing.assert_allclose(found, found.T, atol=1e-10)


def test_the_variance_alone_is_the_diagonal_of_the_covariance(view: View) -> None:
    posterior = Model(view).posterior(_components(Model(view)))
    np.testing.assert_allclose(posterior.variance, np.diag(posterior.covariance), rtol=1e-9, atol=1e-14)


def test_sparse_sums_with_constraints_answer_as_dense_ones_without(view: View) -> None:
    dense = Model(view)
    at = _components(dense)
    expected, found = dense.posterior(at), WideModel(view).posterior(at)

    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-10)
    np.testing.assert_allclose(found.covariance, expected.covariance, atol=1e-10)
    np.testing.assert_allclose(found.variance, expected.variance, atol=1e-10)
    np.testing.assert_allclose(found.gradient, expected.gradient, atol=1e-8)
    assert found.log_evidence == pytest.approx(expected.log_evidence)


@pytest.mark.parametrize("kind", [Model, WideModel])
def test_many_posteriors_at_once_are_each_of_them(view: View, kind: type[Model]) -> None:
    model = kind(view)
    components = np.random.default_rng(3).uniform(-3.0, 0.5, (21, model.dimensions))
    found = model.posteriors(components)

    for one, at in zip(found, components, strict=True):
        expected = model.posterior(at)
        np.testing.assert_allclose(one.mean, expected.mean, rtol=1e-9, atol=1e-12)
        assert one.log_evidence == pytest.approx(expected.log_evidence, rel=1e-12)
        assert one.components.tolist() == at.tolist()
    assert model.posteriors(components[:0]) == []


def test_the_coordinates_of_groups_are_as_many_as_their_effects_are_free(view: View) -> None:
    model = Model(view)
    own = model.coordinates_of_groups

    assert [part.stop - part.start for part in own] == model.layout.dof.tolist()
    assert (own[0].start, own[-1].stop) == (1, len(model.posterior(_components(model)).coordinates))


@pytest.mark.parametrize("wide", [False, True])
def test_draws_of_very_many_columns_are_draws_too(view: View, wide: bool) -> None:
    model = WideModel(view) if wide else Model(view)
    found = model.posterior(_components(model))
    draws = found.draw(np.random.default_rng(0), 20_000)

    np.testing.assert_allclose(view.layout.constraints.T @ draws, 0, atol=1e-5)  # they are kept in single precision
    np.testing.assert_allclose(np.cov(draws), found.covariance, atol=0.015)


def test_the_number_of_columns_decides_how_it_is_worked_out() -> None:
    def sums(levels: int) -> View:
        return SufficientStatistics().view(Layout.of([Feature("a", str(level)) for level in range(levels)]))

    assert type(model_of(sums(DENSE_COLUMNS - 1))) is Model
    assert type(model_of(sums(DENSE_COLUMNS))) is WideModel


def test_draws_have_the_posterior_moments_and_satisfy_every_constraint(view: View) -> None:
    model = Model(view)
    found = model.posterior(_components(model))
    draws = found.draw(np.random.default_rng(0), 40_000)

    np.testing.assert_allclose(view.layout.constraints.T @ draws, 0, atol=1e-5)  # they are kept in single precision
    np.testing.assert_allclose(draws.mean(axis=1), found.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(draws), found.covariance, atol=0.01)


def test_half_of_a_covariance_is_that_of_any_sums_of_effects(view: View) -> None:
    model = Model(view)
    found = model.posterior(_components(model))
    sums = np.random.default_rng(0).standard_normal((4, len(view.layout)))
    half = found.half(sums)

    np.testing.assert_allclose(half.T @ half, sums @ found.covariance @ sums.T, atol=1e-10)


def test_effects_that_cannot_be_told_apart_are_exactly_zero(view: View) -> None:
    model = Model(view)
    found = model.posterior(_components(model))
    fixed = ~view.layout.identifiable

    assert fixed.any()
    np.testing.assert_allclose(found.mean[fixed], 0, atol=1e-12)
    np.testing.assert_allclose(np.diag(found.covariance)[fixed], 0, atol=1e-12)


def test_only_strata_with_rows_have_a_variance_to_learn(make_world: Callable[..., object]) -> None:
    statistics = SufficientStatistics()
    statistics.add(make_world(20, 0).rows)  # type: ignore[attr-defined]

    assert Model(statistics.view()).strata == (Stratum.BETWEEN,)
