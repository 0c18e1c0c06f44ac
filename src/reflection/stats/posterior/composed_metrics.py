"""Effects on CPA, ROAS and other products of the four observed rates, composed from their draws.

CPA = CPM/1000/(CTR * CVR) and ROAS = AOV * CVR * CTR * 1000/CPM, so on the log scale a composed effect is a
signed sum. Composed metrics are never fitted again, so that learnings add up (LEARNING 3). This file must not
know how a part was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reflection.errors import LearningError
from reflection.stats.posterior.empirical_bayes import Effects, Fit


@dataclass(frozen=True)
class Recipe:
    """A composed metric: its name and the exponent of each part, such as ``(("cpm", 1), ("ctr", -1))``."""

    name: str
    parts: tuple[tuple[str, int], ...]


def parts_of(fits: Mapping[str, Fit], recipe: Recipe) -> list[tuple[Fit, int]]:
    """Return the fits a recipe needs with their exponents.

    Raises LearningError when one is missing or their layouts differ.
    """
    missing = [name for name, _ in recipe.parts if name not in fits]
    if missing:
        raise LearningError(f"{recipe.name} needs {', '.join(missing)}, which no evidence speaks of.")
    parts = [(fits[name], exponent) for name, exponent in recipe.parts]
    if any(part.layout != parts[0][0].layout for part, _ in parts):
        raise LearningError(f"The parts of {recipe.name} were fitted in different layouts.")
    return parts


def compose(fits: Mapping[str, Fit], recipe: Recipe) -> Effects:
    """Return the effects on a composed metric: sum of exponent * part, draw by draw.

    The fits must have been made with different seeds. Raises LearningError as :func:`parts_of`.
    """
    parts = parts_of(fits, recipe)
    count = min(part.draws.shape[1] for part, _ in parts)
    draws = np.zeros((len(parts[0][0].layout), count), dtype=np.float32)
    for part, exponent in parts:
        draws += np.float32(exponent) * part.draws[:, :count]
    return Effects(
        layout=parts[0][0].layout,
        mean=np.sum([exponent * part.mean for part, exponent in parts], axis=0),
        sd=draws.std(axis=1, dtype=np.float64),
        draws=draws,
    )
