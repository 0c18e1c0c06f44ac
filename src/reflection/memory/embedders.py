"""The port of embedders: text in, unit vectors out, and an id that says which space the vectors live in.

Two vectors may be compared only if their embedder ids are equal; the id therefore changes with the model, its revision,
the number of dimensions and what is embedded of a text. Knows no store, no index and no concrete model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reflection.domain.memory_text import passages
from reflection.domain.ports import Vector
from reflection.errors import Unavailable

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space: which model made its vectors, of which text.

    Attributes:
        name: the model's name, without white space.
        revision: what distinguishes two models of one name; for the packaged model the start of a SHA-256 of its files.
        dimensions: length of every vector.
        template: hash of the text template the vectors were made from (`memory_text.TEMPLATE`).
    """

    name: str
    revision: str
    dimensions: int
    template: str

    @property
    def id(self) -> str:
        """The embedder id kept beside every vector: ``name@revision/dimensions/template``."""
        return f"{self.name}@{self.revision}/{self.dimensions}/{self.template}"


class Embedder(Protocol):
    """Makes vectors. `space` is None for an embedder that makes none (lexical search only)."""

    @property
    def space(self) -> Space | None:
        """Where its vectors live."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), dimensions), float32, in the order of the texts.

        Raises:
            Unavailable: the model cannot be reached or loaded now; nothing else is raised on purpose.
        """


class NoEmbedder:
    """No model at all: memory is searched by words and says that it is degraded."""

    space: Space | None = None

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Always refuses: vectors that mean nothing would be worse than none.

        Raises:
            Unavailable: always.
        """
        raise Unavailable("no embedding model is configured", hint="semantic search falls back to words")


def by_passages(texts: Sequence[str], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
    """Unit vectors of texts, each the weighted sum of the vectors of its passages (`memory_text.passages`).

    Args:
        embed: unit vectors of passages, in their order.
    """
    of_texts = [passages(text) for text in texts]
    vectors = embed([passage for parts in of_texts for passage, _ in parts])
    weights = np.asarray([weight for parts in of_texts for _, weight in parts], dtype=np.float32)
    if len(vectors) == len(texts):
        return vectors
    starts = np.cumsum([0, *(len(parts) for parts in of_texts[:-1])])
    return unit(np.add.reduceat(vectors * weights[:, None], starts, axis=0))


def unit(matrix: Matrix) -> Matrix:
    """Rows scaled to length one, so that a dot product is a cosine; a zero row stays zero."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0.0, lengths, 1.0), dtype=np.float32)


def checked(matrix: Matrix, rows: int, dimensions: int) -> Matrix:
    """The matrix, if it has the promised shape and is finite.

    Raises:
        Unavailable: a model that answers with other shapes or with NaN is as good as down.
    """
    if matrix.shape != (rows, dimensions) or not np.isfinite(matrix).all():
        raise Unavailable(f"the embedding model answered with shape {matrix.shape} or with non-finite numbers")
    return matrix


def as_vector(blob: bytes) -> Vector:
    """A vector as the store keeps it: little-endian float32."""
    return np.frombuffer(blob, dtype="<f4")


def as_bytes(vector: Vector) -> bytes:
    """The inverse of `as_vector`."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()
