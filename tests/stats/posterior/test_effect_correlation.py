"""Effects on two metrics go together as far as those that were seen say so."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reflection.stats.posterior.effect_correlation import effect_correlation, of_signals, positive
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout

Make = Callable[..., object]
APART = np.eye(2)


@pytest.fixture(scope="module")
def fit_of(make_world: Make) -> Callable[..., Fit]:
    def made(campaigns: int, seed: int, effect_sd: float = 0.3) -> Fit:
        fit: Fit = make_world(campaigns, seed, effect_sd).fit(campaigns)  # type: ignore[attr-defined]
        return fit

    return made


def _between(one: Fit, other: Fit, rows: np.ndarray = APART) -> float:
    return float(effect_correlation({"ctr": one, "cvr": other}, rows)[0, 1])


def test_the_same_effects_on_two_metrics_go_together(fit_of: Callable[..., Fit]):
    same = [_between(fit_of(150, seed), fit_of(120, seed)) for seed in range(6)]

    assert min(same) > 0.5
    assert np.mean(same) > 0.75


def test_opposite_effects_go_against_each_other(fit_of: Callable[..., Fit]):
    one, other = fit_of(150, 3), fit_of(120, 3)

    opposite = replace(other, mean_at_mode=-other.mean_at_mode)

    assert _between(one, opposite) == pytest.approx(-_between(one, other))


def test_effects_that_have_nothing_to_do_with_each_other_are_near_none(fit_of: Callable[..., Fit]):
    apart = [_between(fit_of(150, seed), fit_of(150, seed + 50)) for seed in range(8)]

    assert abs(np.mean(apart)) < 0.25


def test_few_campaigns_say_less_than_many(fit_of: Callable[..., Fit]):
    few, many = ([_between(fit_of(n, seed), fit_of(n - 1, seed)) for seed in range(4)] for n in (12, 150))

    assert np.mean(few) < np.mean(many)


def test_where_nothing_has_an_effect_nothing_goes_together(fit_of: Callable[..., Fit]):
    none = [_between(fit_of(80, seed, 0.0), fit_of(70, seed + 50, 0.0)) for seed in range(4)]

    assert np.abs(none).max() < 0.35


def test_errors_that_rows_share_are_not_taken_for_effects(fit_of: Callable[..., Fit]):
    one, other = fit_of(40, 3), fit_of(39, 3)
    shared = np.array([[1.0, 0.8], [0.8, 1.0]])

    assert _between(one, other, shared) < _between(one, other)


def test_it_is_a_correlation_matrix_of_any_number_of_metrics(fit_of: Callable[..., Fit]):
    fits = {str(seed): fit_of(60, seed % 2) for seed in range(4)}

    found = effect_correlation(fits, np.eye(4))

    np.testing.assert_allclose(np.diag(found), 1.0)
    np.testing.assert_allclose(found, found.T)
    assert np.linalg.eigvalsh(found).min() > 0
    assert effect_correlation({"ctr": fits["0"]}, np.eye(1)) == np.eye(1)


def test_what_is_no_correlation_matrix_becomes_the_nearest_of_its_kind():
    impossible = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])

    found = positive(impossible)

    np.testing.assert_allclose(np.diag(found), 1.0)
    assert np.linalg.eigvalsh(found).min() > 0


def test_slopes_and_steps_are_no_effects_of_signals():
    layout = Layout.of([INTERCEPT, Feature("platform", "a"), Feature("~size", ""), Feature("platform*age", "a*b")])

    named = dict(zip(layout.features, of_signals(layout).tolist(), strict=True))

    assert named == {
        INTERCEPT: False,
        Feature("platform", "a"): True,
        Feature("platform*age", "a*b"): True,
        Feature("~size", ""): False,
    }
