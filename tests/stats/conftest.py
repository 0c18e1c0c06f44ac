"""A small world with known effects, shared by the tests of the learning core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from reflection.stats.posterior.empirical_bayes import Fit, fit
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, contrast_rows
from reflection.stats.sums.observations import Observations, observe_rate, pooled_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

SIZES = {"platform": 4, "age": 5, "creative": 6}
Cells = Sequence[Mapping[Feature, float]]


def campaign_rows(
    cells: Cells, observations: Observations, campaign: ArrayLike | None = None
) -> tuple[Rows, NDArray[np.intp]]:
    """`contrast_rows` of cells by their memberships; every cell is a campaign of its own where none are given."""
    design = Design.of(cells)
    number = np.arange(len(cells)) if campaign is None else np.asarray(campaign, dtype=np.intp)
    return contrast_rows(design.matrix(), design.features, observations, number)


@dataclass(frozen=True)
class World:
    """Campaigns with counts, and the effects that made them."""

    cells: Cells
    x: np.ndarray
    n: np.ndarray
    truth: dict[Feature, float]

    @property
    def observations(self) -> Observations:
        """One-pass observations at the pooled rate."""
        return observe_rate(self.x, self.n, pooled_rate(self.x, self.n))

    @property
    def rows(self) -> Rows:
        """One row per campaign."""
        return campaign_rows(self.cells, self.observations)[0]

    @property
    def layout(self) -> Layout:
        """All features there are, seen or not."""
        return Layout.of([INTERCEPT, *self.truth])

    def fit(self, seed: int = 0) -> Fit:
        """The fit of all rows."""
        statistics = SufficientStatistics()
        statistics.add(self.rows)
        return fit(statistics.view(self.layout), seed)


def _make_world(campaigns: int, seed: int, effect_sd: float = 0.3, scatter: float = 0.2) -> World:
    rng = np.random.default_rng(seed)
    truth: dict[Feature, float] = {}
    for group, size in SIZES.items():
        effects = rng.normal(0, effect_sd, size)
        for level, effect in enumerate(effects - effects.mean()):
            truth[Feature(group, str(level))] = float(effect)
    for i in range(SIZES["platform"]):
        for j in range(SIZES["creative"]):
            truth[Feature("platform*creative", f"{i}*{j}")] = 0.0
    cells: list[dict[Feature, float]] = []
    for _ in range(campaigns):
        platform, creative = rng.integers(SIZES["platform"]), rng.integers(SIZES["creative"])
        young, old = rng.choice(SIZES["age"], 2, replace=False)
        cells.append(
            {
                Feature("platform", str(platform)): 1.0,
                Feature("creative", str(creative)): 1.0,
                Feature("platform*creative", f"{platform}*{creative}"): 1.0,
                Feature("age", str(young)): 0.25,
                Feature("age", str(old)): 0.75,
            }
        )
    n = rng.integers(2_000, 50_000, campaigns)
    eta = np.log(0.02) + np.array([sum(truth[f] * share for f, share in cell.items()) for cell in cells])
    x = rng.poisson(n * np.exp(eta + rng.normal(0, scatter, campaigns)))
    return World(cells, x.astype(float), n.astype(float), truth)


@pytest.fixture(scope="session")
def make_world() -> Callable[..., World]:
    """Make a world: ``make_world(campaigns, seed, effect_sd=.3, scatter=.2)``."""
    return _make_world


@pytest.fixture(scope="session")
def world() -> World:
    """A world of 150 campaigns."""
    return _make_world(150, 3)


@pytest.fixture(scope="session")
def fitted(world: World) -> Fit:
    """The fit of that world."""
    return world.fit()
