"""One creative id on several platforms: an effect of its own on each, beside the one they have in common.

Platforms and tools give ids of their own, so an id on two platforms need not be one creative, and the same video need
not do alike on both. What they share is learnt by the creative's own signal, what differs by one per platform: the
model pools them, not the key. An id on one platform stays one signal. Must not know how effects are estimated.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals


def shared_creatives(
    columns: Mapping[str, int], matrix: sparse.csr_array, platform_key: NDArray[np.str_]
) -> tuple[str, ...]:
    """The pairs of platform and creative that have a column: each creative that ran on several platforms, on each.

    Args:
        columns: signal key -> its column.
        matrix: shares, (cells, columns).
        platform_key: of each cell.
    """
    names, platform = np.unique(platform_key, return_inverse=True)
    keys = {column: key for key, column in columns.items() if key.startswith(f"{signals.CREATIVE}:")}
    if len(names) < 2 or not keys:
        return ()
    is_creative = np.zeros(matrix.shape[1], dtype=np.bool_)
    is_creative[list(keys)] = True
    place = np.flatnonzero(is_creative[matrix.indices])
    cell = np.searchsorted(matrix.indptr, place, side="right") - 1
    pairs = np.unique(matrix.indices[place].astype(np.int64) * len(names) + platform[cell])
    creative, several = pairs // len(names), np.zeros(len(pairs), dtype=np.bool_)
    several[:-1] = creative[:-1] == creative[1:]
    several[1:] |= several[:-1]
    return tuple(
        signals.crossed(signals.parse(str(names[pair % len(names)])), signals.parse(keys[pair // len(names)])).key
        for pair in pairs[several].tolist()
    )
