"""Shapes of the answers that the documentation shows; the bytes themselves are passed through unvalidated.

`tests/api` checks the real answers against these. Fields may be added by the engine; those named here stay.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from reflection.domain.campaign_list import CampaignState

PENDING = Field(description="campaigns of the workspace that the fit of `as_of` has not taken in yet")
INTERVAL = Field(min_length=2, max_length=2, description="[low, high], 90 % credible interval")


class LearningMark(BaseModel):
    """A learning that an item rests on, as it is believed now; `effect` and `interval` (90 %) are lifts."""

    id: str
    state: Literal["emerging", "established", "contested", "superseded", "retired"]
    text: str
    metric: str
    context: str
    effect: float
    interval: list[float] = INTERVAL
    campaigns: float
    since: str | None
    until: str | None
    reason: str


class InsightRow(BaseModel):
    """What the workspace has learnt (a text as id), or one sentence of a campaign on itself (a number)."""

    id: int | str
    campaign_id: str
    kind: Literal["key_learning", "recommendation", "anomaly"]
    content: str
    priority: float
    created_at: str
    state: str | None
    learnings: list[LearningMark]
    known_as_of: str | None = Field(description="instant of the fit that what is known is told from")
    pending: int = PENDING


class InsightPage(BaseModel):
    """A page of insights, the most important first."""

    items: list[InsightRow]
    next_cursor: str | None
    as_of: str | None
    pending: int = PENDING


class PatternRow(BaseModel):
    """One stored finding."""

    id: int | str
    campaign_id: str | None
    category: str
    signal_key: str
    summary: str
    impact_score: float
    created_at: str
    state: str | None = Field(description="of the learning; `descriptive` for a grouping; null without a learning")
    learnings: list[LearningMark]
    known_as_of: str | None = Field(description="instant of the fit that what is known is told from")
    pending: int = PENDING


class PatternPage(BaseModel):
    """A page of patterns, the largest impact first."""

    items: list[PatternRow]
    next_cursor: str | None
    as_of: str | None
    pending: int = PENDING


class Recommendations(BaseModel):
    """What to plan next, and what it rests on."""

    generated_at: str
    recommendations: list[str]
    top_signals: list[dict[str, Any]]
    similar_campaigns: list[dict[str, Any]]
    no_longer: list[dict[str, Any]] = Field(description="signals whose effect on the goal holds no longer")
    goal: str | None = Field(description="kind of conversion it is about; null where all campaigns count the same")
    goals: list[dict[str, Any]] = Field(description="the same of every other goal: cards, recommendations, top signals")
    as_of: str | None
    pending: int = PENDING


class EffectTrend(BaseModel):
    """How an effect moved, under the same control as findings."""

    since: str = Field(description="first day of the change")
    change: float = Field(
        description="its level now over that of then: of a platform against its own, of all else against its kind"
    )
    interval: tuple[float, float] = Field(description="90 % interval of the change")
    lfsr: float = Field(description="local false-sign rate of the change")
    a_month: float | None = Field(description="lift of thirty days at its present pace; null of platforms, which jump")
    a_month_interval: tuple[float, float] | None
    ongoing: bool | None = Field(description="whether it surely still goes on; null of platforms")


class EffectRow(BaseModel):
    """The effect of one signal on one metric, as a multiplicative lift: 1.0 is none."""

    signal: str
    label: str = Field(description="the signal as campaigns spell it")
    group: str
    metric: str
    raw_lift: float | None
    effect: float
    interval: list[float] = INTERVAL
    probability: float = Field(description="that the effect has this direction")
    lfsr: float = Field(description="local false-sign rate")
    campaigns: float = Field(description="effective number of campaigns")
    spend: float | None
    finding: bool = Field(description="whether it may be called one")
    identified: bool = Field(description="whether the evidence can tell it from the effects of other things")
    reason: str = Field(description="why it is no finding, or what it cannot be told from")
    goal: str | None = Field(description="the kind of conversion it rests on, where the workspace has several")
    real_campaigns: int = Field(description="real campaigns it was seen in")
    rows: int = Field(description="rows of evidence it was seen in, of a breakdown ad rows")
    events: float = Field(description="events of the metric counted with it")
    within: str | None = Field(description="the one real campaign it was seen in, where it is beyond noise there")
    grade: str = Field(description="`randomised` where experiments tested it, else `observed`: an association")
    experiments: list[str] = Field(description="ids of the experiments that tested it, or a part of it")
    trend: EffectTrend | None = Field(
        description="how it moved, where that is beyond chance; `effect` is its level on the last day all the same"
    )
    same_as: list[str] = Field(description="signals that always came together with it, whose effect is the same")


class IntervalCheck(BaseModel):
    """Whether the 90 % intervals of one metric hold campaigns, each predicted from all the others."""

    campaigns: int = Field(description="how many were left out, one at a time; at most 1,000")
    coverage_90: float = Field(description="share of them within their 90 % interval; .90 is right")
    z_sd: float = Field(description="standard deviation of their standardised errors; 1 is right")
    widening: float = Field(1.0, description="by how much every interval was widened for it; 1 is not at all")


class SizeEffect(BaseModel):
    """What goes with a campaign's planned size, the signals being equal."""

    doubling: float = Field(description="lift of campaigns planned with twice the impressions; 1.0 = none")
    interval: tuple[float, float] = Field(description="90 % interval")


class Trust(BaseModel):
    """How far what is observed can be trusted: the factor by which randomised experiments confirm it."""

    factor: float | None = Field(description="1: as observed; .5: half of it; null where too few experiments say it")
    interval: tuple[float, float] | None = Field(description="90 % interval")
    experiments: int = Field(description="comparisons, or studies, that say it")
    reason: str | None = Field(description="why there is no factor")


class Waiting(BaseModel):
    """Campaigns whose attribution window was open at the fit: CPM and CTR are learnt, what conversions make waits."""

    campaigns: int
    first: date = Field(description="the day the first of them is complete, and learning goes on by itself")
    last: date = Field(description="the day the last of them is")


class EffectsPage(BaseModel):
    """A page of effects, as of one fit."""

    items: list[EffectRow]
    next_cursor: str | None = None
    as_of: str | None
    epoch: int
    findings: int = Field(description="how many of those that match the filters hold beyond chance")
    not_evidence: int = Field(description="how many of those that match cannot be told from chance")
    campaigns: int = Field(description="how many the fit rests on")
    reason: str | None = Field(description="why there are no effects")
    pending: int = PENDING
    calibration: dict[str, IntervalCheck | None] = Field(
        description="of CPM, CTR, CVR and AOV, whatever the filters; "
        "null where fewer than 20 campaigns could say, or the fit has more than 600 columns"
    )
    spread: tuple[float, float] | None = Field(
        description="the normal spread: CPA of nine in ten campaigns as multiples of what their signals explain; "
        "a budget inefficiency lies beyond it"
    )
    size: dict[str, SizeEffect] = Field(
        description="of CTR and CVR, whatever the filters; effects are those at the usual size; "
        "empty where all campaigns were planned alike"
    )
    goals: list[str] = Field(description="kinds of conversion that are learnt apart, the largest spend first")
    waiting: Waiting | None = Field(description="whose conversions still come in; null where nothing waits")
    approximate: str | None = Field(
        description="what the fit left out, because the campaigns say more than one fit can take in; null: nothing"
    )
    trust: Trust | None = Field(
        description="of differences that campaigns show, how much experiments find; null where none was learnt from"
    )
    attribution: dict[str, Trust] = Field(
        description="of conversions that platforms claim, how much lift and geo studies find: `all`, and by platform"
    )


class CampaignResidual(BaseModel):
    """What one campaign did beyond what everything but the signal explains, on a logarithmic scale."""

    campaign_id: str
    day: str
    residual: float
    sd: float = Field(description="its standard error: within twice that it speaks neither for nor against")
    observed: float
    expected: float


class SignalEvidence(BaseModel):
    """The campaigns for and against one signal's effect."""

    signal: str
    metric: str
    effect: EffectRow | None = Field(description="null where nothing is learnt of it")
    supporting: list[CampaignResidual]
    contradicting: list[CampaignResidual]
    neither: list[CampaignResidual]
    held: list[str] = Field(description="campaigns with it that are held, as they look like a fault of tracking")
    as_of: str | None
    pending: int = PENDING


class Accepted(BaseModel):
    """Whether a campaign that looks like a fault of tracking takes part in the learning all the same."""

    campaign_id: str
    accepted: bool
    learning: Literal["pending", "held", "learnt"]
    note: str | None = Field(description="why it is held, or why nothing changed")


class ListedCampaign(BaseModel):
    """A stored campaign in a list; figures are its facts, null where they were not given."""

    campaign_id: str
    name: str = Field(description="what people call it; its id where nobody said")
    unit_id: str
    account_id: str | None
    platform: str
    objective: str
    conversion_kind: str | None = Field(description="what it counts: stated, or named by its objective")
    timestamp: str
    currency: str | None
    spend: float | None
    conversions: float | None
    revenue: float | None
    cpa: float | None
    roas: float | None
    verdict: str | None = Field(description="against its forecast when it was last analysed")
    performance_score: float | None
    state: CampaignState
    reason: str | None = Field(description="why it is held")
    revision: int


class CampaignPage(BaseModel):
    """A page of campaigns, the newest first."""

    items: list[ListedCampaign]
    next_cursor: str | None
    as_of: str | None
    pending: int = PENDING
    held: int = Field(description="how many campaigns of the workspace are held out of learning")


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ProblemKind(BaseModel):
    """What one `type` of problem means."""

    code: str
    title: str
    status: int
    meaning: str
