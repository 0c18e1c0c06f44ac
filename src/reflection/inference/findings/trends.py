"""Platform trends: platforms whose rates moved over time, by how much, and when.

Reads the random-walk steps of the fits. A trend is reported when a step is a discovery (false_discovery.py: platforms
that move must explain the metric better than platforms that stand still, at every look together) and the whole change
since before it, with its 90 % interval, excludes "no change". Its false-sign rate is the larger of both.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.effect import Effect, Trend, WearOut
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.findings.over_time import over_time
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.over_time import drift


def trend_findings(fitted: FittedMetrics, floor: EvidenceFloor = FLOOR) -> list[Finding]:
    """Every platform x metric that moved beyond noise, with events enough before and since."""
    platforms = sorted({f.level for f in fitted.layout.features if f.group == signals.PLATFORM})
    findings = []
    for metric in fitted.metrics:
        effects, discoveries = fitted.raw_effects(metric), fitted.discoveries(metric)
        for level in platforms:
            path = drift.path(effects, signals.PLATFORM, level, discoveries)
            if path is not None and path.changes:
                finding = _finding(fitted, metric, level, path, floor)
                if finding is not None:
                    findings.append(finding)
    return findings


def with_trends(effects: Iterable[Effect], findings: Iterable[Finding]) -> tuple[Effect, ...]:
    """The effects, each with how it moved where a finding says so."""
    moved = {(f.signal_key, f.metric): f for f in findings if f.metadata.get("kind") == "drift"}
    return tuple(
        replace(effect, trend=_trend(finding), wear_out=_wear_out(finding))
        if (finding := moved.get((effect.signal, effect.metric))) is not None
        else effect
        for effect in effects
    )


def _trend(finding: Finding) -> Trend:
    pace = finding.metadata.get("a_month", {})
    return Trend(
        since=finding.first_seen or "",
        change=finding.effect or 1.0,
        interval=finding.interval or (1.0, 1.0),
        lfsr=1.0 if finding.lfsr is None else finding.lfsr,
        a_month=pace.get("lift"),
        a_month_interval=tuple(pace["interval"]) if pace else None,
        ongoing=finding.metadata.get("ongoing"),
    )


def _wear_out(finding: Finding) -> WearOut | None:
    worn = finding.metadata.get("wear_out")
    return None if worn is None else WearOut(**worn)


def _finding(fitted: FittedMetrics, metric: str, level: str, path: drift.Path, floor: EvidenceFloor) -> Finding | None:
    before = int(np.flatnonzero(path.buckets == path.changes[0])[0]) - 1
    effects, since_bucket = fitted.raw_effects(metric), int(path.buckets[before])
    change, low, high = drift.change(effects, signals.PLATFORM, level, since_bucket)
    interval = (math.exp(low), math.exp(high))
    if interval[0] <= 1.0 <= interval[1]:
        return None
    lift, days = math.exp(change), fitted.design.bucket_days
    key = signals.Signal(signals.PLATFORM, level)
    dates = [day_text(bucket * days) for bucket in path.changes]
    campaigns = fitted.table.campaigns
    here = campaigns.platform_key == key.key
    since = here & (campaigns.day >= path.changes[0] * days)
    if not reaches_floor(fitted, metric, floor, since, here & ~since):
        return None
    probability = drift.probability_of_sign(effects, signals.PLATFORM, level, since_bucket)
    lfsr = max(1 - probability, *path.rates)
    return over_time(
        fitted.table,
        metric,
        lift,
        interval,
        lfsr,
        since,
        finding_id=finding_id("platform_trend", key.key, metric, dates[0]),
        title=f"{key.label}: {METRICS[metric].label} {rounded_lift(lift)} since {dates[0]}",
        description=(
            f"{METRICS[metric].label} on {level} moved by {rounded_lift(lift)} since {dates[0]} "
            f"(90 % interval {rounded_lifts(interval)}), beyond what audiences and creatives explain."
        ),
        signal_key=key.key,
        evidence_count=campaigns.number_of_real(here),
        metadata={
            "kind": "drift",
            "label": key.label,
            "change_points": dates,
            "bucket_days": days,
            "path": [
                {"bucket": int(b), "lift": math.exp(m), "interval": [math.exp(lo), math.exp(hi)]}
                for b, m, lo, hi in zip(path.buckets, path.mean, path.low, path.high, strict=True)
            ],
        },
        probability=probability,
        first_seen=dates[0],
    )
