"""Whole campaigns are set aside in passing, evenly and by their numbers alone, and scored as if never learnt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.stats.honesty import diagnostics
from reflection.stats.honesty.diagnostics import FEWEST_SCORES, MOST_CELLS, SetAside, leave_one_out
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Rows, Stratum
from reflection.stats.sums.observations import observe_rate

Parts = tuple[Rows, np.ndarray]


def _parts(cells_of: list[int]) -> Parts:
    """Rows of campaigns with so many cells each."""
    rng = np.random.default_rng(1)
    campaign = np.repeat(np.arange(len(cells_of)), cells_of)
    cells = [{Feature("platform", str(rng.integers(4))): 1.0} for _ in campaign]
    return campaign_rows(
        cells, observe_rate(rng.poisson(20, len(campaign)), np.full(len(campaign), 1e3), 0.02), campaign
    )


def _scored(aside: SetAside, parts: list[Parts], fit: Fit) -> np.ndarray:
    aside.take(parts)
    return aside.scores(fit)


def test_every_campaign_has_one_score_and_it_is_that_of_leaving_it_out(fitted: Fit) -> None:
    sizes = [1, 3, 2, 1, 5] * 6
    rows, origin = _parts(sizes)
    campaign = np.repeat(np.arange(30), sizes)
    scores = _scored(SetAside(np.ones(len(campaign), dtype=bool), campaign), [(rows, origin)], fitted)

    whole = leave_one_out(fitted, rows, origin).z[rows.stratum == Stratum.BETWEEN]
    assert len(scores) == 30
    np.testing.assert_allclose(scores, whole, rtol=1e-9)


@pytest.mark.parametrize(
    ("count", "most", "chosen"), [(60, 20, range(0, 60, 3)), (30, 30, range(30)), (30, 99, range(30))]
)
def test_campaigns_are_chosen_evenly_by_number(fitted: Fit, count: int, most: int, chosen: range) -> None:
    rows, origin = _parts([1] * count)
    scores = _scored(SetAside(np.ones(count, dtype=bool), origin, most), [(rows, origin)], fitted)

    np.testing.assert_array_equal(scores, leave_one_out(fitted, rows, origin).z[list(chosen)])


def test_rows_that_come_in_parts_are_scored_the_same(fitted: Fit) -> None:
    rows, origin = _parts([1] * 40)
    aside, at_once = (SetAside(np.ones(40, dtype=bool), origin) for _ in range(2))
    parts = [(rows.take(origin[some]), origin[some]) for some in (slice(0, 7), slice(7, 40))]

    assert _scored(aside, parts, fitted).tobytes() == _scored(at_once, [(rows, origin)], fitted).tobytes()


def test_what_was_not_observed_is_no_campaign(fitted: Fit) -> None:
    observed = np.arange(30) % 3 > 0
    rows, origin = _parts([1] * 30)
    seen = np.flatnonzero(observed)
    scores = _scored(SetAside(observed, origin), [(rows.take(seen), origin[seen])], fitted)

    assert len(scores) == 20


@pytest.mark.parametrize(("count", "most"), [(FEWEST_SCORES - 1, 1000), (30, 0), (0, 1000)])
def test_too_few_or_none_wanted_cost_nothing(fitted: Fit, count: int, most: int) -> None:
    rows, origin = _parts([1] * count)

    assert _scored(SetAside(np.ones(count, dtype=bool), origin, most), [(rows, origin)], fitted).shape == (0,)


def test_a_campaign_of_very_many_cells_is_not_left_out(fitted: Fit) -> None:
    sizes = [2] * 20 + [MOST_CELLS + 1]
    rows, origin = _parts(sizes)
    campaign = np.repeat(np.arange(21), sizes)

    assert len(_scored(SetAside(np.ones(len(campaign), dtype=bool), campaign), [(rows, origin)], fitted)) == 20


def test_scores_made_in_blocks_are_those_made_at_once(fitted: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, origin = _parts([1, 2, 3, 4, 2] * 5)
    whole = leave_one_out(fitted, rows, origin)
    monkeypatch.setattr(diagnostics, "_ROWS_AT_ONCE", 4)

    np.testing.assert_allclose(leave_one_out(fitted, rows, origin).z, whole.z, rtol=1e-12)


def test_an_honest_world_is_covered_nine_times_in_ten(make_world: Callable[..., object]) -> None:
    world = make_world(400, 8)
    rows, origin = campaign_rows(world.cells, world.observations)  # type: ignore[attr-defined]
    scores = _scored(SetAside(np.ones(400, dtype=bool), origin), [(rows, origin)], world.fit())  # type: ignore[attr-defined]
    judged = diagnostics.coverage(scores)

    assert judged.share == pytest.approx(0.9, abs=0.04)
    assert judged.spread == pytest.approx(1.0, abs=0.1)
