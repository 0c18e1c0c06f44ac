"""What is told once: CPA and conversions for the money, which are one figure. Must not know what is told of it."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

READ, TURNED = "cpa", "conversions_per_spend"

Told = TypeVar("Told")


def told_once(items: Iterable[Told], about: Callable[[Told], tuple[Hashable, str | None]]) -> list[Told]:
    """Without those on conversions for the money of which the CPA is among them, the figure marketers book by.

    Args:
        about: what something is told of, and on which metric.

    >>> told_once([("Meta", "conversions_per_spend"), ("Meta", "cpa"), ("Google", "conversions_per_spend")], tuple)
    [('Meta', 'cpa'), ('Google', 'conversions_per_spend')]
    """
    items = list(items)
    read = {subject for subject, metric in map(about, items) if metric == READ}
    return [item for item in items if (of := about(item))[1] != TURNED or of[0] not in read]
