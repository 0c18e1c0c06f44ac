"""Learning is a fold over a set: the sums forget order, partition and everything that was taken back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import GRID, Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import BINS, SufficientStatistics

LEVELS = [Feature(group, str(level)) for group in ("a", "b", "a*b") for level in range(4)]
ROW = st.tuples(
    st.dictionaries(st.sampled_from(LEVELS), st.sampled_from([0.25, 1 / 3, 0.5, 1.0, -0.7]), min_size=1, max_size=5),
    st.floats(-40, 40),
    st.floats(1e-6, 50),
    st.sampled_from(list(Stratum)),
)
EVIDENCE = st.lists(ROW, min_size=1, max_size=12)
Row = tuple[dict[Feature, float], float, float, Stratum]


def _rows(evidence: list[Row]) -> Rows:
    designs, y, v, stratum = zip(*evidence, strict=True)
    return Rows.of(Design.of([{INTERCEPT: 1.0, **d} for d in designs]), y, v, np.array(stratum, dtype=np.int8))


def _learnt(*batches: list[Row]) -> SufficientStatistics:
    statistics = SufficientStatistics()
    for batch in batches:
        if batch:
            statistics.add(_rows(batch))
    return statistics


@given(EVIDENCE, st.randoms(use_true_random=False))
def test_permutation_leaves_the_state_bit_identical(evidence: list[Row], random: object) -> None:
    shuffled = list(evidence)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert _learnt(evidence) == _learnt(*[[row] for row in shuffled])


@given(EVIDENCE, EVIDENCE)
def test_partition_leaves_the_state_bit_identical(left: list[Row], right: list[Row]) -> None:
    merged = _learnt(left)
    other = _learnt(right)
    before = other.digest()
    merged.merge(other)

    assert merged == _learnt(left + right)
    assert other.digest() == before
    other.add(_rows(left))
    assert merged == _learnt(left + right)


@given(EVIDENCE, EVIDENCE)
def test_what_is_taken_back_leaves_no_trace(kept: list[Row], taken: list[Row]) -> None:
    statistics = _learnt(kept, taken)
    statistics.fold()
    statistics.subtract(_rows(taken))

    assert statistics == _learnt(kept)
    statistics.add(_rows(taken))
    assert statistics == _learnt(kept, taken)


@given(EVIDENCE)
def test_all_taken_back_is_empty(evidence: list[Row]) -> None:
    statistics = _learnt(evidence)
    statistics.subtract(_rows(evidence))

    assert statistics == SufficientStatistics()
    assert statistics.features == ()
    assert statistics.rows == 0


def test_a_duplicate_is_another_observation_until_it_is_subtracted() -> None:
    row: list[Row] = [({LEVELS[0]: 1.0}, 0.5, 0.1, Stratum.BETWEEN)]
    twice = _learnt(row, row)

    assert twice != _learnt(row)
    twice.subtract(_rows(row))
    assert twice == _learnt(row)


def test_forgetting_may_come_before_learning_elsewhere() -> None:
    row: list[Row] = [({LEVELS[0]: 1.0}, 0.5, 0.1, Stratum.BETWEEN)]
    debt = SufficientStatistics()
    debt.subtract(_rows(row))
    debt.merge(_learnt(row))

    assert debt == SufficientStatistics()


@given(EVIDENCE)
def test_a_view_holds_the_sums_of_a_direct_computation(evidence: list[Row]) -> None:
    rows = _rows(evidence)
    view = _learnt(evidence).view()
    x = np.zeros((len(rows), len(view.layout)))
    at = [view.layout.column(feature) for feature in rows.design.features]
    x[:, at] = rows.design.matrix().toarray()
    y = rows.y / GRID
    total = sum(gram.whole() for gram in view.grams) * view.gram_scale

    np.testing.assert_allclose(total, x.T @ x, rtol=1e-12)
    np.testing.assert_allclose(view.moment.sum(axis=0), x.T @ y, rtol=1e-9, atol=1e-9)
    assert view.square.sum() == pytest.approx(y @ y)
    assert view.rows.sum() == len(rows)
    np.testing.assert_allclose(view.exposure(), (x**2).sum(axis=0))


def test_blocks_keep_the_mean_variance_of_their_rows() -> None:
    statistics = _learnt([({LEVELS[0]: 1.0}, 0.0, v, Stratum.BETWEEN) for v in (0.26, 0.49)])

    view = statistics.view()
    assert view.v.tolist() == pytest.approx([np.sqrt(0.26 * 0.49)], rel=1e-4)


def test_variances_beyond_the_bins_fall_into_the_outermost() -> None:
    statistics = _learnt([({LEVELS[0]: 1.0}, 0.0, v, Stratum.BETWEEN) for v in (0.0, 1e-9, 40.0, 1e9)])

    assert len(statistics.view().grams) == 2
    assert BINS >= 12


def test_a_view_drops_and_adds_columns_as_the_layout_says() -> None:
    statistics = _learnt([({LEVELS[0]: 1.0, LEVELS[5]: 0.5}, 1.0, 0.1, Stratum.BETWEEN)])
    layout = Layout.of([LEVELS[5], Feature("new", "level")])
    view = statistics.view(layout)

    assert view.layout is layout
    assert view.exposure().tolist() == [1.0, 0.25, 0.0]


def test_squares_are_exact_where_64_bits_would_overflow() -> None:
    rows = Rows.of(Design.of([{LEVELS[0]: 2.0**-16}] * 2000), np.full(2000, 32767.0), np.ones(2000))
    statistics = SufficientStatistics()
    statistics.add(rows)

    assert statistics.view().square[0] == 2000 * 32767.0**2
    statistics.subtract(rows)
    assert statistics == SufficientStatistics()


def test_evidence_that_could_overflow_is_refused_before_it_is_learnt() -> None:
    rows = Rows.of(Design.of([{LEVELS[0]: 32768.0}]), [32768.0], [1.0])
    statistics = SufficientStatistics()
    with pytest.raises(LearningError):
        statistics.add(rows)

    assert statistics.rows == 0


def test_learning_does_not_change_its_input() -> None:
    rows = _rows([({LEVELS[0]: 1.0, LEVELS[1]: 0.5}, 0.5, 0.1, Stratum.BETWEEN)])
    before = (rows.design.data.tolist(), rows.design.indices.tolist(), rows.y.tolist(), rows.log2_v.tolist())
    statistics = SufficientStatistics()
    statistics.add(rows)
    statistics.subtract(rows)
    statistics.fold()

    assert before == (
        rows.design.data.tolist(),
        rows.design.indices.tolist(),
        rows.y.tolist(),
        rows.log2_v.tolist(),
    )


def test_chunks_are_folded_as_if_at_once(monkeypatch: pytest.MonkeyPatch, make_world: Callable[..., object]) -> None:
    rows = make_world(60, 1).rows  # type: ignore[attr-defined]
    at_once = SufficientStatistics()
    at_once.add(rows)
    monkeypatch.setattr("reflection.stats.sums.sufficient_statistics._CHUNK_ROWS", 1)
    in_chunks = SufficientStatistics()
    in_chunks.add(rows)

    assert in_chunks == at_once


def test_metrics_may_share_a_design() -> None:
    design = Design.of([{INTERCEPT: 1.0, LEVELS[0]: 1.0}, {INTERCEPT: 1.0, LEVELS[1]: 1.0}])
    rows = Rows.of(design, [1.0, 2.0], [0.1, 0.2])
    statistics = SufficientStatistics()
    statistics.add(rows)
    statistics.add(rows)

    assert statistics.rows == 4
    assert statistics.view().exposure()[0] == 4.0


def test_nothing_learnt_is_an_empty_view() -> None:
    view = SufficientStatistics().view()

    assert view.grams == ()
    assert view.moment.shape == (0, 1)
    assert len(view.layout) == 1


def test_indices_of_the_sums_stay_narrow() -> None:
    """Sums over thousands of columns are half as long again with indices of eight bytes."""
    rng = np.random.default_rng(2)
    evidence: list[Row] = [
        ({LEVELS[rng.integers(8)]: 0.5}, 0.1, float(v), Stratum.BETWEEN) for v in rng.lognormal(0, 3, 50)
    ]
    statistics = _learnt(evidence[:25], evidence[25:])
    layout = Layout.of([*statistics.features, Feature("c", "new")])
    for view in (statistics.view(), statistics.view(layout)):
        assert len(view.grams) > 3
        assert {gram.lower().indices.dtype for gram in view.grams} == {np.dtype(np.int32)}
        assert {gram.lower().data.dtype for gram in view.grams} == {np.dtype(np.int64)}
