"""Findings and effects as people read them: what counts conversions for the money is told as the CPA it is.

Must not know sentences or doors.
"""

from dataclasses import replace

from reflection.domain.knowledge import Effect
from reflection.domain.metrics import as_read
from reflection.domain.results import Finding


def finding_as_read(finding: Finding) -> Finding:
    """The same finding on the metric a reader knows; its lift, interval and plain ratio are turned with it."""
    metric, effect, interval = as_read(finding.metric, finding.effect, finding.interval)
    _, raw, _ = as_read(finding.metric, finding.raw_lift or None, None)
    return replace(finding, metric=metric, effect=effect, interval=interval, raw_lift=raw)


def effect_as_read(effect: Effect) -> Effect:
    """The same effect on the metric a reader knows; its lift, interval and plain ratio are turned with it."""
    metric, lift, interval = as_read(effect.metric, effect.effect, effect.interval)
    _, raw, _ = as_read(effect.metric, effect.raw_lift or None, None)
    return replace(
        effect, metric=metric, effect=lift or effect.effect, interval=interval or effect.interval, raw_lift=raw
    )
