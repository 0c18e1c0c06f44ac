"""Partitions that live in the workers of a Dask cluster.

What was made of a partition stays where it was made; only sums travel, added up two by two on the way. A worker that is
lost loses what it held: the scheduler makes that again from the ledger, and nothing else. Must not know what is learnt.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from reflection.inference.evidence.partitions import Partitions

if TYPE_CHECKING:
    from distributed import Client, Future

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class DaskPartitions(Partitions[T_co]):
    """Partitions as futures, one each."""

    def __init__(self, client: "Client", futures: "Sequence[Future]") -> None:
        self._client, self._futures = client, futures

    def map(self, function: Callable[[T_co], U]) -> "DaskPartitions[U]":
        """What a function makes of each partition, kept in its worker."""
        return DaskPartitions(self._client, self._applied(function))

    def total(self, function: Callable[[T_co], U], merge: Callable[[U, U], U]) -> U:
        """What a function says of every partition, merged two by two in the workers."""
        sums = self._applied(function)
        while len(sums) > 1:
            pairs = [self._client.submit(merge, one, other, pure=False) for one, other in zip(sums[::2], sums[1::2])]  # noqa: B905
            sums = pairs + sums[len(pairs) * 2 :]
        total: U = sums[0].result()
        return total

    def _applied(self, function: Callable[[T_co], U]) -> "list[Future]":
        return [self._client.submit(function, future, pure=False) for future in self._futures]
