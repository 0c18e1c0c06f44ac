"""Findings and effects as people read them: what counts conversions for the money is told as the CPA it is.

Must not know sentences or doors.
"""

from dataclasses import replace
from typing import TypeVar

from reflection.domain.knowledge import Effect
from reflection.domain.metrics import as_read
from reflection.domain.results import Finding

Item = TypeVar("Item", Finding, Effect)


def as_people_read(item: Item) -> Item:
    """The same on the metric a reader knows; its lift, interval and plain ratio are turned with it."""
    metric, lift, interval = as_read(item.metric, item.effect, item.interval)
    _, raw, _ = as_read(item.metric, item.raw_lift or None, None)
    return replace(item, metric=metric, effect=lift or item.effect, interval=interval or item.interval, raw_lift=raw)
