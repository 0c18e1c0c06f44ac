"""CPA and conversions for the money are one figure, said once. Must not know what is said of it."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

READ, TURNED = "cpa", "conversions_per_spend"

Item = TypeVar("Item")


def once_each(items: Iterable[Item], about: Callable[[Item], tuple[Hashable, str | None]]) -> list[Item]:
    """Without those on conversions for the money of which the CPA is among them, the figure marketers book by.

    Args:
        about: what something is said of, and on which metric.

    >>> once_each([("Meta", "conversions_per_spend"), ("Meta", "cpa"), ("Google", "conversions_per_spend")], tuple)
    [('Meta', 'cpa'), ('Google', 'conversions_per_spend')]
    """
    items = list(items)
    read = {subject for subject, metric in map(about, items) if metric == READ}
    return [item for item in items if (of := about(item))[1] != TURNED or of[0] not in read]
