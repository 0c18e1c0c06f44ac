"""Laws of drift: paths are running sums of their steps, and the present predicts what the steps predicted."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.honesty.false_discovery import Discoveries
from reflection.stats.over_time.drift import at_present, change, path, probability_of_sign, step_feature, steps
from reflection.stats.posterior.empirical_bayes import Effects
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout

LEVELS = {"a": (3, 4, 5), "ab": (4,), "c": ()}


@pytest.fixture(scope="module")
def effects() -> Effects:
    """Draws of three levels, of which the first has three steps, the second one and the third none."""
    features = [Feature("platform", level) for level in LEVELS] + [Feature("other", "x"), Feature("other", "y")]
    begun = [step_feature("platform", level, bucket) for level, buckets in LEVELS.items() for bucket in buckets]
    layout = Layout.of([*features, *begun, step_feature("other", "a", 3)])
    rng = np.random.default_rng(6)
    draws = rng.normal(0.1, 0.2, (len(layout), 500)).astype(np.float32)
    mean = draws.mean(axis=1).astype(float)
    return Effects(layout, mean, draws.std(axis=1).astype(float), draws)


def _at(effects: Effects, *features: Feature) -> list[int]:
    columns = [effects.layout.column(feature) for feature in features]
    assert None not in columns
    return [column for column in columns if column is not None]


def _steps_of(effects: Effects, level: str, since: int = 0) -> list[int]:
    return _at(effects, *(step_feature("platform", level, bucket) for bucket in LEVELS[level] if bucket > since))


def test_a_row_steps_once_for_each_bucket_since_the_first() -> None:
    assert list(steps("platform", "a", 5, first=2)) == [step_feature("platform", "a", k) for k in (3, 4, 5)]
    assert set(steps("platform", "a", 3).values()) == {1.0}
    assert step_feature("platform", "a", 7).level == "a@00007"


def test_a_path_is_the_running_sum_of_its_steps(effects: Effects) -> None:
    found = path(effects, "platform", "a")
    assert found is not None
    own = _steps_of(effects, "a")
    walk = np.cumsum(effects.draws[own].astype(float), axis=0)

    assert found.buckets.tolist() == [2, 3, 4, 5], "the bucket before the first step is where it starts"
    np.testing.assert_allclose(found.mean, [0.0, *np.cumsum(effects.mean[own])])
    np.testing.assert_allclose(found.low, [0.0, *np.quantile(walk, 0.05, axis=1)])
    np.testing.assert_allclose(found.high, [0.0, *np.quantile(walk, 0.95, axis=1)])
    assert found.changes == ()


def test_changes_are_the_buckets_whose_steps_are_findings(effects: Effects) -> None:
    selected = np.zeros(len(effects.layout), dtype=bool)
    selected[[_steps_of(effects, "a")[1], *_steps_of(effects, "ab")]] = True
    blank = np.zeros(len(selected))
    judged = Discoveries(effects.layout, blank, blank, selected, selected)

    for level, buckets in (("a", (4,)), ("ab", (4,))):
        found = path(effects, "platform", level, judged)
        assert found is not None
        assert found.changes == buckets
    assert path(effects, "platform", "c", judged) is None


def test_every_prediction_of_the_last_bucket_stays_and_effects_still_sum_to_what_they_did(effects: Effects) -> None:
    now = at_present(effects, "platform")
    levels = _at(effects, *(Feature("platform", level) for level in LEVELS))
    (intercept,) = _at(effects, INTERCEPT)

    for level, column in zip(LEVELS, levels, strict=True):
        own = _steps_of(effects, level)
        before = effects.mean[intercept] + effects.mean[column] + effects.mean[own].sum()
        assert now.mean[intercept] + now.mean[column] == pytest.approx(before)
        drawn = effects.draws[[intercept, column, *own]].astype(float).sum(axis=0)
        np.testing.assert_allclose(now.draws[[intercept, column]].astype(float).sum(axis=0), drawn, atol=1e-5)
    assert now.mean[levels].sum() == pytest.approx(effects.mean[levels].sum())
    np.testing.assert_allclose(now.draws[levels].sum(axis=0), effects.draws[levels].sum(axis=0), atol=1e-5)


def test_limits_of_the_present_are_those_of_its_draws_and_nothing_else_moves(effects: Effects) -> None:
    now = at_present(effects, "platform")
    moved = [*_at(effects, INTERCEPT), *_at(effects, *(Feature("platform", level) for level in LEVELS))]
    rest = [column for column in range(len(effects.layout)) if column not in moved]

    np.testing.assert_allclose(now.low, np.quantile(now.draws, 0.05, axis=1), atol=1e-6)
    np.testing.assert_allclose(now.high, np.quantile(now.draws, 0.95, axis=1), atol=1e-6)
    np.testing.assert_allclose(now.sd[moved], now.draws[moved].std(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(now.mean[rest], effects.mean[rest])
    np.testing.assert_array_equal(now.sd[rest], effects.sd[rest])
    np.testing.assert_array_equal(now.draws[rest], effects.draws[rest])
    assert not np.shares_memory(now.mean, effects.mean)


def test_a_group_without_steps_is_at_present_already(effects: Effects) -> None:
    still = Effects(Layout.of([Feature("platform", "a")]), *(np.zeros(2),) * 2, np.zeros((2, 3), dtype=np.float32))

    assert at_present(still, "platform") is still


@pytest.mark.parametrize("since", [0, 3, 4])
def test_a_change_is_the_sum_of_the_steps_after_a_bucket(effects: Effects, since: int) -> None:
    own = _steps_of(effects, "a", since)
    walk = effects.draws[own].astype(float).sum(axis=0)

    expected = (effects.mean[own].sum(), *np.quantile(walk, [0.05, 0.95]))
    assert change(effects, "platform", "a", since) == pytest.approx(expected)
    share = (walk > 0).mean()
    assert probability_of_sign(effects, "platform", "a", since) == pytest.approx(max(share, 1 - share))


def test_the_sign_of_a_fall_is_as_probable_as_that_of_a_rise(effects: Effects) -> None:
    fallen = Effects(effects.layout, -effects.mean, effects.sd, -effects.draws)

    assert probability_of_sign(fallen, "platform", "a", 0) == pytest.approx(
        probability_of_sign(effects, "platform", "a", 0)
    )
    assert change(fallen, "platform", "a", 9) == (0.0, 0.0, 0.0), "after the last step nothing moved"
