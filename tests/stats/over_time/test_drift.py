"""Random-walk steps: columns that never change afterwards, read back as a path."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.stats.honesty.any_time import OF_TRENDS, log_factor_needed
from reflection.stats.honesty.false_discovery import METRICS, discover
from reflection.stats.over_time.drift import Path, at_present, drift_group, judged_at_present, path, step_feature, steps
from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.posterior.prediction import aligned
from reflection.stats.sums.columns import INTERCEPT, Feature, Kind
from reflection.stats.sums.design import Design
from reflection.stats.sums.observations import observe_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

BUCKETS = 8


def _cell(platform: str, bucket: int) -> dict[Feature, float]:
    return {Feature("platform", platform): 1.0, **steps("platform", platform, bucket)}


def _learn(jump: float, seed: int = 0, with_steps: bool = True, campaigns: int = 160) -> Fit:
    """Platform a jumps by ``jump`` when bucket 5 begins; b and c stay."""
    rng = np.random.default_rng(seed)
    platform = rng.choice(list("abc"), campaigns)
    bucket = np.arange(campaigns) * BUCKETS // campaigns
    n = np.full(campaigns, 20_000.0)
    eta = np.log(0.02) + jump * ((platform == "a") & (bucket >= 5)) + rng.normal(0, 0.15, campaigns)
    x = rng.poisson(n * np.exp(eta))
    cells: list[Mapping[Feature, float]] = [
        _cell(p, int(b)) if with_steps else {Feature("platform", p): 1.0} for p, b in zip(platform, bucket, strict=True)
    ]
    statistics = SufficientStatistics()
    statistics.add(campaign_rows(cells, observe_rate(x, n, 0.02))[0])
    return fit(statistics.view(), seed)


@pytest.fixture(scope="module")
def jumped() -> Fit:
    """A world in which platform a jumped by .6."""
    return _learn(0.6)


def _expected(found: Fit, cell: Mapping[Feature, float]) -> float:
    rows, _ = aligned(found, Design.of([{INTERCEPT: 1.0, **cell}]))
    return float((rows @ found.mean)[0])


def _path(found: Fit, level: str) -> Path:
    read = path(found, "platform", level, discover(found))
    assert read is not None
    return read


def test_a_row_has_one_step_for_each_bucket_begun() -> None:
    assert steps("platform", "a", 0) == {}
    assert list(steps("platform", "a", 2, share=0.5).items()) == [
        (step_feature("platform", "a", 1), 0.5),
        (step_feature("platform", "a", 2), 0.5),
    ]
    assert steps("platform", "a", 2, first=2) == {}


def test_steps_are_free_columns_that_sort_in_time() -> None:
    assert Kind.of(drift_group("platform")) is Kind.FREE
    assert step_feature("platform", "a", 9) < step_feature("platform", "a", 10)


def test_a_jump_is_found_where_it_happened(jumped: Fit) -> None:
    read = _path(jumped, "a")

    assert read.changes == (5,)
    assert 0.3 < read.mean[-1] - read.mean[4] < 0.75
    assert read.low[-1] > 0.1
    assert read.mean[0] == 0.0
    assert len(read.buckets) == BUCKETS


def test_platforms_that_stay_have_flat_paths(jumped: Fit) -> None:
    for level in ("b", "c"):
        read = _path(jumped, level)
        assert read.changes == ()
        assert (read.low <= 0.05).all()
        assert (read.high >= -0.05).all()


def test_no_drift_finds_no_change_and_costs_little() -> None:
    calm, static = _learn(0.0, seed=3), _learn(0.0, seed=3, with_steps=False)

    assert all(_path(calm, level).changes == () for level in "abc")
    for level in "abc":
        now = _expected(calm, _cell(level, BUCKETS - 1))
        assert now == pytest.approx(_expected(static, {Feature("platform", level): 1.0}), abs=0.1)


def test_the_present_is_predicted_better_than_without_steps(jumped: Fit) -> None:
    static = _learn(0.6, with_steps=False)
    now = _expected(jumped, _cell("a", BUCKETS - 1))
    averaged = _expected(static, {Feature("platform", "a"): 1.0})

    assert abs(now - 0.6) < 0.5 * abs(averaged - 0.6)


def test_a_level_with_an_at_sign_is_read_back() -> None:
    rng = np.random.default_rng(0)
    cells = [{Feature("p", "x@y"): 1.0, **steps("p", "x@y", int(b))} for b in rng.integers(0, 3, 20)]
    statistics = SufficientStatistics()
    statistics.add(campaign_rows(cells, observe_rate(rng.poisson(50, 20), np.full(20, 1000.0), 0.05))[0])
    read = path(fit(statistics.view(), 0), "p", "x@y")

    assert read is not None
    assert read.buckets.tolist() == [0, 1, 2]
    assert read.changes == ()


def test_a_level_without_steps_has_no_path(jumped: Fit) -> None:
    assert path(jumped, "platform", "unheard") is None


def test_levels_are_judged_as_they_are_at_present(jumped: Fit) -> None:
    """Platform a was average and is .6 above the others: against their mean .4, the others .2 below."""
    column = jumped.layout.column(Feature("platform", "a"))
    assert column is not None
    judged = judged_at_present(jumped, "platform")

    assert judged.estimate[column] == pytest.approx(0.4, abs=0.15)
    assert judged.estimate[column] > jumped.estimate[column] + 0.2
    assert 0.01 < judged.error[column] < 0.2
    assert np.sign(judged.estimate[column]) == np.sign(at_present(jumped, "platform").mean[column])
    assert discover(judged).selected[column]
    others = np.array([feature.group != "platform" for feature in jumped.layout.features])
    assert (judged.estimate[others] == jumped.estimate[others]).all()


def test_without_steps_the_present_is_what_was_fitted() -> None:
    still = _learn(0.6, with_steps=False)

    assert judged_at_present(still, "platform") is still


def test_platforms_that_move_are_favoured_and_platforms_that_stand_still_are_not(jumped: Fit) -> None:
    group, needed = drift_group("platform"), log_factor_needed(OF_TRENDS, METRICS)

    assert jumped.log_step_factors[group] > needed
    for seed in range(1, 4):
        still = _learn(0.0, seed)
        assert still.log_step_factors[group] < 1.0
        assert _path(still, "a").changes == ()
