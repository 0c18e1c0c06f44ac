"""What pairs that no campaign had leave open of a total effect: they are unknown, and not none.

A fit has columns of pairs that were seen, of signals that stand for themselves: what another one stands for has its
pairs there. Whoever books a creative where nothing of its type ran gets, beside the effects of the two, what they do
together there, of which only the usual size is known. Plans draw it (`mix_effects.effects_of`); of a total effect,
which weighs many pairs, its variance is a sum. Must not know what is booked.
"""

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.scatter import composed_scatter

Array = NDArray[np.float64]
Ints = NDArray[np.intp]


SEED = 20_260_401

ROUNDING = 1e-12
"""Variance that is none: that of sums in which every pair was seen."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Pairs of two groups: columns of the signals of either, of the pairs that were seen, and the places among those of
    either of pairs that another signal stands for; ``sd``: of the effect of one that was not seen."""

    first: Ints
    second: Ints
    pairs: Ints
    elsewhere: tuple[Ints, Ints]
    sd: float


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """What is not known of a change, by its variance; ``of`` says what changes and where."""

    variance: float
    of: tuple[str, str]

    def draws(self, count: int) -> Array:
        """Draws of it: of one thing in one place the same, whoever asks, beside whatever else."""
        if self.variance < ROUNDING:
            return np.zeros(count)
        own = zlib.crc32(" ".join(self.of).encode())
        return math.sqrt(self.variance) * np.random.default_rng([SEED, own]).standard_normal(count)


class UnseenPairs:
    """The pairs of a fit's kinds that no campaign had, and how much they may do to one metric.

    Args:
        columns: signal key -> its column in a mix, pairs among them.
    """

    def __init__(self, knowledge: Knowledge, metric: str, columns: Mapping[str, int]) -> None:
        self._kinds = tuple(_kinds(knowledge, metric, columns))

    def variance(self, weights: Array, after: Array, before: Array) -> float:
        """What they leave open of a change of mixes, ``after`` in the place of ``before``, (mixes, columns) each.

        Args:
            weights: of each change, (mixes,).
        """
        weight, mixes = np.concatenate([weights, -weights]), np.concatenate([after, before])
        change = weight @ mixes
        total = 0.0
        for kind in self._kinds:
            first, second = mixes[:, kind.first], mixes[:, kind.second]
            square = weight @ ((first @ first.T) * (second @ second.T)) @ weight  # of all pairs, seen or not
            here, there = kind.elsewhere
            other = weight @ (first[:, here] * second[:, there])
            total += kind.sd**2 * max(float(square - (change[kind.pairs] ** 2).sum() - (other**2).sum()), 0.0)
        return total


def _kinds(knowledge: Knowledge, metric: str, columns: Mapping[str, int]) -> Iterator[_Kind]:
    """The kinds of which some pair was not seen; the others leave nothing open."""
    levels = _by_group(columns)
    elsewhere = _by_group(key for key, other in knowledge.aliases.items() if other in columns)
    for group in sorted({group for group in (*levels, *elsewhere) if signals.CROSS in group}):
        sides = [levels.get(name, []) for name in group.split(signals.CROSS)]
        places = [{key: place for place, key in enumerate(side)} for side in sides]
        others = [[part.key for part in signals.parse(key).parts] for key in elsewhere.get(group, ())]
        others = [pair for pair in others if all(key in place for key, place in zip(pair, places, strict=True))]
        here, there = (_ints(places[side][pair[side]] for pair in others) for side in (0, 1))
        first, second, pairs = (_ints(columns[key] for key in keys) for keys in (*sides, levels.get(group, [])))
        if len(pairs) + len(here) < len(first) * len(second):
            yield _Kind(first, second, pairs, (here, there), _usual_size(knowledge, metric, group))


def _usual_size(knowledge: Knowledge, metric: str, group: str) -> float:
    """Standard deviation of the effect of a pair that was not seen on a metric."""
    posteriors = knowledge.posteriors
    taus = {part: posteriors[part].tau.get(group, 0.0) for part in METRICS[metric].composition}
    return composed_scatter(metric, taus, knowledge.effect_correlations)


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array(list(numbers), dtype=np.intp)


def _by_group(keys: Iterable[str]) -> dict[str, list[str]]:
    """Signals and pairs by group, sorted."""
    groups: dict[str, list[str]] = {}
    for key in sorted(keys):
        groups.setdefault(signals.parse(key).group, []).append(key)
    return groups
