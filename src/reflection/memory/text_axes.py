"""The place of a text among the packaged model's meanings: 32 integers, the same whatever memory is searched with.

The 384 dimensions of the packaged model are projected to 32 fixed directions: the principal ones of 3,761 headlines of
the Upworthy Research Archive (Matias, Munger, Le Quere and Ebersole 2021, CC BY 4.0), scaled so that a coordinate is
about 1. `scripts/text_axes.py` makes the file. Vectors and directions are integers on a grid of 2^-16, and so is their
product; what the model's last bits may differ by on another processor is kept out by storing the places that were found
once. Must not know what is learnt from them.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from reflection.domain.creative_knowledge import AXES_GRID
from reflection.memory.packaged_model import NAME, REVISION, PackagedEmbedder

FILE = "text_axes.npy"
SPACE = f"{NAME}@{REVISION}/axes-1"
"""Which model and directions a stored place is of; another one is worked out again."""

GRID = AXES_GRID
AT_ONCE = 64


class TextAxes:
    """Places of texts; the model is loaded when the first is asked for."""

    space = SPACE

    def __init__(self) -> None:
        self._embedder = PackagedEmbedder()

    def places(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The place of each text, 32 integers on a grid of 2^-16.

        Raises:
            Unavailable: the model's files are missing or damaged.
        """
        rows: list[tuple[int, ...]] = []
        for start in range(0, len(texts), AT_ONCE):
            vectors = np.rint(self._embedder.vectors(texts[start : start + AT_ONCE]).astype(np.float64) * GRID)
            rows += map(tuple, ((vectors.astype(np.int64) @ _axes() + GRID // 2) // GRID).tolist())
        return rows


@cache
def _axes() -> NDArray[np.int64]:
    """The directions, (384, 32), on the same grid."""
    data = files("reflection.memory").joinpath("models", NAME, FILE).read_bytes()
    return np.asarray(np.load(BytesIO(data)), dtype=np.int64)
