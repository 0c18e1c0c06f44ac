"""A level never seen: the fewer were seen the less is claimed of it, and intervals for it hold."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.posterior.unseen_levels import unseen_levels
from reflection.stats.sums.columns import Feature, Layout

ERROR = 0.05


def spread(levels: np.ndarray, error: float = ERROR) -> float:
    """Standard deviation of a further level of one group, whose levels were measured this well."""
    layout = Layout.of([Feature("g", f"{number:02d}") for number in range(len(levels))])
    estimate = np.concatenate([[0.0], levels - levels.mean()])
    tau = np.array([max(float(levels.std()), 0.01)])
    return float(unseen_levels(layout, tau, estimate, np.full(len(layout), error))[0])


@pytest.mark.parametrize(("count", "sd", "least"), [(2, 0.2, 0.9), (2, 0.4, 0.88), (3, 0.4, 0.86), (8, 0.4, 0.86)])
def test_nine_in_ten_intervals_of_a_further_level_hold(count: int, sd: float, least: float) -> None:
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(300):
        *seen, new = rng.normal(0, sd, count + 1)
        off = new - np.mean(seen)
        hits.append(abs(off) < 1.645 * spread(np.array(seen)))
    assert np.mean(hits) >= least


def test_two_levels_that_are_alike_say_little_and_twenty_say_much() -> None:
    alike = [spread(np.linspace(-0.02, 0.02, count)) for count in (1, 2, 3, 6, 20)]
    assert alike == sorted(alike, reverse=True)
    assert alike[1] > 0.25, "the most probable scatter of two alike is next to none"
    assert alike[-1] < 0.06


def test_of_many_levels_it_is_their_own_spread() -> None:
    levels = np.random.default_rng(0).normal(0, 0.3, 200)
    assert spread(levels) == pytest.approx(levels.std(), rel=0.06)


def test_groups_without_levels_keep_their_scatter_and_interactions_have_one_too() -> None:
    cells = [Feature("a*b", f"{x}*{y}") for x in "uv" for y in "wz"]
    mains = [Feature("a", "u"), Feature("a", "v"), Feature("b", "w"), Feature("b", "z")]
    layout = Layout.of([*mains, *cells, Feature("~slope", "x")])
    tau = np.full(len(layout.groups), 0.123)
    found = dict(
        zip(layout.groups, unseen_levels(layout, tau, np.zeros(len(layout)), np.full(len(layout), 0.3)), strict=True)
    )
    assert found["~slope"] == 0.123
    assert 0.05 < found["a*b"] < found["a"] == pytest.approx(found["b"])
