"""Elasticities: recovered with their intervals, towards 1 where little is known, one unit counted once."""

import numpy as np

from reflection.stats.decisions.elasticity import Beside, elasticities


def draw(rng: np.random.Generator, truth: np.ndarray, rows: int, unit_sd: float = 0.0, months: int = 1):
    unit = np.repeat(np.arange(rows // months), months)
    group = unit % len(truth)
    x = rng.normal(0, 0.8, len(unit))
    noise = rng.normal(0, 0.3, len(unit)) + rng.normal(0, unit_sd, unit.max() + 1)[unit] if unit_sd else 0.0
    noise = noise if unit_sd else rng.normal(0, 0.3, len(unit))
    y = 0.2 * group + (truth[group] - 1) * x + noise
    return x, y, np.full(len(unit), 0.09), group, unit


def test_planted_elasticities_are_within_their_intervals() -> None:
    rng, hits, errors = np.random.default_rng(2), 0, []
    for _ in range(60):
        truth = 1 + rng.normal(0, 0.2) + rng.normal(0, 0.1, 3)
        found = elasticities(*draw(rng, truth, 60), 0.0, 3)
        hits += int((np.abs(found.mean - truth) < 1.645 * found.sd).sum())
        errors.append(found.mean - truth)

    assert 0.84 <= hits / 180 <= 0.96
    assert abs(np.mean(errors)) < 0.03


def test_without_variation_nothing_is_learnt_and_little_is_taken_for_proportional() -> None:
    _, y, v, group, unit = draw(np.random.default_rng(3), np.array([0.5, 0.5]), 40)
    found = elasticities(np.zeros(40), y, v, group, unit, 0.0, 2)

    np.testing.assert_allclose(found.mean, 1.0, atol=1e-9)
    assert (found.sd > 0.9 * 0.3).all()


def test_months_of_one_unit_are_not_many_witnesses() -> None:
    """What lasts of a campaign must not pass for what its usual spend does."""
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(6), 10)
    x = rng.normal(0, 0.8, 6)[unit]
    y = rng.normal(0, 0.4, 6)[unit] + rng.normal(0, 0.1, 60)
    wide = elasticities(x, y, np.full(60, 0.01), np.zeros(60, dtype=int), unit, 0.4, 1)
    narrow = elasticities(x, y, np.full(60, 0.01), np.zeros(60, dtype=int), np.arange(60), 0.0, 1)

    assert wide.sd[0] > 3 * narrow.sd[0]


def test_members_of_something_deviate_from_what_is_usual() -> None:
    rng, hits, errors = np.random.default_rng(5), 0, []
    for _ in range(30):
        truth, own = np.full(2, 0.8), rng.normal(0, 0.2, 3)
        x, y, v, group, unit = draw(rng, truth, 150)
        member = rng.integers(3, size=150)
        shares = np.eye(3)[member]
        seen = elasticities(x, y + own[member] * x, v, group, unit, 0.0, 2, shares)
        deviation = own - shares.mean(axis=0) @ own
        hits += int((np.abs(seen.member_mean - deviation) < 1.645 * seen.member_sd).sum())
        errors.append(seen.member_mean - deviation)

    assert 0.8 <= hits / 90 <= 0.99
    assert abs(np.mean(errors)) < 0.03


def test_without_members_nothing_deviates() -> None:
    seen = elasticities(*draw(np.random.default_rng(6), np.array([0.7, 0.9]), 60), 0.0, 2)

    assert seen.member_mean.shape == seen.member_sd.shape == (0,)


def test_what_else_moves_results_is_estimated_beside_and_leaves_less_sure() -> None:
    rng = np.random.default_rng(9)
    x, other = rng.normal(0, 0.8, 30), rng.integers(0, 2, 30).astype(float)
    x += other  # those with it spend more
    y = -0.4 * x + 0.5 * other + rng.normal(0, 0.1, 30)
    rows = (x, y, np.full(30, 0.01), np.zeros(30, dtype=int), np.arange(30), 0.0, 1)

    alone, beside = elasticities(*rows), elasticities(*rows, beside=Beside(other[:, None], np.array([0.25])))

    assert abs(float(beside.mean[0]) - 0.6) < 0.08 < abs(float(alone.mean[0]) - 0.6)
    assert beside.sd[0] > alone.sd[0]
