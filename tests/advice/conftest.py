"""A workspace's knowledge made to order, for everything that advises from it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.domain.results import Finding, NextTest, SignalWeight

REFERENCE = {"cpm": 0.01, "ctr": 0.02, "cvr": 0.05, "aov": 40.0}
"""CPM 10 per 1,000, CTR 2 %, CVR 5 %, AOV 40: CPA 10, ROAS 4."""

Maker = Callable[..., Knowledge]


def _finding(signal: str, metric: str, effect: float) -> Finding:
    return Finding(
        finding_id=f"f-{signal}", category="platform_trend", title="", description="", signal_key=signal,
        impact_score=1.0, evidence_count=6, metadata={}, metric=metric,
        direction="favorable" if effect > 0 else "unfavorable", effect=float(np.exp(effect)), interval=None,
        probability=0.99, lfsr=0.01, raw_lift=None, effective_campaigns=12.0, spend=6000.0,
        supporting=("c2", "c1"), contradicting=("c9",),
    )  # fmt: skip


def _effect(signal: str, metric: str, mean: float, sd: float, finding: bool) -> Effect:
    low, high = np.exp(mean - 1.645 * sd), np.exp(mean + 1.645 * sd)
    return Effect(
        signal=signal, group=signal.partition(":")[0], metric=metric, raw_lift=float(np.exp(mean * 1.5)),
        effect=float(np.exp(mean)), interval=(float(low), float(high)), probability=0.9, lfsr=0.01 if finding else 0.3,
        campaigns=12.0, spend=6000.0, finding=finding, reason="" if finding else "few campaigns",
    )  # fmt: skip


def _knowledge(
    effects: Mapping[str, tuple[float, float, bool]],
    *,
    metric: str = "roas",
    sigma: float = 0.1,
    draws: int = 1000,
    **changes: Any,
) -> Knowledge:
    """`effects`: signal -> (mean log lift, standard deviation, is a finding); all of it sits in the CVR."""
    features = tuple(sorted(effects))
    posteriors = {}
    for part, reference in REFERENCE.items():
        rng = np.random.default_rng(len(part) + ord(part[0]))
        matrix = np.zeros((1 + len(features), draws), dtype=np.float32)
        matrix[0] = rng.normal(0, 0.02, draws)
        if part == "cvr":
            for row, key in enumerate(features, start=1):
                mean, sd, _ = effects[key]
                matrix[row] = rng.normal(mean, sd, draws)
        tau = {key.partition(":")[0]: 0.2 for key in features}
        posteriors[part] = MetricPosterior(features, matrix, sigma, tau, reference)
    known = {
        "epoch": 3, "seq": 40, "as_of": "2026-03-01T00:00:00+00:00", "campaigns": 40, "goal_metric": metric,
        "currency": "EUR", "reason": None, "posteriors": posteriors,
        "effects": tuple(_effect(key, metric, *effects[key]) for key in features),
        "findings": tuple(_finding(key, metric, effects[key][0]) for key in features if effects[key][2]),
        "weights": tuple(
            SignalWeight(key, float(np.exp(effects[key][0])), 3, 1, "2026-03-01T00:00:00+00:00", (0.5, 2.0), None, 12.0)
            for key in features
        ),
    }  # fmt: skip
    return Knowledge(**{**known, **changes})


@pytest.fixture
def make_knowledge() -> Maker:
    """Make a `Knowledge` from {signal: (mean log lift, sd, is a finding)}."""
    return _knowledge


@pytest.fixture
def knowledge() -> Knowledge:
    """Video works, image does not, Google is promising, age 45+ is open; video differs on Meta."""
    return _knowledge(
        {
            "platform:meta": (-0.05, 0.1, False),
            "platform:google": (0.15, 0.15, False),
            "objective:leads": (0.3, 0.05, True),
            "creative.type:video": (0.3, 0.08, True),
            "creative.type:image": (-0.3, 0.08, True),
            "audience.age:45+": (-0.02, 0.12, False),
            "platform*creative.type:meta*video": (0.1, 0.1, False),
        }
    )


@pytest.fixture
def next_test() -> NextTest:
    """The cheapest next campaign, as the learner proposes it."""
    return NextTest("platform:google", "cvr", "?", "Run one campaign on google.", 500.0, "EUR", (0.8, 1.4), (0.9, 1.3))
