"""Laws of diagnostics: coverage counted by hand, and campaigns in any order and any portion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.stats.honesty import diagnostics
from reflection.stats.honesty.diagnostics import coverage, leave_one_out
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Stratum
from reflection.stats.sums.observations import observe_rate

Z90 = 1.6448536269514722


@pytest.mark.parametrize(("count", "place"), [(20, 19), (21, 20), (29, 27), (30, 28), (99, 90), (100, 91)])
def test_the_widening_is_the_conformal_quantile_over_that_of_theory(count: int, place: int) -> None:
    """ceil(0.9 (n + 1)): the score that a new one stays below with a probability of at least nine tenths."""
    scores = np.linspace(0.5, 4.0, count)
    signs = np.where(np.arange(count) % 2, 1, -1)
    judged = coverage(np.random.default_rng(0).permutation(scores * signs))

    assert judged.scores == count
    assert judged.widening == pytest.approx(scores[place - 1] / Z90)
    assert judged.share == pytest.approx((scores <= Z90).mean())
    assert judged.spread == pytest.approx(np.std(scores * signs))


def test_a_score_on_the_limit_is_covered() -> None:
    assert coverage(np.full(20, Z90)).share == 1.0
    assert coverage(np.full(20, Z90 + 1e-9)).share == 0.0


def test_scores_that_are_none_are_not_counted() -> None:
    judged = coverage(np.array([np.nan, np.inf, *np.full(20, 0.5)]))

    assert (judged.scores, judged.share, judged.spread) == (20, 1.0, 0.0)
    thin = coverage(np.array([np.nan, *np.full(19, 0.5)]))
    assert (thin.scores, thin.share) == (19, None)
    assert thin.reason == "19 scores; at least 20 are needed to judge coverage"


@pytest.fixture(scope="module")
def mixed(make_world: Callable[..., object]) -> tuple[Fit, object, np.ndarray]:
    """Campaigns of one to three cells in a shuffled order, and a fit of their world."""
    world = make_world(80, 7)
    rng = np.random.default_rng(7)
    campaign = rng.integers(0, 40, 80)
    rows, origin = campaign_rows(world.cells, world.observations, campaign)  # type: ignore[attr-defined]
    order = rng.permutation(len(rows))
    return world.fit(), rows.take(order), origin[order]  # type: ignore[attr-defined]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_some_rows_at_a_time_are_left_out_as_all(
    mixed: tuple[Fit, object, np.ndarray], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    found, rows, origin = mixed
    whole = leave_one_out(found, rows, origin)  # type: ignore[arg-type]
    monkeypatch.setattr(diagnostics, "_ROWS_AT_ONCE", at_once)
    parts = leave_one_out(found, rows, origin)  # type: ignore[arg-type]

    np.testing.assert_allclose(parts.residual, whole.residual)
    np.testing.assert_allclose(parts.sd, whole.sd)


def test_a_campaign_is_left_out_as_if_it_were_alone(mixed: tuple[Fit, object, np.ndarray]) -> None:
    found, rows, origin = mixed
    whole = leave_one_out(found, rows, origin)  # type: ignore[arg-type]
    for campaign in np.unique(origin)[::7]:
        own = np.flatnonzero(origin == campaign)
        alone = leave_one_out(found, rows.take(own), origin[own])  # type: ignore[attr-defined]
        np.testing.assert_allclose(alone.residual, whole.residual[own])
        np.testing.assert_allclose(alone.z, whole.residual[own] / whole.sd[own])


def test_a_new_campaign_has_the_variances_of_its_parts(world: object, fitted: Fit) -> None:
    """With a signal never seen alone: no effect of it was learnt, so nothing has to be left out of it."""
    unknown = Feature("hook", "new")
    rows, origin = campaign_rows([{unknown: 2.0}], observe_rate([100.0], [5000.0], 0.02))
    only = leave_one_out(fitted, rows, origin)
    noise = rows.v[0] + fitted.sigma[Stratum.BETWEEN] ** 2 + (2 / 6) ** 2
    known = float(fitted.covariance[0, 0])

    raw = float(rows.y[0] / 2**16 - fitted.mean_at_mode[0])
    assert only.residual[0] == pytest.approx(raw / (1 - known / noise), rel=1e-5)
    assert only.sd[0] == pytest.approx(np.sqrt(noise / (1 - known / noise)), rel=1e-5)
