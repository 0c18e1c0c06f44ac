"""Joint draws: every metric keeps its own mean and width, and together they move as their rows do."""

from collections.abc import Callable

import numpy as np
import pytest

from reflection.stats.posterior.composed_metrics import Recipe, compose
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.posterior.joint_draws import data_share, joint, shared

Make = Callable[..., object]


@pytest.fixture(scope="module")
def fits(make_world: Make) -> dict[str, Fit]:
    made = {}
    for name, seed in (("ctr", 1), ("cvr", 2)):
        world = make_world(80, seed)
        made[name] = world.fit(seed)  # type: ignore[attr-defined]
    return made


def _correlation(r: float) -> np.ndarray:
    return np.array([[1.0, r], [r, 1.0]])


NONE = np.eye(2)


@pytest.mark.parametrize(("r", "rho"), [(-0.6, 0.0), (0.3, 0.0), (0.8, 0.0), (0.0, 0.9), (0.3, -0.7)])
def test_means_and_widths_stay_and_draws_move_together(fits: dict[str, Fit], r: float, rho: float):
    together = joint(fits, _correlation(r), _correlation(rho))
    known = (fits["ctr"].sd > 1e-6) & (fits["cvr"].sd > 1e-6)

    for name, fit in fits.items():
        np.testing.assert_array_equal(together[name].mean, fit.mean)
        np.testing.assert_allclose(together[name].draws.std(axis=1)[known], fit.draws.std(axis=1)[known], rtol=0.12)
        np.testing.assert_allclose(together[name].low, np.quantile(together[name].draws, 0.05, axis=1), atol=1e-5)
    data = np.stack([data_share(fits[name]) for name in ("ctr", "cvr")])
    expected = r * np.sqrt(data.prod(axis=0)) + rho * np.sqrt((1 - data).prod(axis=0))
    for row in np.flatnonzero(known):
        seen = np.corrcoef(together["ctr"].draws[row], together["cvr"].draws[row])[0, 1]
        assert seen == pytest.approx(expected[row], abs=0.12)


@pytest.mark.parametrize(("rows", "effects"), [(0.8, 0.0), (0.0, 0.8)])
def test_what_moves_together_widens_a_product_and_narrows_a_ratio(fits: dict[str, Fit], rows: float, effects: float):
    product, quotient = (Recipe("made", (("ctr", 1), ("cvr", sign))) for sign in (1, -1))
    apart, together = fits, joint(fits, _correlation(rows), _correlation(effects))
    known = fits["ctr"].sd > 1e-6

    assert (compose(together, product).sd > compose(apart, product).sd)[known].mean() > 0.9
    assert (compose(together, quotient).sd < compose(apart, quotient).sd)[known].mean() > 0.9


def test_metrics_that_move_by_themselves_are_left_alone(fits: dict[str, Fit]):
    assert joint(fits, NONE, NONE) == fits
    alone = {"ctr": fits["ctr"]}
    assert joint(alone, np.eye(1), np.eye(1)) == alone


def test_what_moves_everything_alike_does_not_move_as_effects_of_signals_do(fits: dict[str, Fit]):
    together = joint(fits, NONE, _correlation(0.9))

    intercepts = [together[name].draws[0] for name in ("ctr", "cvr")]

    assert abs(np.corrcoef(*intercepts)[0, 1]) < 0.12


def test_a_correlation_is_shrunk_where_few_rows_say_so_and_always_is_one():
    rng = np.random.default_rng(0)
    for rows in (5, 50, 5_000):
        z = rng.multivariate_normal([0, 0, 0], [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]], rows).T
        seen = np.ones_like(z)
        found = shared(z @ z.T, (z**2) @ seen.T, seen @ seen.T, 10.0)
        np.testing.assert_allclose(np.diag(found), 1.0)
        assert np.linalg.eigvalsh(found).min() > 0
        assert abs(found[0, 1]) < 0.85
    assert found[0, 1] == pytest.approx(0.8, abs=0.03)
    assert found[0, 2] == pytest.approx(0.0, abs=0.05)
