"""Findings: false ones are rare, real ones are found, and everything else says why it is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reflection.errors import LearningError
from reflection.stats.honesty.false_discovery import (
    Mixture,
    Verdict,
    ash,
    composed_parts,
    discover,
    discover_each,
    select,
)
from reflection.stats.posterior.composed_metrics import Recipe
from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

CPA = Recipe("cpa", (("cpm", 1), ("ctr", -1), ("cvr", -1)))
RATES = st.lists(st.floats(0, 1), max_size=30)


@given(RATES)
def test_the_mean_rate_of_the_selected_is_at_most_the_level(rates: list[float]) -> None:
    lfsr = np.array(rates)
    chosen = select(lfsr, 0.1)

    assert not chosen.any() or lfsr[chosen].mean() <= 0.1 + 1e-12


@given(RATES)
def test_the_selection_is_the_largest_possible(rates: list[float]) -> None:
    lfsr = np.sort(np.array(rates))
    count = int(select(lfsr, 0.1).sum())

    assert all(lfsr[:k].mean() > 0.1 for k in range(count + 1, len(lfsr) + 1))


def test_adaptive_shrinkage_matches_its_definition() -> None:
    """An independent, unoptimised EM on the same model."""
    rng = np.random.default_rng(1)
    true = np.where(rng.random(60) < 0.6, 0, rng.normal(0, 0.25, 60))
    error = rng.uniform(0.03, 0.2, 60)
    estimate = true + rng.normal(0, 1, 60) * error
    sds = np.array([0, 0.05, 0.1, 0.2, 0.4])
    pi = np.array([0.6, 0.1, 0.1, 0.1, 0.1])
    for _ in range(200):
        r = pi * stats.norm.pdf(estimate[:, None], 0, np.hypot(error[:, None], sds))
        r /= r.sum(axis=1, keepdims=True)
        pi = r.sum(axis=0) + np.array([3.0, 0, 0, 0, 0])
        pi /= pi.sum()
    found = ash(estimate, error)

    np.testing.assert_allclose(found.weight, r, atol=1e-10)
    shrunk = (r * sds**2 / (sds**2 + error[:, None] ** 2) * estimate[:, None]).sum(axis=1)
    np.testing.assert_allclose(found.expectation(), shrunk, atol=1e-10)


def test_hopeless_errors_and_huge_estimates_stay_finite() -> None:
    found = ash(np.array([0.0, 50.0, -50.0, 0.1]), np.array([1e6, 1e-9, 0.01, 1e-12]))

    for part in (found.weight, found.mean, found.variance, found.false_sign_rate()):
        assert np.isfinite(part).all()


def test_false_sign_rates_count_zero_as_false() -> None:
    point = Mixture(np.array([[0.3, 0.7]]), np.array([[0.0, 5.0]]), np.array([[0.0, 1e-6]]))

    assert point.false_sign_rate()[0] == pytest.approx(0.3)
    assert point.signed(-1).false_sign_rate()[0] == pytest.approx(0.3)


def test_a_sum_of_posteriors_is_their_convolution() -> None:
    rng = np.random.default_rng(2)
    one, other = ash(rng.normal(0, 0.3, 8), np.full(8, 0.1)), ash(rng.normal(0, 0.3, 8), np.full(8, 0.2))
    joint = one.plus(other.signed(-1))

    np.testing.assert_allclose(joint.weight.sum(axis=1), 1)
    np.testing.assert_allclose(joint.expectation(), one.expectation() - other.expectation())
    np.testing.assert_allclose(joint.weight[:, 0], one.weight[:, 0] * other.weight[:, 0])


def test_real_effects_are_found_and_false_ones_are_rare(make_world: Callable[..., object]) -> None:
    found, false, real = 0, [], 0
    for seed in range(8):
        world = make_world(200, seed)
        judged = discover(world.fit())  # type: ignore[attr-defined]
        true = np.array([world.truth.get(f, 0.0) for f in judged.layout.features])  # type: ignore[attr-defined]
        chosen = judged.selected
        wrong = chosen & (np.sign(judged.mean) != np.sign(true))
        false.append(wrong.sum() / max(chosen.sum(), 1))
        found += int((chosen & ~wrong).sum())
        real += int((true != 0).sum())
        assert judged.lfsr[chosen].mean() <= 0.1

    assert np.mean(false) <= 0.12
    assert found / real > 0.6


def test_null_worlds_rarely_have_a_finding(make_world: Callable[..., object]) -> None:
    worlds = [discover(make_world(60, seed, effect_sd=0.0).fit()) for seed in range(20)]  # type: ignore[attr-defined]

    assert sum(bool(w.selected.any()) for w in worlds) <= 3


def test_nothing_learnt_finds_nothing_and_says_so() -> None:
    layout = Layout.of([Feature("a", "x"), Feature("a", "y")])
    judged = discover(fit(SufficientStatistics().view(layout), 0))

    assert not judged.selected.any()
    assert judged.verdict(1) is Verdict.UNSEEN
    assert judged.lfsr.tolist() == [1.0, 1.0, 1.0]


def test_each_effect_has_a_verdict(make_world: Callable[..., object]) -> None:
    judged = discover(make_world(200, 0).fit())  # type: ignore[attr-defined]
    verdicts = [judged.verdict(column) for column in range(1, len(judged.layout))]

    assert Verdict.FINDING in verdicts
    assert Verdict.UNCERTAIN in verdicts
    assert all((v is Verdict.FINDING) == s for v, s in zip(verdicts, judged.selected[1:], strict=True))


def test_the_only_level_of_a_group_is_confounded(world: object) -> None:
    from tests.stats.conftest import campaign_rows

    alone = Feature("objective", "only")
    statistics = SufficientStatistics()
    cells = [{**cell, alone: 1.0} for cell in world.cells]  # type: ignore[attr-defined]
    statistics.add(campaign_rows(cells, world.observations)[0])  # type: ignore[attr-defined]
    judged = discover(fit(statistics.view(), 0))
    column = judged.layout.column(alone)

    assert column is not None
    assert judged.verdict(column) is Verdict.CONFOUNDED


def test_the_intercept_is_never_a_finding(fitted: Fit) -> None:
    judged = discover(fitted)

    assert not judged.selected[0]
    assert judged.lfsr[0] == 1.0


def test_composed_findings_have_the_sign_of_the_metric(world: object, fitted: Fit) -> None:
    """With CPM and CVR knowing nothing new, what raises CTR lowers CPA."""
    quiet = world.fit(seed=5)  # type: ignore[attr-defined]
    zero = type(quiet)(
        **{**quiet.__dict__, "estimate": np.zeros(len(quiet.mean)), "error": np.full(len(quiet.mean), 0.01)}
    )
    judged, alone = discover_each([composed_parts({"cpm": zero, "ctr": fitted, "cvr": zero}, CPA)])[0], discover(fitted)
    sure = alone.selected & (alone.lfsr < 1e-4)

    assert sure.any()
    assert judged.selected[sure].all()
    assert (np.sign(judged.mean[sure]) == -np.sign(alone.mean[sure])).all()


def test_a_composed_metric_without_a_part_is_refused(fitted: Fit) -> None:
    with pytest.raises(LearningError):
        composed_parts({"ctr": fitted}, CPA)
