"""Laws of findings: posteriors add up as random variables do, and what nobody has seen is never judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from tests.stats.conftest import campaign_rows

from reflection.stats.honesty.any_time import OF_SIGNALS
from reflection.stats.honesty.false_discovery import (
    LEVEL,
    METRICS,
    Mixture,
    Verdict,
    ash,
    ash_each,
    composed_parts,
    discover,
    discover_each,
    doubt_of,
    own_level,
    select,
)
from reflection.stats.posterior.composed_metrics import Recipe
from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

CPA = Recipe("cpa", (("cpm", 1), ("ctr", -1), ("cvr", -1)))


def variance_of(mixture: Mixture) -> np.ndarray:
    second = (mixture.weight * (mixture.variance + mixture.mean**2)).sum(axis=1)
    return second - mixture.expectation() ** 2


@pytest.fixture
def two() -> tuple[Mixture, Mixture]:
    rng = np.random.default_rng(3)
    return ash(rng.normal(0, 0.3, 8), np.full(8, 0.1)), ash(rng.normal(0, 0.3, 8), np.full(8, 0.2))


def test_means_and_variances_of_independent_effects_add_up(two: tuple[Mixture, Mixture]) -> None:
    joint = two[0].plus(two[1])

    np.testing.assert_allclose(joint.expectation(), two[0].expectation() + two[1].expectation())
    np.testing.assert_allclose(variance_of(joint), variance_of(two[0]) + variance_of(two[1]))


@pytest.mark.parametrize("exponent", [-2, -1, 1, 2])
def test_a_multiple_of_an_effect_has_its_variance_by_the_square(two: tuple[Mixture, Mixture], exponent: int) -> None:
    signed = two[0].signed(exponent)

    np.testing.assert_allclose(signed.expectation(), exponent * two[0].expectation())
    np.testing.assert_allclose(variance_of(signed), exponent**2 * variance_of(two[0]))


def test_the_posterior_of_an_effect_is_bayes_rule_done_by_integration() -> None:
    """One component of the prior after the other, by quadrature over the effect."""
    estimate, error, sd = 0.31, 0.15, 0.4
    found = ash(np.array([estimate, -0.02]), np.array([error, 0.1]))

    def moment(power: int) -> float:
        def density(effect: float) -> float:
            return effect**power * stats.norm.pdf(estimate, effect, error) * stats.norm.pdf(effect, 0, sd)

        return float(integrate.quad(density, -3, 3)[0])

    mean = moment(1) / moment(0)
    assert found.mean[0, -1] == pytest.approx(mean)
    assert found.variance[0, -1] == pytest.approx(moment(2) / moment(0) - mean**2)
    assert (found.mean[:, 0], found.variance[:, 0]) == (pytest.approx(0.0), pytest.approx(0.0))


def test_a_false_sign_is_zero_or_the_less_likely_side() -> None:
    mixture = Mixture(
        np.array([[0.1, 0.6, 0.3], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]),
        np.array([[0.0, 0.2, -0.1], [0.0, 0.3, -0.3], [0.0, 0.0, 0.0]]),
        np.array([[0.0, 0.01, 0.04], [0.0, 0.01, 0.01], [0.0, 0.0, 0.0]]),
    )
    above = 0.6 * stats.norm.cdf(0.2 / 0.1) + 0.3 * stats.norm.cdf(-0.1 / 0.2)

    assert mixture.false_sign_rate() == pytest.approx([1 - above, 0.5, 1.0])


def test_a_component_without_variance_has_the_sign_of_its_mean() -> None:
    sure = Mixture(np.array([[0.2, 0.8]]), np.array([[0.0, -0.01]]), np.array([[0.0, 0.0]]))

    assert sure.false_sign_rate()[0] == pytest.approx(0.2)


def test_a_tenth_of_the_findings_may_be_false() -> None:
    assert LEVEL == 0.1
    assert select(np.array([0.3, 0.04, 0.16, 0.04, 0.17])).tolist() == [False, True, True, True, False]
    assert select(np.array([0.0, 0.2])).all(), "a mean of just the level is enough"


def test_what_is_called_a_finding_does_not_ride_on_others(fitted: Fit) -> None:
    judged = discover(fitted)

    assert judged.lfsr[judged.selected].max() <= own_level(fitted.rows) <= LEVEL
    assert own_level(10_000) == LEVEL
    assert own_level(20) == pytest.approx(LEVEL / 5), "the mixture of effects is hardly known"
    assert select(judged.lfsr[1:])[judged.selected[1:]].all()


def test_doubt_about_how_many_effects_there_are_fades_with_evidence_as_the_limit_of_one_rises() -> None:
    assert [doubt_of(units) for units in (0, 100, 150, 200, 10**6)] == [3.0, 3.0, 1.5, 0.0, 0.0]
    assert [own_level(rows) for rows in (0, 25, 50, 100, 150, 200)] == pytest.approx([0, 0.025, 0.05, 0.05, 0.075, 0.1])
    estimate, error = np.array([0.3, -0.25, 0.05, 0.2]), np.full(4, 0.1)

    sceptical, open_minded = (ash_each([(estimate, error)], [doubt])[0] for doubt in (3.0, 1.0))

    assert (sceptical.false_sign_rate() > open_minded.false_sign_rate()).all()


def test_a_composed_effect_is_the_signed_sum_of_its_parts(make_world: Callable[..., object]) -> None:
    """Of worlds with the same signals, in which CPM, CTR and CVR move by themselves."""
    fits = {name: make_world(150, seed).fit(seed) for seed, name in enumerate(("cpm", "ctr", "cvr"))}  # type: ignore[attr-defined]
    alone = {name: discover(part).mean for name, part in fits.items()}

    composed = discover_each([composed_parts(fits, CPA)])[0]

    np.testing.assert_allclose(composed.mean, alone["cpm"] - alone["ctr"] - alone["cvr"], atol=1e-12)
    assert composed.selected.any()


NEEDED = math.log(METRICS / OF_SIGNALS)


@pytest.mark.parametrize(("evidence", "found"), [(9.0, True), (NEEDED, True), (NEEDED - 1e-9, False), (-0.5, False)])
def test_a_metric_that_does_not_clearly_favour_some_effect_has_none(fitted: Fit, evidence: float, found: bool) -> None:
    judged = discover(replace(fitted, log_bayes_factor=evidence))

    assert judged.selected.any() == found
    assert (judged.lfsr < 0.1).any(), "what each effect looks like is told all the same"


def test_what_is_unseen_or_confounded_has_no_effect_and_spoils_no_other(world: object, fitted: Fit) -> None:
    unseen, alone = Feature("platform", "unseen"), Feature("objective", "only")
    statistics = SufficientStatistics()
    cells = [{**cell, alone: 1.0} for cell in world.cells]  # type: ignore[attr-defined]
    statistics.add(campaign_rows(cells, world.observations)[0])  # type: ignore[attr-defined]
    judged = discover(fit(statistics.view(Layout.of([*world.layout.features, unseen, alone])), 0))  # type: ignore[attr-defined]

    for feature, verdict in ((unseen, Verdict.UNSEEN), (alone, Verdict.CONFOUNDED)):
        column = judged.layout.column(feature)
        assert column is not None
        assert judged.verdict(column) is verdict
        assert (judged.lfsr[column], judged.mean[column], judged.selected[column]) == (1.0, 0.0, False)
    known = [judged.layout.column(feature) for feature in fitted.layout.features]
    assert judged.selected[known].sum() == pytest.approx(discover(fitted).selected.sum(), abs=3)


def test_a_level_that_half_a_row_speaks_of_is_seen(fitted: Fit) -> None:
    exposure = np.where(fitted.exposure > 0, 0.5, 0.0)

    assert (discover(replace(fitted, exposure=exposure)).lfsr == discover(fitted).lfsr).all()


def test_every_kind_of_effect_is_judged_though_another_kind_is_missing(make_world: Callable[..., object]) -> None:
    """Free slopes come after interactions: without any interaction they are judged nevertheless."""
    world = make_world(120, 4)
    rng = np.random.default_rng(4)
    slope = Feature("~slope", "x")
    x = rng.normal(0, 1, len(world.cells))  # type: ignore[attr-defined]
    cells = [
        {feature: share for feature, share in cell.items() if "*" not in feature.group} | {slope: float(at)}
        for cell, at in zip(world.cells, x, strict=True)  # type: ignore[attr-defined]
    ]
    seen = world.observations  # type: ignore[attr-defined]
    statistics = SufficientStatistics()
    statistics.add(campaign_rows(cells, replace(seen, y=seen.y + 0.5 * x))[0])
    judged = discover(fit(statistics.view(), 0))
    column = judged.layout.column(slope)

    assert column is not None
    assert judged.verdict(column) is Verdict.FINDING
    assert judged.mean[column] == pytest.approx(0.5, abs=0.1)


def test_families_side_by_side_are_each_as_alone() -> None:
    rng = np.random.default_rng(5)
    families = [(rng.normal(0, 0.2, size), rng.uniform(0.05, 0.3, size)) for size in (1, 40, 7, 150)]

    for family, together in zip(families, ash_each(families), strict=True):
        np.testing.assert_array_equal(together.weight, ash(*family).weight)
    assert ash_each([]) == []
