"""Evidence in partitions: what learning asks of all campaigns, however many there are and wherever they are.

A partition holds whole real campaigns, by the hash of each. Learning makes something of every partition (`map`), and
adds up what each says (`total`); one partition in memory is the ordinary case. What cannot be added up is chosen on a
sample (the additive law, docs/architecture.md). Must not know what is learnt, nor on which machines.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")

SAMPLE = 200_000
"""Campaigns up to which the sample is all of them; of more it is between this and half of it, by the hash of the real
campaign. Medians, neighbours, seasons, pairs and groups are no clearer from more."""


class Partitions(Protocol[T_co]):
    """Parts of one whole. Functions given must be importable by name, with arguments that can be sent elsewhere."""

    def map(self, function: Callable[[T_co], U]) -> "Partitions[U]":
        """What a function makes of each partition, kept where the partition is."""

    def total(self, function: Callable[[T_co], U], merge: Callable[[U, U], U]) -> U:
        """What a function says of every partition, merged; `merge` must not mind the order, and keep its arguments."""


class InMemory(Partitions[T_co]):
    """Partitions in this process."""

    def __init__(self, parts: Sequence[T_co]) -> None:
        self._parts = parts

    def holds(self, part: object) -> bool:
        """Whether something is the very same as one of the partitions."""
        return any(one is part for one in self._parts)

    def map(self, function: Callable[[T_co], U]) -> "InMemory[U]":
        """What a function makes of each partition."""
        return InMemory([function(part) for part in self._parts])

    def total(self, function: Callable[[T_co], U], merge: Callable[[U, U], U]) -> U:
        """What a function says of every partition, merged; of one partition what it says."""
        return reduce(merge, (function(part) for part in self._parts))


def sample_bits(campaigns: int) -> int:
    """How many leading bits of its hash are 0 in a real campaign of the sample."""
    return max(0, -(-campaigns // SAMPLE) - 1).bit_length()


def in_sample(real: NDArray[np.int64], bits: int) -> NDArray[np.bool_]:
    """Which real campaigns are of the sample, by their numbers, which are hashes."""
    if not bits:
        return np.ones(len(real), dtype=np.bool_)
    return np.asarray(real.view(np.uint64) >> np.uint64(64 - bits) == 0)
