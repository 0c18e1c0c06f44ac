"""Whether levels moved at all: the evidence is that of the model with steps, and what all share is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from reflection.stats.honesty.any_time import log_factor_needed
from reflection.stats.honesty.false_discovery import discover
from reflection.stats.over_time import movement
from reflection.stats.over_time.drift import drift_group, step_feature, steps_of
from reflection.stats.over_time.movement import STEP_SD, movements
from reflection.stats.over_time.slow_drift import judged_since, since
from reflection.stats.posterior.bayes_factors import group_factors
from reflection.stats.posterior.empirical_bayes import Moments, fit, moments
from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD
from reflection.stats.posterior.scatter_priors import PRIOR_RATE
from reflection.stats.posterior.variance_components import BOUNDS
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

RAMPS, LEVELS, ROWS, NOISE = 3, "abc", 120, 0.01
LIVES = 20
GROUP = drift_group("type")
Cells = list[dict[Feature, float]]


def _world(move: dict[str, float], shared: float = 0.0, seed: int = 0) -> tuple[Cells, np.ndarray]:
    """Rows over three ramps: level x gains ``move[x]`` evenly over all of them, everything gains ``shared``."""
    rng = np.random.default_rng(seed)
    cells: Cells = []
    y = np.empty(ROWS)
    for number in range(ROWS):
        level, time = LEVELS[int(rng.integers(len(LEVELS)))], RAMPS * number / (ROWS - 1)
        ramps = {step_feature("type", level, 1 + k): float(np.clip(time - k, 0, 1)) for k in range(RAMPS)}
        cells.append({INTERCEPT: 1.0, Feature("type", level): 1.0, **ramps})
        y[number] = (move.get(level, 0.0) + shared) * time / RAMPS + rng.normal(0, np.sqrt(NOISE))
    return cells, y


def _rows(cells: Cells, y: np.ndarray) -> Rows:
    return Rows.of(Design.of(cells), y, np.full(len(y), NOISE))


def _sums(rows: Rows) -> SufficientStatistics:
    sums = SufficientStatistics()
    sums.add(rows)
    return sums


def _still(rows: Rows) -> Moments:
    """The fit of everything but the steps."""
    sums = _sums(rows)
    return moments(sums.view(Layout.of(feature for feature in sums.features if feature.group != GROUP)))


def _asked(rows: Rows, *, relative: bool) -> dict[str, float]:
    """Which groups moved, with their evidence."""
    still = _still(rows)
    steps = {GROUP: steps_of(rows.design.features, GROUP, relative=relative)}
    taken = movements(rows, still.at_mode, still.layout.features, steps)
    return {group: factor for group, factor in _factors(_sums(rows), [GROUP]).items() if group in taken}


def _factors(sums: SufficientStatistics, groups: Sequence[str]) -> dict[str, float]:
    """Log Bayes factor of each group of steps beside everything else."""
    everything = moments(sums.view())
    return group_factors(sums.view(), everything.log_evidence, {group: [group] for group in groups}, everything.mode)


def test_the_evidence_is_that_of_the_model_with_the_steps_integrated_over_their_size() -> None:
    cells, y = _world({"a": -0.4, "b": 0.3})
    rows = _rows(cells, y)
    levels = _still(rows)
    groups = {GROUP: steps_of(rows.design.features, GROUP, relative=False)}
    test = movement._first_test(rows, levels.at_mode, levels.layout.features, groups)

    mains = np.array([[cell.get(Feature("type", level), 0.0) for level in LEVELS] for cell in cells])
    steps = [step_feature("type", level, 1 + k) for level in LEVELS for k in range(RAMPS)]
    walk = np.array([[cell.get(step, 0.0) for step in steps] for cell in cells])
    scatter, tau = np.exp(2 * levels.mode)
    still = (NOISE + scatter) * np.eye(ROWS) + INTERCEPT_SD**2 + tau * mains @ (np.eye(3) - 1 / 3) @ mains.T

    def evidence(sd: float) -> float:
        return float(stats.multivariate_normal(np.zeros(ROWS), still + sd**2 * walk @ walk.T).logpdf(y))

    sizes = np.exp(np.linspace(np.log(0.0005), np.log(3.0), 300))
    density = PRIOR_RATE * np.exp(-PRIOR_RATE * sizes)
    factors = np.exp([evidence(sd) - evidence(0.0) for sd in sizes])
    expected = np.log(np.trapezoid(density * factors, sizes))
    assert test.evidence(GROUP)[0] == pytest.approx(expected, abs=0.1)
    assert STEP_SD[0] < 0.02


def test_levels_that_stand_still_are_not_taken_up() -> None:
    assert [_asked(_rows(*_world({}, seed=seed)), relative=True) for seed in range(10)].count({}) >= 9


def test_what_moves_all_levels_alike_is_no_movement_of_any_against_the_others() -> None:
    rows = _rows(*_world({}, shared=0.8))

    assert _asked(rows, relative=False)[GROUP] > 10
    assert _asked(rows, relative=True) == {}


def test_a_walk_is_told_against_the_others_since_when_and_whether_it_goes_on() -> None:
    rows = _rows(*_world({"a": -0.6}, shared=0.5))
    learnt = judged_since(fit(_sums(rows).view(), 1, step_factors=_asked(rows, relative=True)), "type")
    found = since(learnt, "type", discover(learnt))["a"]

    assert found.low < -0.4 < found.high < 0
    assert found.bucket == 1
    assert found.onwards > 0.9
    assert found.last == pytest.approx(-0.4 / RAMPS, abs=0.1)
    assert found.rate < 0.01


def test_a_group_that_only_repeats_another_is_not_what_moved() -> None:
    """Levels of a second group go with those of the first but for one row in five: beside the first it says nothing."""
    cells, y = _world({"a": -0.6, "b": 0.4})
    rng = np.random.default_rng(5)
    for cell in cells:
        level = next(f.level for f in cell if f.group == "type")
        other = level if rng.random() < 0.8 else str(rng.choice(list(LEVELS)))
        cell |= {Feature("age", other): 1.0} | {
            step_feature("age", other, 1 + k): cell[step_feature("type", level, 1 + k)] for k in range(RAMPS)
        }
    sums = _sums(_rows(cells, y))
    ages = drift_group("age")
    factors = _factors(sums, [GROUP, ages])

    assert factors[GROUP] > 10
    assert factors[ages] < 1


def test_a_factor_does_not_depend_on_where_the_search_for_the_standing_levels_begins() -> None:
    """The moving model may hold them at no variance at all; standing still is judged at the best of its own."""
    sums = _sums(_rows(*_world({"a": -0.3})))
    everything = moments(sums.view())
    mode, evidence = everything.mode, everything.log_evidence
    hidden = np.where([False, *(group == "type" for group in sums.view().layout.groups)], BOUNDS[0], mode)
    factors = [group_factors(sums.view(), evidence, {GROUP: [GROUP]}, near)[GROUP] for near in (mode, hidden)]

    assert factors[0] == pytest.approx(factors[1], abs=0.01)


def test_where_nothing_moves_few_lives_ever_reach_what_is_needed() -> None:
    ever = 0
    for seed in range(LIVES):
        rng = np.random.default_rng((5, seed))
        cells, y = _world({}, seed=seed)
        level = dict(zip(LEVELS, rng.normal(0, 0.2, len(LEVELS)), strict=True))
        y += [level[f.level] for cell in cells for f in cell if f.group == "type"] + rng.normal(0, 0.25, ROWS)
        looks = (_factors(_sums(_rows(cells[:rows], y[:rows])), [GROUP])[GROUP] for rows in range(30, ROWS + 1, 30))
        ever += any(factor >= log_factor_needed(0.1, 1) for factor in looks)

    assert ever <= 0.1 * LIVES + 2
