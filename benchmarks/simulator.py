"""Simulated campaigns with known effects: the world in which the learning core has to prove itself.

Seven groups with 40 levels and two interactions with 60 cells; most effects are exactly zero; platforms
favour some ages and creative types, so that signals are confounded; campaigns scatter by .25 beyond
counting noise. The order in which random numbers are drawn is part of the definition: the same seed has
always given the same world.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, quantised

Floats = NDArray[np.float64]
Metric = Literal["ctr", "cvr"]

GROUPS = {"platform": 5, "objective": 4, "age": 6, "tier": 3, "segment": 8, "ctype": 6, "hook": 8}
INTERACTIONS = (("platform", "ctype"), ("platform", "age"))
BASE_RATE = {"ctr": 0.012, "cvr": 0.03}
SCATTER = 0.25
UNSEEN = 300
"""Campaigns kept apart to predict."""


def _columns() -> tuple[dict[str, int], tuple[Feature, ...]]:
    """First column of every group, and the features in column order (intercept first)."""
    first: dict[str, int] = {}
    features = [INTERCEPT]
    for group, size in GROUPS.items():
        first[group] = len(features)
        features += [Feature(group, f"{level:02d}") for level in range(size)]
    for a, b in INTERACTIONS:
        first[f"{a}*{b}"] = len(features)
        features += [Feature(f"{a}*{b}", f"{i:02d}*{j:02d}") for i in range(GROUPS[a]) for j in range(GROUPS[b])]
    return first, tuple(features)


FIRST, FEATURES = _columns()
LAYOUT = Layout.of(FEATURES)
COLUMN = np.array([LAYOUT.column(feature) for feature in FEATURES])
"""Position of each simulator column in the layout."""
MAINS = np.arange(1, 1 + sum(GROUPS.values()))
CELLS = np.arange(len(MAINS) + 1, len(FEATURES))


@dataclass(frozen=True, eq=False)
class World:
    """Campaigns to learn from, the truth, and campaigns to predict.

    ``x``, ``trials``: successes and trials, (n,). ``shares``: memberships, (n, p) in simulator columns.
    ``effects``: true effects, (p,). ``unseen_shares``: (300, p) with the true structural log rate
    ``unseen_log_rate``, (300,).
    """

    shares: Floats
    x: Floats
    trials: Floats
    effects: Floats
    unseen_shares: Floats
    unseen_log_rate: Floats

    @property
    def design(self) -> Design:
        """The memberships as evidence."""
        return as_design(self.shares)


def as_design(shares: Floats) -> Design:
    """Memberships in simulator columns as design rows."""
    matrix = sparse.csr_array(shares)
    return Design(FEATURES, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), quantised(matrix.data))


def make_world(seed: tuple[int, ...], n: int, metric: Metric, null: bool = False) -> tuple[World, np.random.Generator]:
    """Return a world with n campaigns and the generator it leaves behind. ``null``: every effect is zero."""
    rng = np.random.default_rng(seed)
    shares = _memberships(rng, n + UNSEEN)
    effects = _true_effects(rng)
    if null:
        effects = np.zeros_like(effects)
    impressions = np.maximum(2000, rng.lognormal(np.log(40000), 1.2, n + UNSEEN)).astype(int)
    trials = impressions if metric == "ctr" else rng.binomial(impressions, BASE_RATE["ctr"])
    base = BASE_RATE[metric]
    structural = shares[:, 1:] @ effects[1:]
    log_rate = np.log(base) + structural + rng.normal(0, SCATTER, n + UNSEEN)
    x = rng.binomial(trials, np.minimum(np.exp(log_rate), 0.9))
    world = World(
        shares[:n],
        x[:n].astype(float),
        trials[:n].astype(float),
        effects,
        shares[n:],
        structural[n:] + np.log(base),
    )
    return world, rng


def _true_effects(rng: np.random.Generator, sd: float = 0.22, null_share: float = 0.6, blocks: int = 2) -> Floats:
    """Sparse zero-sum main effects and sparse, exactly double-centred interactions, (p,)."""
    effects = np.zeros(len(FEATURES))
    for group, size in GROUPS.items():
        active = max(2, rng.binomial(size, 1 - null_share))
        levels = rng.choice(size, active, replace=False)
        drawn = rng.normal(0, sd, active)
        effects[FIRST[group] + levels] = (drawn - drawn.mean()) * np.sqrt(active / (active - 1))
    for a, b in INTERACTIONS:
        for _ in range(blocks):
            i, j = rng.choice(GROUPS[a], 2, False), rng.choice(GROUPS[b], 2, False)
            size_of_block = rng.normal(0, 0.2)
            for sign, row, column in ((1, i[0], j[0]), (-1, i[0], j[1]), (-1, i[1], j[0]), (1, i[1], j[1])):
                effects[FIRST[f"{a}*{b}"] + row * GROUPS[b] + column] += sign * size_of_block
    return effects


def _memberships(rng: np.random.Generator, n: int, confounding: float = 1.2) -> Floats:
    """Campaigns with one platform and objective, 1 to 3 audiences and 1 to 4 creatives sharing equally, (n,
    p).
    """
    shares = np.zeros((n, len(FEATURES)))
    shares[:, 0] = 1
    age_taste = rng.normal(0, confounding, (GROUPS["platform"], GROUPS["age"]))
    type_taste = rng.normal(0, confounding, (GROUPS["platform"], GROUPS["ctype"]))
    popularity = rng.dirichlet(np.full(GROUPS["platform"], 3.0))
    for row in shares:
        platform = rng.choice(GROUPS["platform"], p=popularity)
        row[FIRST["platform"] + platform] = 1
        row[FIRST["objective"] + rng.integers(GROUPS["objective"])] = 1
        audiences, creatives = rng.integers(1, 4), rng.integers(1, 5)
        for _ in range(audiences):
            age = _favourite(rng, age_taste[platform])
            row[FIRST["age"] + age] += 1 / audiences
            row[FIRST["tier"] + rng.integers(GROUPS["tier"])] += 1 / audiences
            row[FIRST["segment"] + rng.integers(GROUPS["segment"])] += 1 / audiences
            row[FIRST["platform*age"] + platform * GROUPS["age"] + age] += 1 / audiences
        for _ in range(creatives):
            kind = _favourite(rng, type_taste[platform])
            row[FIRST["ctype"] + kind] += 1 / creatives
            row[FIRST["hook"] + rng.integers(GROUPS["hook"])] += 1 / creatives
            row[FIRST["platform*ctype"] + platform * GROUPS["ctype"] + kind] += 1 / creatives
    return shares


def _favourite(rng: np.random.Generator, taste: Floats) -> int:
    """A level drawn with probability proportional to exp(taste)."""
    weight = np.exp(taste)
    return int(rng.choice(len(taste), p=weight / weight.sum()))
