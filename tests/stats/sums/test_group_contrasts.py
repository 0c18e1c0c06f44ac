"""Contrasts within groups: free of the group's level, independent, and the same for every order of groups."""

import numpy as np

from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.design import GRID, Stratum
from reflection.stats.sums.group_contrasts import Items, contrast_rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

FEATURES = (Feature("~text", "a"), Feature("~text", "b"))


def items(rng: np.random.Generator, groups: int = 40, times: float = 1.0) -> Items:
    sizes = rng.integers(1, 6, groups)
    count = int(sizes.sum())
    return Items(
        x=rng.integers(0, 2, (count, 2)).astype(float),
        y=rng.normal(size=count),
        v=rng.uniform(0.01, 0.2, count),
        group=np.repeat(np.arange(groups), sizes),
        times=np.full(count, times),
    )


def test_a_group_of_k_gives_k_minus_one_rows_free_of_its_level() -> None:
    own = items(np.random.default_rng(1))
    rows = contrast_rows(own, FEATURES)
    assert len(rows) == len(own.y) - len(np.unique(own.group))
    assert set(rows.stratum.tolist()) == {Stratum.WITHIN}
    moved = Items(own.x, own.y + 3.0 * own.group, own.v, own.group, own.times)
    assert np.abs(contrast_rows(moved, FEATURES).y - rows.y).max() <= 1


def test_the_contrasts_hold_what_least_squares_with_levels_says() -> None:
    own = items(np.random.default_rng(2))
    rows, noise = contrast_rows(own, FEATURES), own.v + 0.15**2
    x, y = rows.design.matrix().toarray(), rows.y / GRID
    weight = 1.0 / (rows.v + 0.15**2)
    ours = np.linalg.solve((x.T * weight) @ x, (x.T * weight) @ y)
    wide = np.hstack([own.x, np.eye(own.group.max() + 1)[own.group]])
    levels = np.linalg.lstsq(wide / np.sqrt(noise)[:, None], own.y / np.sqrt(noise), rcond=None)[0]
    assert np.allclose(ours, levels[:2], atol=2e-3)


def test_a_text_seen_in_four_groups_counts_as_one() -> None:
    own = items(np.random.default_rng(3), times=4.0)
    rows, once = contrast_rows(own, FEATURES), contrast_rows(items(np.random.default_rng(3)), FEATURES)
    information = [float(((one.design.matrix().toarray() ** 2).T / 0.2**2).sum()) for one in (rows, once)]
    assert np.isclose(information[0], information[1] / 4, rtol=0.05)


def test_sums_forget_order_and_partition() -> None:
    own = items(np.random.default_rng(4))
    order = np.random.default_rng(5).permutation(own.group.max() + 1)
    mixed = np.argsort(order[own.group], kind="stable")
    parts = [Items(*(getattr(own, name)[at] for name in ("x", "y", "v", "group", "times")))
             for at in (mixed[own.group[mixed] % 2 == 0], mixed[own.group[mixed] % 2 == 1])]  # fmt: skip
    whole, folded = SufficientStatistics(), SufficientStatistics()
    whole.add(contrast_rows(own, FEATURES))
    for part in parts:
        more = SufficientStatistics()
        more.add(contrast_rows(part, FEATURES))
        folded.merge(more)
    assert whole == folded
    folded.subtract(contrast_rows(parts[1], FEATURES))
    folded.add(contrast_rows(parts[1], FEATURES))
    assert whole == folded


def test_nothing_side_by_side_is_nothing() -> None:
    alone = Items(np.ones((3, 2)), np.zeros(3), np.ones(3), np.arange(3), np.ones(3))
    sums = SufficientStatistics()
    sums.add(contrast_rows(alone, FEATURES))
    assert not sums.view(Layout.of(FEATURES)).rows.any()
