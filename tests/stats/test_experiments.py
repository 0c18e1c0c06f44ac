"""Randomised contrasts: signs, cancellation, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.columns import INTERCEPT, Feature, Layout
from reflection.stats.design import GRID, Stratum
from reflection.stats.empirical_bayes import fit
from reflection.stats.experiments import Lift, experiment_rows, interval_lift, rate_lift
from reflection.stats.sufficient_statistics import SufficientStatistics

VIDEO, IMAGE, META = Feature("creative", "video"), Feature("creative", "image"), Feature("platform", "meta")


@pytest.mark.parametrize(("treated", "sign"), [((150.0, 1000.0), 1), ((60.0, 1000.0), -1)])
def test_a_lift_has_the_right_sign(treated: tuple[float, float], sign: int) -> None:
    assert np.sign(rate_lift(treated, (100.0, 1000.0)).log_lift) == sign


def test_swapping_the_arms_flips_the_lift_only() -> None:
    one, other = rate_lift((30.0, 400.0), (50.0, 900.0)), rate_lift((50.0, 900.0), (30.0, 400.0))

    assert one.log_lift == pytest.approx(-other.log_lift)
    assert one.standard_error == pytest.approx(other.standard_error)


def test_a_standard_error_is_that_of_repeated_experiments() -> None:
    rng = np.random.default_rng(0)
    lifts = [rate_lift((float(a), 2000.0), (float(b), 2000.0)) for a, b in rng.poisson(100, (4000, 2))]

    assert np.mean([lift.standard_error for lift in lifts]) == pytest.approx(
        np.std([lift.log_lift for lift in lifts]), rel=0.05
    )


@pytest.mark.parametrize("count", [0.0, 1.0, 1e12])
def test_extreme_arms_stay_finite(count: float) -> None:
    lift = rate_lift((count, max(count, 1.0)), (0.0, 1.0))

    assert np.isfinite([lift.log_lift, lift.standard_error]).all()


def test_a_reported_interval_becomes_a_standard_error() -> None:
    lift = interval_lift(0.8, 0.8 * np.exp(-1.6449 * 0.1), 0.8 * np.exp(1.6449 * 0.1))

    assert lift.log_lift == pytest.approx(np.log(0.8))
    assert lift.standard_error == pytest.approx(0.1, rel=1e-4)


def test_what_the_arms_share_cancels() -> None:
    rows = experiment_rows(
        {VIDEO: 1.0, META: 1.0, INTERCEPT: 1.0}, {IMAGE: 1.0, META: 1.0, INTERCEPT: 1.0}, Lift(0.2, 0.1)
    )

    assert dict(zip(rows.design.features, rows.design.data / GRID, strict=True)) == {VIDEO: 1.0, IMAGE: -1.0}
    assert rows.stratum.tolist() == [Stratum.EXPERIMENT]
    assert rows.v[0] == pytest.approx(0.01, rel=1e-4)


def test_an_experiment_alone_moves_the_effects_its_way() -> None:
    for log_lift in (0.4, -0.4):
        statistics = SufficientStatistics()
        statistics.add(experiment_rows({VIDEO: 1.0}, {IMAGE: 1.0}, Lift(log_lift, 0.05)))
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
    rows = experiment_rows({a: 1.0}, {b: 1.0}, Lift(true, 0.02))
    statistics.add(rows)
    after = fit(statistics.view(), 0)

    assert after.sd[after.layout.column(a)] < before.sd[before.layout.column(a)]
    statistics.subtract(rows)
    np.testing.assert_array_equal(fit(statistics.view(), 0).mean, before.mean)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: rate_lift((1.0, 0.0), (1.0, 10.0)),
        lambda: interval_lift(1.1, 1.2, 1.0),
        lambda: interval_lift(-0.1, 0.9, 1.2),
        lambda: interval_lift(1.0, 0.0, 1.2),
        lambda: experiment_rows({VIDEO: 1.0}, {VIDEO: 1.0}, Lift(0.1, 0.1)),
        lambda: experiment_rows({VIDEO: 1.0}, {IMAGE: 1.0}, Lift(0.1, 0.0)),
        lambda: experiment_rows({VIDEO: 1.0}, {IMAGE: 1.0}, Lift(0.1, float("nan"))),
    ],
)
def test_impossible_experiments_are_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(LearningError):
        broken()
