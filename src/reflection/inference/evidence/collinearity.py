"""Signals that no campaign tells apart: one of them stands for all, instead of an effect shared at random.

A pair has one that stands for it only by what it is: the same pair by other names or, where there is no other partner
to choose, its own signal. That it was seen in the same campaigns as something else, be it a signal of its own that so
far ran with this partner alone, is chance: both have effects, of which the sum is known better than either, and with
another partner only one of them comes along.

Must not know campaigns, nor how effects are estimated.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals

NAME_GROUPS = (signals.AUDIENCE, signals.CREATIVE)
SALTS = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
CELLS_AT_ONCE = 100_000


def column_marks(matrix: sparse.csr_array, cell: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Two independent 64-bit sums for each column, of share times a hash of the cell, (2, columns).

    Equal columns have equal sums, and different ones agree with probability 2^-128. Sums of partitions add up, modulo
    2^64.

    Args:
        matrix: shares, (cells, columns).
        cell: a number for each cell, the same in every partition, (cells,).
    """
    sums = np.zeros((len(SALTS), matrix.shape[1]), dtype=np.uint64)
    for start in range(0, matrix.shape[0], CELLS_AT_ONCE):
        end = min(start + CELLS_AT_ONCE, matrix.shape[0])
        part = slice(matrix.indptr[start], matrix.indptr[end])
        of_entry = np.repeat(cell[start:end], np.diff(matrix.indptr[start : end + 1]))
        share = np.rint(matrix.data[part] * (1 << 20)).astype(np.uint64)
        for salt, total in zip(SALTS, sums, strict=True):
            np.add.at(total, matrix.indices[part], share * _scrambled(of_entry, salt))
    return sums


def aliases_among(
    keys: Sequence[str], marks: NDArray[np.uint64], tested: Mapping[str, Hashable] | None = None
) -> dict[str, str]:
    """Signals with the same share in every cell: all but one map to the one that generalises best, pairs to their like.

    Args:
        marks: of each signal's column, of all partitions, (2, signals).
        tested: signal -> the arms of experiments it was in: what differs there is told apart.
    """
    same: dict[tuple[Hashable, ...], list[str]] = {}
    for key, mark in zip(keys, marks.T.tolist(), strict=True):
        same.setdefault((*mark, (tested or {}).get(key)), []).append(key)
    groups = [sorted(group, key=generality) for group in same.values() if len(group) > 1]
    aliases = {key: group[0] for group in groups for key in group[1:] if signals.CROSS not in key}
    singles = {(signals.parse(key).group, aliases.get(key, key)) for key in keys if signals.CROSS not in key}
    kinds = Counter(group for group, _ in singles)
    for group in groups:
        standing = {_meaning(key, aliases): key for key in reversed(group)}
        for key in group[1:]:
            if signals.CROSS in key:
                own = _meaning(key, aliases)
                choice = own[0] != own[1] and all(kinds[part.group] > 1 for part in signals.parse(key).parts)
                sides = [] if choice else [(part,) for part in own]
                likes = [standing[of] for of in (*sides, own) if of in standing]
                if likes[0] != key:
                    aliases[key] = likes[0]
    return dict(sorted(aliases.items()))


def _meaning(key: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """The signals that stand for those a key is made of."""
    return tuple(aliases.get(part.key, part.key) for part in signals.parse(key).parts)


def _scrambled(values: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """splitmix64: a well-mixed 64-bit hash of each value; wraps around on purpose."""
    z = (values + np.uint64(1)) * np.uint64(salt)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def generality(key: str) -> tuple[int, str]:
    """Platform and objective first, then attributes, then names and ids, interactions last."""
    group = signals.parse(key).group
    if signals.CROSS in group:
        return 3, key
    if group in (signals.PLATFORM, signals.OBJECTIVE):
        return 0, key
    return (2 if group in NAME_GROUPS else 1), key
