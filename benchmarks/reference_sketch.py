"""The sketch whose figures the learning core has to reach, on the same worlds.

Its file (``shared/reference/learning_sketch.py``) is not part of the repository; without it the comparison is left out.
As for the figures it is known by, log CTR is fitted in one pass and sparse log CVR re-linearised twice.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from baselines import Estimates, Floats
from simulator import MAINS, Metric, World

from reflection.stats.honesty.false_discovery import select

FILE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "learning_sketch.py"
PASSES: dict[Metric, int] = {"ctr": 1, "cvr": 3}


def load() -> ModuleType | None:
    """The sketch, or None where its file is missing."""
    if not FILE.is_file():
        return None
    spec = importlib.util.spec_from_file_location("learning_sketch", FILE)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def estimate(sketch: ModuleType, world: World, metric: Metric, seed: Sequence[int]) -> tuple[Estimates, Floats]:
    """Main effects as the sketch has them, in simulator columns, and the log rates of the unseen campaigns."""
    fitted, mean = None, None
    for _ in range(PASSES[metric]):
        around = () if mean is None else (world.shares @ mean,)
        sums = sketch.Stats()
        sums.add(world.shares, *sketch.observe(world.x, world.trials, *around))
        fitted = sketch.EBZ(sums.view()).fit()
        mean = fitted.post(fitted.th)[-1]
    assert fitted is not None
    draws = fitted.draws(np.random.default_rng(list(seed)), 48)
    low, high = np.quantile(draws, [0.05, 0.95], axis=1)
    effects, errors = fitted.deshrink()
    rates, shrunk, _ = sketch.ash(effects[MAINS], errors[MAINS])
    found = Estimates(
        np.concatenate([[np.nan], shrunk]),
        low[: len(MAINS) + 1],
        high[: len(MAINS) + 1],
        np.concatenate([[False], select(rates)]),
    )
    return found, np.asarray(world.unseen_shares @ draws.mean(axis=1))
