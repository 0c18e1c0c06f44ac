"""Randomised contrasts: signs, cancellation, independence, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats.posterior.empirical_bayes import fit
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import GRID, Stratum
from reflection.stats.sums.experiments import (
    Levels,
    always_valid,
    contrast_rows,
    events_needed,
    lift_levels,
    rate_levels,
    sample_ratio_p,
    value_levels,
)
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

VIDEO, IMAGE, META = Feature("creative", "video"), Feature("creative", "image"), Feature("platform", "meta")
SLIDES = Feature("creative", "slides")


def test_levels_by_hand() -> None:
    found = rate_levels([30.0, 50.0], [400.0, 900.0])
    rate = 80.5 / 1301
    np.testing.assert_allclose(found.y, np.log([30.5 / 400.5, 50.5 / 900.5]))
    np.testing.assert_allclose(found.v, [1 / (400 * rate + 0.5), 1 / (900 * rate + 0.5)])

    worth = value_levels([100.0, 90.0], [4.0, 9.0])
    np.testing.assert_allclose(worth.y, np.log([25.0, 10.0]))
    np.testing.assert_allclose(worth.v, [1 / 4, 1 / 9])


def test_an_error_is_that_of_repeated_experiments() -> None:
    rng = np.random.default_rng(0)
    levels = [rate_levels([float(a), float(b)], [2000.0, 2000.0]) for a, b in rng.poisson(100, (2000, 2))]

    lifts = [one.y[1] - one.y[0] for one in levels]
    assert np.mean([np.sqrt(one.v.sum()) for one in levels]) == pytest.approx(np.std(lifts), rel=0.05)


@pytest.mark.parametrize("count", [0.0, 1.0, 1e12])
def test_extreme_arms_stay_finite(count: float) -> None:
    found = rate_levels([count, 0.0], [max(count, 1.0), 1.0])

    assert np.isfinite([found.y, found.v]).all()


def test_reported_lifts_keep_their_errors_against_the_control() -> None:
    found = lift_levels([1.2, 0.9], [0.1, 0.2])

    np.testing.assert_allclose(found.y, [0.0, np.log(1.2), np.log(0.9)])
    np.testing.assert_allclose(np.sqrt(found.v[1:] + found.v[0]), [0.1, 0.2])


def test_what_the_arms_share_cancels() -> None:
    arms = [{IMAGE: 1.0, META: 1.0, INTERCEPT: 1.0}, {VIDEO: 1.0, META: 1.0, INTERCEPT: 1.0}]
    rows = contrast_rows(arms, lift_levels([np.exp(0.2)], [0.1]))

    assert rows is not None
    assert dict(zip(rows.design.features, rows.design.data / GRID, strict=True)) == {VIDEO: 1.0, IMAGE: -1.0}
    assert rows.stratum.tolist() == [Stratum.EXPERIMENT]
    assert rows.y[0] / GRID == pytest.approx(0.2, abs=1e-4)
    assert rows.v[0] == pytest.approx(0.01, rel=1e-4)


def test_arms_that_differ_in_nothing_say_nothing() -> None:
    assert contrast_rows([{VIDEO: 1.0}, {VIDEO: 1.0, INTERCEPT: 1.0}], lift_levels([1.1], [0.1])) is None


def test_contrasts_of_uneven_arms_say_what_generalised_least_squares_says() -> None:
    levels = Levels(np.array([0.1, 0.5, -0.2]), np.array([0.01, 0.04, 0.09]))
    rows = contrast_rows([{VIDEO: 1.0}, {IMAGE: 1.0}, {SLIDES: 1.0}], levels)
    assert rows is not None

    x = np.zeros((2, 3))
    for row in range(2):
        some = slice(rows.design.indptr[row], rows.design.indptr[row + 1])
        x[row, rows.design.indices[some]] = rows.design.data[some] / GRID
    y, v = rows.y / GRID, rows.v
    ridge = np.eye(3) * 4.0
    ours = np.linalg.solve(x.T @ (x / v[:, None]) + ridge, x.T @ (y / v))
    ones = np.ones((3, 1))
    weight = np.diag(1 / levels.v)
    projected = weight - weight @ ones @ ones.T @ weight / weight.sum()  # a free level of the experiment taken out
    order = [rows.design.features.index(feature) for feature in (VIDEO, IMAGE, SLIDES)]
    theirs = np.linalg.solve(projected + ridge, projected @ levels.y)
    np.testing.assert_allclose(ours[order], theirs, atol=1e-3)


def test_an_experiment_alone_moves_the_effects_its_way() -> None:
    for log_lift in (0.4, -0.4):
        statistics = SufficientStatistics()
        rows = contrast_rows([{IMAGE: 1.0}, {VIDEO: 1.0}], lift_levels([np.exp(log_lift)], [0.05]))
        assert rows is not None
        statistics.add(rows)
        found = fit(statistics.view(Layout.of([VIDEO, IMAGE])), 0)
        video, image = found.mean[found.layout.column(VIDEO)], found.mean[found.layout.column(IMAGE)]

        assert np.sign(video - image) == np.sign(log_lift)
        assert abs(video - image) == pytest.approx(0.4, abs=0.1)
        assert found.sigma == {}


def test_an_experiment_narrows_what_campaigns_left_open(make_world: Callable[..., object]) -> None:
    world = make_world(40, 8)
    a, b = Feature("creative", "0"), Feature("creative", "1")
    statistics = SufficientStatistics()
    statistics.add(world.rows)  # type: ignore[attr-defined]
    before = fit(statistics.view(), 0)
    true = world.truth[a] - world.truth[b]  # type: ignore[attr-defined]
    rows = contrast_rows([{b: 1.0}, {a: 1.0}], lift_levels([np.exp(true)], [0.02]))
    assert rows is not None
    statistics.add(rows)
    after = fit(statistics.view(), 0)

    assert after.sd[after.layout.column(a)] < before.sd[before.layout.column(a)]
    statistics.subtract(rows)
    np.testing.assert_array_equal(fit(statistics.view(), 0).mean, before.mean)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: rate_levels([1.0, 1.0], [0.0, 10.0]),
        lambda: rate_levels([1.0, 1.0], [10.0, -1.0]),
        lambda: value_levels([1.0, 0.0], [1.0, 1.0]),
        lambda: value_levels([1.0, 1.0], [1.0, 0.0]),
        lambda: lift_levels([1.1], [0.0]),
        lambda: lift_levels([1.1], [float("nan")]),
        lambda: lift_levels([-0.1], [0.1]),
        lambda: lift_levels([np.inf], [0.1]),
    ],
)
def test_impossible_experiments_are_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(LearningError):
        broken()


def test_a_split_as_planned_is_likely_and_a_broken_one_is_not() -> None:
    assert sample_ratio_p([5000, 5003], [0.5, 0.5]) > 0.9
    assert sample_ratio_p([8000, 1010, 990], [8, 1, 1]) > 0.5
    assert sample_ratio_p([5000, 5400], [0.5, 0.5]) < 1e-4


@given(effect=st.floats(1e-6, 3.0), error=st.floats(1e-9, 1e6))
def test_limits_and_what_they_need_are_finite_and_go_with_the_size_of_the_effect(effect: float, error: float) -> None:
    low, high = always_valid(0.0, error, effect)
    assert -math.inf < low < 0.0 < high < math.inf
    assert events_needed(effect) == pytest.approx(events_needed(1.0) / effect**2)


def test_limits_that_hold_at_every_look() -> None:
    rng, misses = np.random.default_rng(3), 0
    for _ in range(400):
        total = np.cumsum(rng.normal(0.0, 1.0, 300))
        n = np.arange(1, 301)
        for mean, error in zip(total / n, 1 / np.sqrt(n), strict=True):
            low, high = always_valid(float(mean), float(error), 0.2)
            if not low <= 0.0 <= high:
                misses += 1
                break

    assert misses / 400 <= 0.1
