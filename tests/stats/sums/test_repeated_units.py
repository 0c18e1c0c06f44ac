"""Rows of a unit as one block: what lasts in one row, what passes in contrasts free of it, in any order the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats.honesty.diagnostics import leave_one_out
from reflection.stats.posterior.empirical_bayes import fit
from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import GRID, Design, Rows, Stratum
from reflection.stats.sums.repeated_units import unit_rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


def periods(sizes: list[int], seed: int, v: float = 2.0**-6) -> tuple[Rows, np.ndarray]:
    """Between rows of units with so many periods, one variance for all."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(len(sizes)), sizes)
    cells = [
        {INTERCEPT: 1.0, Feature("a", str(u % 3)): 1.0, Feature("b", str(rng.integers(3))): 1.0} for u in unit.tolist()
    ]
    y = rng.normal(0, 0.3, len(sizes))[unit] + rng.normal(0, 0.15, len(unit))
    return Rows.of(Design.of(cells), y, np.full(len(unit), v)), unit


def learnt(blocks: list[Rows]) -> SufficientStatistics:
    statistics = SufficientStatistics()
    for rows in blocks:
        statistics.add(rows)
    return statistics


def blocks(rows: Rows, unit: np.ndarray) -> list[Rows]:
    return [block for block, _ in unit_rows(rows, unit)]


def test_a_unit_is_one_between_row_and_contrasts_that_are_free_of_it() -> None:
    rows, unit = periods([4], 1)
    shifted = Rows(rows.design, rows.y + int(GRID), rows.log2_v, rows.stratum, rows.log2_passing)
    (block,), (moved,) = blocks(rows, unit), blocks(shifted, unit)

    assert block.stratum.tolist() == [Stratum.BETWEEN, *[Stratum.PERIOD] * 3]
    assert block.passing[0] == pytest.approx(1 / 4, rel=1e-4)
    assert block.v.tolist() == pytest.approx([2.0**-8, *[2.0**-6] * 3], rel=1e-4), "the mean of four, and contrasts"
    np.testing.assert_allclose((moved.y - block.y) / GRID, [1.0, 0.0, 0.0, 0.0], atol=1e-4)
    intercept = rows.design.features.index(INTERCEPT)
    assert block.design.matrix().toarray()[:, intercept].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_single_row_stays_as_it_is() -> None:
    rows, unit = periods([1, 3, 1], 2)
    single, _ = blocks(rows, unit)
    alone = rows.take(np.array([0, 4]))
    assert (single.y.tolist(), single.log2_v.tolist()) == (alone.y.tolist(), alone.log2_v.tolist())
    assert single.passing.tolist() == [1.0, 1.0]
    with pytest.raises(LearningError):
        list(unit_rows(rows, unit[1:]))


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=6), seed=st.integers(0, 50), data=st.data())
def test_order_duplicates_corrections_and_partitions_leave_the_sums_bit_identical(sizes, seed, data) -> None:
    rows, unit = periods(sizes, seed)
    whole = learnt(blocks(rows, unit))

    order = np.array(data.draw(st.permutations(range(len(sizes)))))  # units arrive in any order
    places = np.concatenate([np.flatnonzero(unit == u) for u in order])
    assert learnt(blocks(rows.take(places), unit[places])) == whole

    parts = [learnt(blocks(rows.take(np.flatnonzero(unit == u)), unit[unit == u])) for u in range(len(sizes))]
    merged = SufficientStatistics()
    for part in parts:
        merged.merge(part)
    assert merged == whole, "each unit on a machine of its own"

    corrected = data.draw(st.integers(0, len(sizes) - 1))
    own = np.flatnonzero(unit == corrected)
    for block in blocks(rows.take(own), unit[own]):
        merged.subtract(block)
    rest = np.flatnonzero(unit != corrected)
    assert merged == learnt(blocks(rows.take(rest), unit[rest])), "as if the unit had never been there"
    for block in blocks(rows.take(own), unit[own]):
        merged.add(block)
    assert merged == whole


def test_the_evidence_is_that_of_the_dense_gaussian_with_a_random_effect_of_each_unit() -> None:
    """Up to a constant, y ~ N(0, V + Z Z' sigma_unit^2 + I sigma_period^2 + effects) over several components."""
    rows, unit = periods([1, 1, 2, 3, 5, 8], 3)
    model = Model(learnt(blocks(rows, unit)).view())
    layout, y = model.layout, rows.y / GRID
    x = np.zeros((len(rows), len(layout)))
    x[:, [layout.column(f) for f in rows.design.features]] = rows.design.matrix().toarray()
    c = layout.constraints.toarray()
    free = np.eye(len(layout)) - c @ np.linalg.solve(c.T @ c, c.T)
    same = (unit[:, None] == unit[None, :]).astype(float)

    def dense(components: np.ndarray) -> float:
        between, period, *tau = np.exp(2 * components)
        prior = np.array([100.0, *np.array(tau)[layout.group_index[1:]]])
        whole = np.diag(rows.v) + period * np.eye(len(y)) + between * same + x @ (free * prior) @ free @ x.T
        return -0.5 * float(np.linalg.slogdet(whole)[1] + y @ np.linalg.solve(whole, y))

    points = np.random.default_rng(0).uniform(-3, 0, (6, model.dimensions))
    differences = [model.posterior(at).log_evidence - dense(at) for at in points]
    assert model.strata == (Stratum.BETWEEN, Stratum.PERIOD)
    np.testing.assert_allclose(differences, differences[0], atol=0.02)


def test_both_scatters_are_found_and_a_unit_left_out_is_missed_by_what_lasts() -> None:
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(80), 6)
    design = Design.of([{INTERCEPT: 1.0} for _ in unit])
    y = rng.normal(0, 0.4, 80)[unit] + rng.normal(0, 0.1, len(unit))
    rows = Rows.of(design, y, np.full(len(unit), 2.0**-12))
    parts = list(unit_rows(rows, unit))
    found = fit(learnt([block for block, _ in parts]).view(), 0)

    assert found.sigma[Stratum.BETWEEN] == pytest.approx(0.4, rel=0.15)
    assert found.sigma[Stratum.PERIOD] == pytest.approx(0.1, rel=0.15)
    assert found.scatter == pytest.approx(np.hypot(0.4, 0.1), rel=0.15)
    assert found.scatter_of_unseen > found.scatter
    block, origin = parts[0]
    left_out = leave_one_out(found, block, origin)
    whole = block.stratum == Stratum.BETWEEN
    assert left_out.sd[whole] == pytest.approx(np.hypot(0.4, 0.1 / 6**0.5), rel=0.15)
    assert np.mean(np.abs(left_out.z[whole]) < 1.645) == pytest.approx(0.9, abs=0.07)
