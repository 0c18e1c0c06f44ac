"""What people wrote down and figures show: since the price change on a day, during a promotion.

Told under the control of findings: events must explain the metric better than none at every look together, this one be
a discovery among them with a 90 % interval that excludes "no change", and not go with a signal that came or went on the
same days: then nobody can tell which of them it was. Must not know how a step is fitted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.events import EventKind
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.domain.weights import Interval
from reflection.explain.formatting import plain_name, rounded_lift, rounded_lifts
from reflection.inference.columns.events import EVENT, LearntEvent, in_scope, while_it_held
from reflection.inference.findings.coincidence import Coincidence
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.over_time import drift
from reflection.stats.quantiles import limits

_NAMES: Mapping[EventKind, str] = {
    "promotion": "promotion",
    "price": "price change",
    "tracking": "tracking change",
    "site": "change of the site",
    "stock": "change of stock",
    "season": "season",
    "other": "event",
}


@dataclass(frozen=True, eq=False)
class EventEffect:
    """What an event did to one metric.

    Attributes:
        name: the event in words, with its days and its scope: ``the price change on 2026-03-12 on Meta``.
        effect, interval: lift while it held against the rest of the time. lfsr: false-sign rate.
        here: campaigns in its scope that mostly ran while it held. reason: why it is no finding; None where it is one.
    """

    learnt: LearntEvent
    name: str
    metric: str
    effect: float
    interval: Interval
    lfsr: float
    here: NDArray[np.bool_]
    reason: str | None


def name_of(learnt: LearntEvent, spellings: Mapping[str, str]) -> str:
    """An event in words, with its days and its scope; `spellings` as of knowledge."""
    event, scope = learnt.event, ""
    if learnt.signal is not None:
        level, of_platform = signals.level_text(learnt.signal, spellings), learnt.signal.startswith(signals.PLATFORM)
        scope = f" {'on' if of_platform else 'for'} {level}"
    days = f"on {event.day}" if event.until is None else f"from {event.day} to {event.until}"
    return f"the {_NAMES[event.kind]} {days}{scope}"


class EventEffects:
    """The events of one fit."""

    def __init__(
        self, fitted: FittedMetrics, floor: EvidenceFloor = FLOOR, spellings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._fitted, self._floor, self._spellings = fitted, floor, spellings
        self._coincidence = Coincidence(fitted.table)
        self.by_metric = {
            metric: [self._effect(one, metric) for one in fitted.design.events.entries]
            for metric, fit in fitted.metrics.items()
            if drift.drift_group(EVENT) in fit.fit.log_step_factors
        }

    def findings(self) -> list[Finding]:
        """Those that may be told."""
        return [self._finding(one) for own in self.by_metric.values() for one in own if one.reason is None]

    def as_diagnostics(self) -> list[dict[str, Any]]:
        """{event_id, name, text, metric, effect, interval, lfsr, finding, reason, campaigns} by metric and event.

        Where no metric goes with events at all, one of each, without a metric, says so.
        """
        if not self.by_metric:
            return [self._silent(one) for one in self._fitted.design.events.entries]
        return [
            {
                "event_id": one.learnt.event.event_id, "name": one.name, "text": one.learnt.event.text,
                "metric": metric, "effect": one.effect, "interval": list(one.interval), "lfsr": one.lfsr,
                "finding": one.reason is None, "reason": one.reason or "beyond noise", "campaigns": int(one.here.sum()),
            }
            for metric, own in self.by_metric.items()
            for one in own
        ]  # fmt: skip

    def _silent(self, one: LearntEvent) -> dict[str, Any]:
        return {
            "event_id": one.event.event_id, "name": name_of(one, self._spellings), "text": one.event.text,
            "metric": None, "effect": None, "interval": None, "lfsr": None, "finding": False,
            "reason": "no metric moved with it beyond chance",
            "campaigns": int(while_it_held(one, self._fitted.table).sum()),
        }  # fmt: skip

    def _effect(self, learnt: LearntEvent, metric: str) -> EventEffect:
        effects, discoveries = self._fitted.raw_effects(metric), self._fitted.discoveries(metric)
        column = effects.layout.features.index(learnt.feature)
        draws, mean = effects.draws[column].astype(np.float64), float(effects.mean[column])
        low, high = (float(limit[0]) for limit in limits(draws[None]))
        wrong = float((math.copysign(1.0, mean) * draws <= 0).mean())
        scope, here = in_scope(learnt, self._fitted.table), while_it_held(learnt, self._fitted.table)
        clear = bool(discoveries.selected[column]) and not low <= 0.0 <= high
        return EventEffect(
            learnt=learnt,
            name=name_of(learnt, self._spellings),
            metric=metric,
            effect=math.exp(mean),
            interval=(math.exp(low), math.exp(high)),
            lfsr=max(float(discoveries.lfsr[column]), wrong),
            here=here,
            reason=self._reason(learnt, metric, scope, here, clear=clear),
        )

    def _reason(
        self, learnt: LearntEvent, metric: str, scope: NDArray[np.bool_], here: NDArray[np.bool_], *, clear: bool
    ) -> str | None:
        """Why an event is no finding; `clear`: it is beyond chance."""
        beside = [*(f'"{plain_name(one.text)}"' for one in learnt.same), *self._coincidence.companions(here, scope)]
        if beside:
            return f"cannot be told from {', '.join(beside)}, which came or went on the same days"
        if not clear:
            return "not enough evidence"
        if not reaches_floor(self._fitted, metric, self._floor, here, scope & ~here):
            return "not enough evidence: too few events while it held, or else"
        return None

    def _finding(self, one: EventEffect) -> Finding:
        label, event = METRICS[one.metric].label, one.learnt.event
        since = "Since" if one.learnt.lasting else "During"
        side = "above" if one.effect > 1 else "below"
        return over_time(
            self._fitted.table,
            one.metric,
            one.effect,
            one.interval,
            one.lfsr,
            one.here,
            finding_id=finding_id("event", event.event_id, one.metric),
            title=f"{since} {one.name}: {label} {rounded_lift(one.effect)}",
            description=(
                f"{since} {one.name} ({plain_name(event.text)}): {label} {abs(100 * (one.effect - 1)):.0f} % {side} "
                f"the rest of the time, other things being equal (90 % interval {rounded_lifts(one.interval)})."
            ),
            signal_key=f"event:{event.event_id}",
            metadata={"kind": EVENT, "label": one.name, "event_id": event.event_id, "event": event.kind},
        )
