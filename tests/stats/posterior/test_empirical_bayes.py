"""Fits are deterministic, honest about what they do not know, and better than no pooling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


def _finite(found: Fit) -> bool:
    arrays = (
        found.mean,
        found.sd,
        found.low,
        found.high,
        found.estimate,
        found.error,
        found.draws,
        found.tau,
        found.unseen,
    )
    return all(bool(np.isfinite(a).all()) for a in (*arrays, found.covariance, found.exposure))


def _true(world: object, found: Fit) -> np.ndarray:
    return np.array([world.truth.get(f, 0.0) for f in found.layout.features])  # type: ignore[attr-defined]


def test_the_same_seed_gives_the_same_answer(world: object, fitted: Fit) -> None:
    again = world.fit()  # type: ignore[attr-defined]

    for name in ("mean", "sd", "low", "high", "estimate", "error", "draws", "tau", "covariance"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(again, name))


def test_the_order_of_evidence_does_not_move_a_bit(world: object, fitted: Fit) -> None:
    rows = world.rows  # type: ignore[attr-defined]
    backwards = SufficientStatistics()
    for i in reversed(range(len(rows))):
        span = slice(rows.design.indptr[i], rows.design.indptr[i + 1])
        design = Design(
            rows.design.features,
            np.array([0, span.stop - span.start]),
            rows.design.indices[span],
            rows.design.data[span],
        )
        backwards.add(
            Rows(
                design, rows.y[i : i + 1], rows.log2_v[i : i + 1], rows.stratum[i : i + 1], rows.log2_passing[i : i + 1]
            )
        )
    found = fit(backwards.view(world.layout), 0)  # type: ignore[attr-defined]

    np.testing.assert_array_equal(found.draws, fitted.draws)
    np.testing.assert_array_equal(found.mean, fitted.mean)


def test_another_seed_agrees_within_monte_carlo_noise(world: object, fitted: Fit) -> None:
    other = world.fit(seed=9)  # type: ignore[attr-defined]

    assert not np.array_equal(other.draws, fitted.draws)
    np.testing.assert_allclose(other.mean, fitted.mean, atol=0.03)


def test_effects_are_recovered_with_honest_intervals(make_world: Callable[..., object]) -> None:
    covered, correlation = [], []
    for seed in range(6):
        world = make_world(150, seed)
        found = world.fit()  # type: ignore[attr-defined]
        mains = [i for i, f in enumerate(found.layout.features) if i and "*" not in f.group]
        true = _true(world, found)[mains]
        covered.append(np.mean((found.low[mains] <= true) & (true <= found.high[mains])))
        correlation.append(np.corrcoef(found.mean[mains], true)[0, 1])

    assert 0.8 <= np.mean(covered) <= 0.99
    assert np.mean(correlation) > 0.9


def test_overdispersion_is_learnt(make_world: Callable[..., object]) -> None:
    calm = make_world(400, 1, scatter=0.1).fit()  # type: ignore[attr-defined]
    wild = make_world(400, 1, scatter=0.5).fit()  # type: ignore[attr-defined]

    assert calm.sigma[Stratum.BETWEEN] == pytest.approx(0.1, abs=0.05)
    assert wild.sigma[Stratum.BETWEEN] == pytest.approx(0.5, abs=0.07)


def test_effects_of_a_group_sum_to_zero_in_mean_and_in_every_draw(fitted: Fit) -> None:
    c = fitted.layout.constraints

    np.testing.assert_allclose(c.T @ fitted.mean, 0, atol=1e-8)
    np.testing.assert_allclose(c.T @ fitted.draws.astype(float), 0, atol=1e-5)


def test_shrinkage_and_de_shrinkage_point_the_same_way(fitted: Fit) -> None:
    free = fitted.layout.identifiable & (fitted.layout.group_index >= 0)

    assert (np.sign(fitted.estimate[free]) == np.sign(fitted.estimate[free])).all()
    assert (np.abs(fitted.estimate[free]) >= np.abs(fitted.mean[free]) * 0.9).mean() > 0.8
    assert (fitted.error[free] > 0).all()


def test_no_evidence_is_the_prior() -> None:
    layout = Layout.of([Feature("a", "x"), Feature("a", "y")])
    found = fit(SufficientStatistics().view(layout), 0)

    assert _finite(found)
    assert found.rows == 0
    assert found.sigma == {}
    np.testing.assert_allclose(found.mean[1:], 0, atol=1e-9)
    assert (found.low[1:] < 0).all()
    assert (found.high[1:] > 0).all()


def test_not_even_a_signal_is_needed() -> None:
    found = fit(SufficientStatistics().view(), 0)

    assert found.mean.tolist() == [0.0]


def test_unseen_levels_are_wider_than_seen_ones(world: object) -> None:
    statistics = SufficientStatistics()
    statistics.add(world.rows)  # type: ignore[attr-defined]
    unseen = Feature("platform", "unseen")
    found = fit(statistics.view(Layout.of([*world.truth, unseen])), 0)  # type: ignore[attr-defined]
    seen = [i for i, f in enumerate(found.layout.features) if f.group == "platform" and f != unseen]

    assert found.sd[found.layout.column(unseen)] > 2 * found.sd[seen].max()
    assert found.exposure[found.layout.column(unseen)] == 0


@pytest.mark.parametrize("count", [0.0, 1.0, 1e12])
def test_extreme_counts_stay_finite(count: float, make_world: Callable[..., object]) -> None:
    from tests.stats.conftest import campaign_rows

    from reflection.stats.sums.observations import observe_rate, pooled_rate

    world = make_world(20, 2)
    x, n = world.x.copy(), world.n.copy()  # type: ignore[attr-defined]
    x[3], n[3] = count, max(count, 1.0)
    x[4], n[4] = count, 1.0
    statistics = SufficientStatistics()
    statistics.add(campaign_rows(world.cells, observe_rate(x, n, pooled_rate(x, n)))[0])  # type: ignore[attr-defined]

    assert _finite(fit(statistics.view(), 0))


def test_a_single_campaign_can_be_learnt(make_world: Callable[..., object]) -> None:
    found = make_world(1, 0).fit()  # type: ignore[attr-defined]

    assert _finite(found)
    assert (found.low[1:] <= 0).all()
    assert (found.high[1:] >= 0).all()


def test_more_evidence_narrows_intervals(make_world: Callable[..., object]) -> None:
    few = make_world(30, 4).fit()  # type: ignore[attr-defined]
    many = make_world(600, 4).fit()  # type: ignore[attr-defined]

    assert many.sd[1:].mean() < 0.5 * few.sd[1:].mean()


def test_integrating_the_variances_widens_what_plugging_in_makes_too_narrow(
    make_world: Callable[..., object],
) -> None:
    statistics = SufficientStatistics()
    statistics.add(make_world(20, 6).rows)  # type: ignore[attr-defined]
    view = statistics.view()

    assert fit(view, 0).sd[1:].mean() > 1.02 * fit(view, 0, hyper_draws=1).sd[1:].mean()


def test_a_fit_does_not_change_the_sums(world: object) -> None:
    statistics = SufficientStatistics()
    statistics.add(world.rows)  # type: ignore[attr-defined]
    before = statistics.digest()
    fit(statistics.view(), 0)

    assert statistics.digest() == before


def test_unknown_groups_have_the_prior_mean_scale(fitted: Fit) -> None:
    assert fitted.tau_of(Feature("never", "seen")) == pytest.approx(1 / 6)
    assert fitted.tau_of(Feature("platform", "new")) > fitted.tau[fitted.layout.groups.index("platform")]


def test_breakdown_cells_teach_more_than_their_campaign(make_world: Callable[..., object]) -> None:
    """Cells of one campaign share its shift, so contrasts between them are sharper than whole campaigns."""
    from tests.stats.conftest import campaign_rows

    from reflection.stats.sums.observations import observe_rate

    rng = np.random.default_rng(0)
    effects = np.array([0.3, 0.0, -0.3])
    shift = np.repeat(rng.normal(0, 0.5, 40), 3)
    level = np.tile(np.arange(3), 40)
    n = np.full(120, 20_000.0)
    x = rng.poisson(n * 0.02 * np.exp(effects[level] + shift))
    cells = [{Feature("creative", str(k)): 1.0} for k in level]
    widths = []
    for campaign in (np.repeat(np.arange(40), 3), None):
        statistics = SufficientStatistics()
        statistics.add(campaign_rows(cells, observe_rate(x, n, 0.02), campaign)[0])
        found = fit(statistics.view(), 0)
        widths.append(found.sd[1:].mean())
        assert np.sign(found.mean[[1, 3]]).tolist() == [1, -1]

    assert widths[0] < 0.5 * widths[1]


def test_the_intercept_is_relative_to_the_reference(fitted: Fit) -> None:
    assert fitted.layout.features[0] == INTERCEPT
    assert abs(fitted.mean[0]) < 0.5


def test_the_bayes_factor_tells_worlds_with_effects_from_worlds_without(
    make_world: Callable[..., object],
) -> None:
    real = [make_world(60, seed).fit().log_bayes_factor for seed in range(5)]  # type: ignore[attr-defined]
    null = [make_world(60, seed, effect_sd=0.0).fit().log_bayes_factor for seed in range(5)]  # type: ignore[attr-defined]

    assert min(real) > 2
    assert np.mean(null) < 0
