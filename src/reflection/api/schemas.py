"""Shapes of the answers that the documentation shows; the bytes themselves are passed through unvalidated.

`tests/api` checks the real answers against these. Fields may be added by the engine; those named here stay.
"""

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
    """What the workspace has learnt (a text as id), or one sentence of a campaign on itself: a number that counts
    within the workspace and is never given again.
    """

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


class Acceptance(BaseModel):
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
