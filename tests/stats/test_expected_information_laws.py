"""Laws of information: what a campaign would teach is conditioning, one campaign after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.columns import Feature
from reflection.stats.design import Design, Stratum
from reflection.stats.empirical_bayes import Fit
from reflection.stats.expected_information import Gain, cheapest, sd_after
from reflection.stats.prediction import aligned, cell_design

A, B = Feature("platform", "0"), Feature("platform", "1")


def _conditioned(fit: Fit, x: np.ndarray, noise: float, repeats: int) -> np.ndarray:
    covariance = fit.covariance.astype(float)
    for _ in range(repeats):
        reach = covariance @ x
        covariance = covariance - np.outer(reach, reach) / (noise + x @ reach)
    return covariance


@pytest.mark.parametrize("repeats", [1, 2, 7])
@pytest.mark.parametrize("stratum", [Stratum.BETWEEN, Stratum.EXPERIMENT])
def test_campaigns_teach_one_after_the_other(fitted: Fit, world: object, repeats: int, stratum: Stratum) -> None:
    design, v = cell_design(world.cells[:4]), np.array([0.01, 0.02, 0.3, 0.0])  # type: ignore[attr-defined]
    x = aligned(fitted, design)[0].toarray()
    column = fitted.layout.column(A)
    assert column is not None
    found = sd_after(fitted, column, design, v, repeats, stratum)
    scatter = fitted.sigma.get(stratum, 0.0) ** 2
    assert scatter > 0 or stratum is Stratum.EXPERIMENT

    for row, one in enumerate(found):
        left = _conditioned(fitted, x[row], v[row] + scatter, repeats)[column, column]
        assert one == pytest.approx(np.sqrt(max(left, 0.0)), rel=1e-4, abs=1e-4)
    if repeats == 1 and stratum is Stratum.BETWEEN:
        np.testing.assert_array_equal(found, sd_after(fitted, column, design, v))


def test_an_unseen_signal_makes_a_campaign_teach_less_by_its_prior(fitted: Fit) -> None:
    strange = Feature("platform", "never")
    column = fitted.layout.column(A)
    assert column is not None
    known, unknown = sd_after(fitted, column, cell_design([{A: 1.0}, {A: 1.0, strange: 0.5}]), [0.01, 0.01])
    (same,) = sd_after(fitted, column, cell_design([{A: 1.0}]), [0.01 + (0.5 * fitted.tau_of(strange)) ** 2])

    assert known < unknown
    assert unknown == pytest.approx(same)


def test_the_candidate_that_teaches_most_per_cost_is_chosen(fitted: Fit, world: object) -> None:
    design, v = cell_design(world.cells[:30]), np.full(30, 0.01)  # type: ignore[attr-defined]
    column = fitted.layout.column(A)
    assert column is not None
    after = sd_after(fitted, column, design, v)
    before = np.sqrt(float(fitted.covariance[column, column]))
    for cost in (np.ones(30), np.random.default_rng(0).uniform(0.1, 5, 30)):
        found = cheapest(fitted, A, design, v, cost)
        best = int(np.argmax((before**2 - after**2) / cost))
        assert found.candidate == best
        assert (found.sd_before, found.sd_after) == (pytest.approx(before), pytest.approx(after[best]))


@pytest.mark.parametrize("effect", [0.5, 0.2, 0.1, 0.05, 1e-9])
@pytest.mark.parametrize("sign", [1, -1])
def test_as_many_campaigns_are_needed_as_take_zero_out_of_the_interval(fitted: Fit, effect: float, sign: int) -> None:
    column = fitted.layout.column(A)
    assert column is not None
    mean = fitted.mean.copy()
    mean[column] = sign * effect
    fit, design = replace(fitted, mean=mean), cell_design([{A: 1.0}, {B: 1.0}])
    found = cheapest(fit, A, design, [0.01, 0.01], [1.0, 1.0])

    scale = [*range(1, 11), 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000]
    halves = [1.645 * sd_after(fit, column, design, [0.01, 0.01], k)[found.candidate] for k in scale]
    enough = [k for k, half in zip(scale, halves, strict=True) if half < effect]
    assert found.campaigns == (enough[0] if enough else None)
    assert effect > 1e-9 or found.campaigns is None


def test_each_number_of_campaigns_on_the_scale_can_be_the_answer(fitted: Fit) -> None:
    column, design = fitted.layout.column(A), cell_design([{A: 1.0}])
    assert column is not None
    for count in (1, 2, 9, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000):
        mean = fitted.mean.copy()
        mean[column] = 1.645 * sd_after(fitted, column, design, [0.01], count)[0] * (1 + 1e-9)
        assert cheapest(replace(fitted, mean=mean), A, design, [0.01], [1.0]).campaigns == count


def test_shrinkage_is_the_relative_change_of_the_width() -> None:
    assert Gain(0, 0.2, 0.15, 3).shrinkage == pytest.approx(-0.25)
    assert Gain(0, 0.0, 0.0, None).shrinkage == 0.0


def test_what_is_known_exactly_can_be_asked_about(fitted: Fit) -> None:
    sure = replace(fitted, covariance=np.zeros_like(fitted.covariance))
    found = cheapest(sure, A, cell_design([{A: 1.0}]), [0.0], [1.0])

    assert (found.sd_before, found.sd_after, found.shrinkage) == (0.0, 0.0, 0.0)


def test_no_candidate_and_no_question_are_refused(fitted: Fit) -> None:
    for question, design in ((Feature("platform", "never"), cell_design([{A: 1.0}])), (A, Design.of([]))):
        with pytest.raises(LearningError, match=r"No candidate campaign can settle platform:"):
            cheapest(fitted, question, design, np.full(len(design), 0.01), np.ones(len(design)))
