"""The cheapest next campaign that would settle the most valuable open question.

Open questions are signals whose effect on the goal is not beyond noise; the most valuable is the widest one that money
rides on. The proposed test shows it side by side with the most used alternative of its group in one campaign, because
cells of one campaign share everything else and so settle more per currency unit. The change of the interval is known
before the test is run (learning/information.py). Must not know stores.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from reflection.domain import signals
from reflection.domain.knowledge import Effect
from reflection.domain.metrics import METRICS, as_read
from reflection.domain.results import NextTest
from reflection.inference.dataset import feature_of
from reflection.inference.fit import FittedMetrics
from reflection.stats.columns import INTERCEPT
from reflection.stats.design import Design, Stratum
from reflection.stats.expected_information import sd_after

MOST_CANDIDATES = 40
WHOLE_CAMPAIGN = (signals.PLATFORM, signals.OBJECTIVE)
WORTH_RUNNING = 0.97
"""A test that leaves more than this share of the interval's width settles nothing."""


def propose(
    fitted: FittedMetrics, effects: tuple[Effect, ...], goal: str, spelt: Mapping[str, str] | None = None
) -> NextTest | None:
    """The next test, or None where nothing is open, or no single campaign would settle anything.

    Args:
        spelt: how campaigns spell their signals.
    """
    if goal not in fitted.names():
        return None
    open_questions = [e for e in effects if e.metric == goal and not e.finding and _testable(e, fitted)]
    ranked = sorted(open_questions, key=lambda e: (-_value(e), e.signal))[:MOST_CANDIDATES]
    spend = _usual_spend(fitted)
    tests = [(effect, *_contrast(fitted, effect, effects, spend, goal)) for effect in ranked]
    useful = [test for test in tests if test[2] < WORTH_RUNNING]
    if not useful:
        return None
    effect, partner, ratio = max(useful, key=lambda test: (_value(test[0]) * (1 - test[2]), test[0].signal))
    labels = [signals.label_of(one.signal, spelt or {}) for one in (effect, partner) if one is not None]
    return _described(effect, labels, ratio, spend, fitted.table.currency, goal)


def _testable(effect: Effect, fitted: FittedMetrics) -> bool:
    column = fitted.layout.column(feature_of(effect.signal))
    return column is not None and bool(fitted.layout.identifiable[column]) and "*" not in effect.group


def _value(effect: Effect) -> float:
    """Width of what is not known, times the root of the money that rides on it."""
    return math.log(effect.interval[1] / effect.interval[0]) * math.sqrt((effect.spend or 0.0) + 1.0)


def _contrast(
    fitted: FittedMetrics, effect: Effect, effects: tuple[Effect, ...], spend: float, goal: str
) -> tuple[Effect | None, float]:
    """The alternative to show beside the signal (None: a campaign of its own), and what is left of the interval."""
    if effect.group in WHOLE_CAMPAIGN:
        own = Design.of([{INTERCEPT: 1.0, feature_of(effect.signal): 1.0}])
        return None, _left(fitted, effect, own, spend, goal, Stratum.BETWEEN)
    others = [e for e in effects if e.metric == goal and e.group == effect.group and e.signal != effect.signal]
    others = [e for e in others if _testable(e, fitted) and e.campaigns > 0]
    if not others:
        return None, 1.0
    partner = max(others, key=lambda e: (e.campaigns, e.signal))
    half = math.sqrt(0.5)
    side_by_side = Design.of([{feature_of(effect.signal): half, feature_of(partner.signal): -half}])
    return partner, _left(fitted, effect, side_by_side, spend / 2, goal, Stratum.WITHIN)


def _left(fitted: FittedMetrics, effect: Effect, design: Design, spend: float, goal: str, stratum: Stratum) -> float:
    """Ratio of the goal effect's standard deviation after the test to before it."""
    before = after = 0.0
    for name, _ in fitted.parts(goal):
        fit = fitted.metrics[name].fit
        column = fit.layout.column(feature_of(effect.signal)) or 0
        variance = np.array([_noise(fitted, name, spend)])
        before += float(fit.covariance[column, column])
        after += float(sd_after(fit, column, design, variance, stratum=stratum)[0]) ** 2
    return math.sqrt(after / before) if before > 0 else 1.0


def _noise(fitted: FittedMetrics, metric: str, spend: float) -> float:
    """Sampling variance of a log rate in a cell with this spend, from the pooled rates."""
    if metric == "cpm":
        return 0.0
    reference = {name: value.reference for name, value in fitted.metrics.items()}
    impressions = 1000 * spend / reference["cpm"] if "cpm" in reference else 0.0
    clicks = impressions * reference.get("ctr", 0.0)
    events = clicks if metric == "ctr" else clicks * reference.get("cvr", 0.0)
    return 1 / (events + 0.5)


def _usual_spend(fitted: FittedMetrics) -> float:
    spend = fitted.table.by_campaign(fitted.table.spend)
    amounts = spend[np.nan_to_num(spend) > 0]
    return float(np.median(amounts)) if len(amounts) else 0.0


def _described(
    effect: Effect, labels: Sequence[str], ratio: float, spend: float, currency: str | None, goal: str
) -> NextTest:
    center = math.log(effect.effect)
    low, high = (math.exp(center + ratio * (math.log(edge) - center)) for edge in effect.interval)
    label = labels[0]
    money = f"about {spend:,.0f} {currency or ''}".strip()
    how = f"Run one campaign with {label} and {money}"
    if len(labels) > 1:
        pair = " and ".join(labels)
        how = f"Run one campaign that shows {pair} side by side with {money}, half each, and send the breakdown"
    return NextTest(
        signal_key=effect.signal,
        metric=goal,
        question=f"does {label} change {METRICS[as_read(goal, None, None)[0]].label}?",
        description=(
            f"{how}: the 90 % interval of its effect is expected to go from {effect.interval[0]:.2f}-"
            f"{effect.interval[1]:.2f} to {low:.2f}-{high:.2f} (1.00 = average)."
        ),
        spend=spend,
        currency=currency,
        interval_now=effect.interval,
        interval_after=(low, high),
    )
