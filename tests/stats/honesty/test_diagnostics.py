"""Closed-form left-out residuals equal refits, and coverage is judged where enough say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.errors import LearningError
from reflection.stats.honesty.diagnostics import FEWEST_SCORES, coverage, leave_one_out
from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import GRID, Rows, Stratum
from reflection.stats.sums.observations import observe_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


def _plugged_in(view: object, found: Fit) -> Fit:
    """The fit with the mean at its variance components, for which the closed form is exact."""
    components = np.log(np.array([*found.sigma.values(), *found.tau]))
    at = Model(view).posterior(components)  # type: ignore[arg-type]
    return type(found)(**{**found.__dict__, "mean_at_mode": at.mean, "covariance": at.covariance})


@pytest.fixture(scope="module")
def broken_down() -> tuple[Rows, np.ndarray]:
    """30 campaigns of 1 to 4 cells; one variance per octave, so that binning is exact."""
    rng = np.random.default_rng(4)
    campaign = np.repeat(np.arange(30), rng.integers(1, 5, 30))
    cells = [{Feature("a", str(rng.integers(4))): 1.0, Feature("b", str(rng.integers(3))): 1.0} for _ in campaign]
    n = np.full(len(campaign), 800.0)
    x = rng.poisson(n * 0.05 * np.exp(rng.normal(0, 0.3, 30)[campaign]))
    rows, origin = campaign_rows(cells, observe_rate(x, n, 0.05), campaign)
    exact = Rows(rows.design, rows.y, rows.log2_v >> 16 << 16, rows.stratum, rows.log2_passing)
    return exact, origin


def test_left_out_residuals_equal_a_refit_without_the_campaign(broken_down: tuple[Rows, np.ndarray]) -> None:
    rows, origin = broken_down
    statistics = SufficientStatistics()
    statistics.add(rows)
    view = statistics.view()
    found = _plugged_in(view, fit(view, 0, hyper_draws=1))
    left_out = leave_one_out(found, rows, origin)
    x = np.zeros((len(rows), len(view.layout)))
    x[:, [view.layout.column(f) for f in rows.design.features]] = rows.design.matrix().toarray()
    components = np.log(np.array([*found.sigma.values(), *found.tau]))
    extra = np.array([found.sigma.get(Stratum(s), 0.0) for s in rows.stratum])
    prior = Model(view).prior_precision(components)
    c = view.layout.constraints.toarray()
    for campaign in (0, 7, 19):
        keep, out = origin != campaign, origin == campaign
        noise = rows.v + extra**2
        free = np.linalg.inv(x[keep].T @ (x[keep] / noise[keep, None]) + np.diag(prior))
        tied = free - free @ c @ np.linalg.solve(c.T @ free @ c, c.T @ free)
        mean = tied @ x[keep].T @ (rows.y[keep] / GRID / noise[keep])
        np.testing.assert_allclose(left_out.residual[out], rows.y[out] / GRID - x[out] @ mean, atol=1e-4)
        variance = np.diag(x[out] @ tied @ x[out].T) + noise[out]
        np.testing.assert_allclose(left_out.sd[out], np.sqrt(variance), rtol=1e-3)


def test_a_row_left_out_is_judged_by_what_the_fit_took_it_for(make_world: Callable[..., object]) -> None:
    """Fewer rows than effects: each is nearly its own prediction, and its block's variance is not its own."""
    world = make_world(30, 5, effect_sd=0.5, scatter=0.02)
    rows, origin = campaign_rows(world.cells, world.observations)  # type: ignore[attr-defined]
    statistics = SufficientStatistics()
    statistics.add(rows)
    found = fit(statistics.view(), 1)
    taken = statistics.as_taken(rows)
    left_out = leave_one_out(found, rows, origin, taken)

    assert found.covariance.shape[0] > len(rows)
    assert not np.array_equal(taken.log2_v, rows.log2_v)
    assert (np.abs(taken.log2_v - rows.log2_v) <= 1 << 16).all(), "within an octave"
    assert np.abs(left_out.z).max() < 5
    assert (left_out.sd**2 > rows.v).all()
    np.testing.assert_array_equal(taken.y, rows.y)


def test_honest_intervals_need_no_widening(make_world: Callable[..., object]) -> None:
    world = make_world(300, 2)
    rows, origin = campaign_rows(world.cells, world.observations)  # type: ignore[attr-defined]
    judged = coverage(leave_one_out(world.fit(), rows, origin).z)  # type: ignore[attr-defined]

    assert judged.share == pytest.approx(0.9, abs=0.05)
    assert judged.widening < 1.15
    assert judged.reason is None


def test_narrow_intervals_are_widened() -> None:
    z = np.random.default_rng(0).normal(0, 1.5, 500)
    judged = coverage(z)

    assert judged.share is not None
    assert judged.share < 0.8
    assert judged.widening == pytest.approx(1.5, abs=0.15)
    assert judged.spread == pytest.approx(1.5, abs=0.15)
    assert coverage(z / judged.widening).share == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("missed", "failed"), [(10, False), (15, False), (17, True), (30, True)])
def test_a_check_fails_beyond_two_standard_errors(missed: int, failed: bool) -> None:
    judged = coverage(np.array([2.0] * missed + [0.5] * (100 - missed)))
    assert judged.failed is failed
    assert not coverage(np.full(FEWEST_SCORES - 1, 9.0)).failed, "too few say nothing"


def test_wide_intervals_are_never_narrowed() -> None:
    assert coverage(np.random.default_rng(0).normal(0, 0.2, 500)).widening == 1.0


def test_too_few_scores_say_so() -> None:
    judged = coverage(np.full(FEWEST_SCORES - 1, 9.0))

    assert judged.share is None
    assert judged.spread is None
    assert judged.widening == 1.0
    assert "20 are needed" in str(judged.reason)


def test_unseen_signals_widen_the_left_out_interval(world: object, fitted: Fit) -> None:
    cells = [world.cells[0], {**world.cells[0], Feature("platform", "new"): 1.0}]  # type: ignore[attr-defined]
    seen = observe_rate([100.0, 100.0], [5000.0, 5000.0], 0.02)
    left_out = leave_one_out(fitted, *campaign_rows(cells, seen))

    assert left_out.sd[1] > left_out.sd[0]


def test_every_row_needs_a_campaign(world: object, fitted: Fit) -> None:
    with pytest.raises(LearningError):
        leave_one_out(fitted, world.rows, [0])  # type: ignore[attr-defined]


def test_no_rows_are_no_scores(fitted: Fit) -> None:
    rows, origin = campaign_rows([], observe_rate([], [], 0.1))

    assert leave_one_out(fitted, rows, origin).z.shape == (0,)
