"""Slow changes: what people see or who they are, whose rates rose or fell against the others of its kind.

Reads the ramps of the fits (`inference.columns.walks`) and stands under the same control as the trends of platforms:
the group must explain the metric better moving than standing still at every look together, the change since its
beginning must be a discovery (`stats.over_time.slow_drift.judged_since`), and its 90 % interval must exclude "no
change". Must not know how a walk is fitted.
"""

import math

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.columns.cycle import SINGLE
from reflection.inference.columns.events import EVENT
from reflection.inference.columns.wear import LIFE, MARKET, MONTH, WEAR
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, having, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.over_time import drift, slow_drift
from reflection.stats.sums.columns import Feature

_TOLD_ELSEWHERE = (signals.PLATFORM, EVENT, LIFE, MARKET, WEAR, *SINGLE, *SINGLE.values())

STILL = 0.9
"""Probability of the last part's direction from which a change is said to go on."""


def slow_trend_findings(fitted: FittedMetrics, floor: EvidenceFloor = FLOOR) -> list[Finding]:
    """Every signal x metric that moved against the others of its group, with events enough before and since."""
    findings = []
    for metric in fitted.metrics:
        effects, discoveries = fitted.raw_effects(metric), fitted.discoveries(metric)
        for group in drift.walking(fitted.layout):
            if group in _TOLD_ELSEWHERE:
                continue
            for level, movement in slow_drift.since(effects, group, discoveries).items():
                finding = _finding(fitted, metric, Feature(group, level), movement, floor)
                if finding is not None:
                    findings.append(finding)
    return findings


def _finding(
    fitted: FittedMetrics, metric: str, feature: Feature, movement: slow_drift.Movement, floor: EvidenceFloor
) -> Finding | None:
    interval = (math.exp(movement.low), math.exp(movement.high))
    if interval[0] <= 1.0 <= interval[1]:
        return None
    lift, days, campaigns = math.exp(movement.change), fitted.design.ramp_days, fitted.table.campaigns
    first = int(campaigns.day.min()) + round((movement.bucket - 1) * days)
    here = having(fitted.table, feature)
    later = here & (campaigns.day >= first)
    parts = (here & (campaigns.day < first + days), here & (campaigns.day >= campaigns.day.max() - days))
    if not reaches_floor(fitted, metric, floor, *parts):
        return None
    key, since = signals.Signal(feature.group, feature.level), day_text(first)
    a_month = [math.exp(v * MONTH / days) for v in (movement.last, movement.last_low, movement.last_high)]
    onwards = movement.onwards >= STILL
    return over_time(
        fitted.table,
        metric,
        lift,
        interval,
        movement.rate,
        later,
        finding_id=finding_id("slow_trend", key.key, metric),
        title=f"{key.label}: {METRICS[metric].label} {rounded_lift(lift)} since {since}",
        description=(
            f"{METRICS[metric].label} with {key.label} moved by {rounded_lift(lift)} against the others of its kind "
            f"since {since} (90 % interval {rounded_lifts(interval)})"
            + (f" and still {_verb(lift)}." if onwards else ".")
        ),
        signal_key=key.key,
        evidence_count=campaigns.number_of_real(here),
        metadata={
            "kind": "drift",
            "slow": True,
            "label": key.label,
            "change_points": [since],
            "bucket_days": round(days),
            "a_month": {"lift": a_month[0], "interval": a_month[1:]},
            "ongoing": onwards,
        },
        first_seen=since,
    )


def _verb(lift: float) -> str:
    return "rises" if lift > 1 else "falls"
