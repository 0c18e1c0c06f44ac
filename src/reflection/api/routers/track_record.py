"""GET /v1/track-record: were we right?"""

from fastapi import Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.router import Router
from reflection.stats.honesty.scoring_rules import ReliabilityBin

router = Router(prefix="/v1/track-record", tags=["planning"])


class CoverageMonth(BaseModel):
    """How many 90 % intervals of one issuer and metric held, of the campaigns of one month."""

    issuer: str
    metric: str
    month: str = Field(description="of the campaigns' timestamps (UTC), such as 2026-03")
    n: int
    held: int


class IssuerScore(BaseModel):
    """How the forecasts of one issuer for one metric met their outcomes; errors are of logarithms."""

    issuer: str
    metric: str
    platform: str | None = Field(description="null for all platforms together")
    n: int
    bias: float | None = Field(description="mean of outcome minus forecast: above 0, more came than was foretold")
    mae_log: float | None
    coverage: dict[str, float | None] = Field(description="share of outcomes in the 50, 80 and 90 % intervals")
    crps: float | None
    crps_skill: float | None = Field(description="1 is perfect, 0 as good as the mean of what came before")


class Probabilities(BaseModel):
    """How often what was given a probability came true."""

    issuer: str
    claim: str
    metric: str
    n: int
    brier: float
    brier_base_rate: float
    bins: list[ReliabilityBin]


class FindingsRecord(BaseModel):
    """How many learnings that were once established still hold."""

    n: int
    replicated: float | None
    promised: float | None
    states: dict[str, int]
    reason: str | None


class FollowedAdvice(BaseModel):
    """One campaign that followed a recommendation; what was foretold and measured are lifts."""

    recommendation_id: str | None
    campaign_id: str | None
    matched: str | None
    predicted: float
    measured: float
    signal: str | None
    lane: str | None
    metric: str
    held_90: bool | None


class AdviceRecord(BaseModel):
    """What following advice was predicted to bring, and what was measured."""

    n: int
    predicted_lift: float | None = None
    measured_lift: float | None = None
    measured_interval: list[float] | None = None
    same_direction: float | None = None
    coverage_90: float | None = None
    reason: str
    recent: list[FollowedAdvice]


class HoldbackRecord(BaseModel):
    """The effect of giving advice, from campaigns held back from it at random."""

    metric: str
    assigned: int
    n: int
    treated: int
    lift: float | None
    interval: list[float] | None
    evaluable: bool
    reason: str | None


class TrackRecord(BaseModel):
    """The scoreboard of everybody who forecasts; None where something is not evaluable, with the reason beside it."""

    issuers: list[IssuerScore]
    over_time: list[CoverageMonth]
    probabilities: list[Probabilities]
    findings: FindingsRecord
    advice: AdviceRecord
    holdback: HoldbackRecord
    as_of: str | None
    pending: int
    campaigns: int


@router.get("", summary="The scoreboard", response_model=TrackRecord)
def track_record(application: ApplicationPart, workspace: Workspace) -> Response:
    """Bias, coverage and skill per issuer, reliability of probabilities, replication of findings, worth of advice."""
    return json_response(application.recommendations.track_record(workspace=workspace))
