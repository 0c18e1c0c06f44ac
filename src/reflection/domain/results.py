"""What the engine says back: comparison, findings, insights, recommendations, as plain values.

Only shapes, no computation, no I/O. Field names are the contract with existing clients (the specification's). Every
value is JSON-able as it stands; None means "cannot be said", never zero. Intervals are ``[low, high]``, 90 % credible.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from reflection.domain.grade import Grade
from reflection.domain.next_test import NextTest
from reflection.domain.weights import Interval, Weights

Category = Literal[
    "winning_audience",
    "high_performing_creative",
    "budget_inefficiency",
    "cross_platform_pattern",
    "platform_trend",
    "cluster",
]
"""The level of a platform or an objective is a ``cross_platform_pattern``; a ``platform_trend`` is a dated change."""

Verdict = Literal["better", "worse", "mixed", "noise", "same", "unclear", "held"]
"""``held``: kept out of learning and of totals, because the figures look like a fault of tracking."""

InsightKind = Literal["key_learning", "recommendation", "anomaly"]
ESTABLISHED, DESCRIPTIVE = "established", "descriptive"
"""Values of `Finding.status`."""


@dataclass(frozen=True, slots=True)
class Rates:
    """KPIs of one side (forecast or fact); money KPIs in the campaign's currency."""

    ctr: float | None
    cvr: float | None
    cpa: float | None
    roas: float | None
    cpm: float | None = None
    cpc: float | None = None
    aov: float | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """One KPI, forecast against fact.

    `pct_diff` is in per cent of the expected value. `interval` is that of the actual value: counting noise and, once
    learnt, the scatter between campaigns. It alone decides: `beyond_noise` where the expected value lies outside, None
    where there is no interval. `z` is the log ratio in standard errors of that interval.
    """

    expected: float | None
    actual: float | None
    pct_diff: float | None
    favorable: bool | None
    interval: Interval | None = None
    z: float | None = None
    beyond_noise: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """The part of a KPI's change that one factor explains (LMDI); `displayed` values add up to the displayed change.

    `interval` is that of the part: it holds 0 where the factor's own change is noise.
    """

    factor: str
    expected: float
    actual: float
    contribution: float
    displayed: float
    z: float | None
    beyond_noise: bool
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Why one KPI moved: `actual - expected` is the sum of the drivers' contributions, exactly."""

    kpi: str
    expected: float
    actual: float
    drivers: tuple[Driver, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Forecast against fact of one campaign (`comparison_report`).

    `basis` says what the expected figures are (`domain.basis.BASES`): ``forecast``, a reference such as
    ``account-average`` or ``month-before``, or ``no-forecast``, where nothing is compared. `verdict` is that on cost
    and return together; None where neither can be compared.
    `performance_score` is None where a count it is made of is not known, and `score_reason` says which.
    `expected_counts` and `actual_counts` are what the rates were made of; empty where nothing is compared or stored.
    `real_campaign` is equal for the rows of one real campaign; `planner` and `day` are its own (`Campaign.planner`,
    `Campaign.timestamp`), so are `platform` and `ran`, its first and last day where it gives both. Each is None
    where it was stored before comparisons carried it.
    """

    campaign_id: str
    generated_at: str
    expected_rates: Rates
    actual_rates: Rates
    deltas: dict[str, Delta]
    performance_score: float | None
    summary: tuple[str, ...]
    drivers: tuple[Decomposition, ...] = ()
    flags: tuple[str, ...] = ()
    breakdown_coverage: float | None = None
    currency: str | None = None
    score_reason: str | None = None
    basis: str = "forecast"
    verdict: Verdict | None = None
    conversion_kind: str | None = None
    campaign_name: str | None = None
    expected_counts: dict[str, float | None] = field(default_factory=dict)
    actual_counts: dict[str, float | None] = field(default_factory=dict)
    real_campaign: str | None = None
    planner: str | None = None
    day: str | None = None
    platform: str | None = None
    ran: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern that is beyond noise, with everything it rests on.

    `effect` is a multiplicative lift on `metric` (1.0 = average). `lfsr` is the local false-sign rate; findings are
    selected so that the expected share of false ones is at most 10 %. `status` is ``established``, or ``descriptive``
    for a grouping that describes the past and is no discovery. `goal` is the kind of conversion of the campaigns it is
    about, None where the workspace has one goal.
    """

    finding_id: str
    category: Category
    title: str
    description: str
    signal_key: str
    impact_score: float
    evidence_count: int
    metadata: dict[str, Any]
    metric: str
    direction: Literal["favorable", "unfavorable"]
    effect: float | None
    interval: Interval | None
    probability: float | None
    lfsr: float | None
    raw_lift: float | None
    effective_campaigns: float
    spend: float | None
    supporting: tuple[str, ...]
    contradicting: tuple[str, ...]
    grade: Grade = "observed"
    first_seen: str | None = None
    last_confirmed: str | None = None
    status: str = "established"
    goal: str | None = None

    @property
    def against(self) -> int:
        """How many campaigns speak against it; of an effect `contradicting` names at most fifty of them."""
        sides = self.metadata.get("also", {}).get(self.metric, self.metadata).get("sides")
        return len(self.contradicting) if sides is None else int(sides[1])

    @property
    def descriptive(self) -> bool:
        """Whether it describes the past and is no discovery: nothing may be recommended or promised from it."""
        return self.status == DESCRIPTIVE


@dataclass(frozen=True, slots=True)
class PatternReport:
    """The findings that concern one campaign (`pattern_report`), and why there are none where there are none."""

    campaign_id: str
    generated_at: str
    pattern_report: tuple[Finding, ...]
    winning_audiences: tuple[Finding, ...]
    high_performing_creatives: tuple[Finding, ...]
    budget_inefficiencies: tuple[Finding, ...]
    platform_trends: tuple[Finding, ...]
    clusters: tuple[Finding, ...]
    auto_tags: tuple[str, ...]
    reason: str | None = None
    next_test: NextTest | None = None
    as_of: str | None = None
    epoch: int = 0


TOLD_FROM_KNOWLEDGE = (
    "finding:", "recommendation:", "effect:", "learnt", "next_test", "flag:no_findings", "flag:suspected",
)  # fmt: skip
"""How the evidence ids begin that rest on what a workspace knew when a sentence was written: such sentences age."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence and what it rests on: evidence ids such as ``delta:cpa``, ``driver:cpa:ctr``, ``finding:<id>``."""

    kind: InsightKind
    text: str
    evidence: tuple[str, ...]
    priority: float
    source: str = "deterministic"


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One of the five lines that are read first: the question it answers, and the evidence ids it rests on."""

    question: Literal["happened", "why", "next", "certainty", "money"]
    label: str
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Insights:
    """What the numbers mean, in words. `source` is ``deterministic``, the model's name, or ``mixed``.

    `summary` says it in five lines; `narrative_summary` is their text, a line each. `as_of` is the instant of the fit
    that they speak of.
    """

    narrative_summary: str
    key_learnings: tuple[str, ...]
    recommendations: tuple[str, ...]
    anomalies: tuple[str, ...]
    source: str
    statements: tuple[Statement, ...] = ()
    rejected: tuple[str, ...] = ()
    summary: tuple[SummaryLine, ...] = ()
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class SimilarCampaign:
    """A neighbour from memory: why it is similar (`metadata["why"]`) and how it did (`metadata["outcome"]`)."""

    document_id: str
    campaign_id: str
    score: float
    summary: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """What was really kept, and where."""

    sqlite_saved: bool
    vector_saved: bool
    output_path: str
    revision: int
    replaced: bool
    learning: Literal["pending", "held"]
    index: str = "lexical"
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer to one campaign.

    `known_as_of` is the instant of the fit from which patterns, insights and weights are told; a stored answer that is
    read again is told from the last one.
    """

    comparison_report: Comparison
    pattern_report: PatternReport
    insights: Insights
    weights: Weights
    similar_campaigns: tuple[SimilarCampaign, ...]
    stored_memory: StoredMemory
    as_of: str | None = None
    epoch: int = 0
    pending: int = 0
    notes: tuple[str, ...] = field(default=())
    known_as_of: str | None = None
