"""Shapes of what is answered about effects, as `schemas` are of the rest. Must not know how anything is learnt."""

from datetime import date

from pydantic import BaseModel, Field

from reflection.api.schemas import INTERVAL, PENDING


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


class CreativeWear(BaseModel):
    """How a creative wears out, under the same control as findings."""

    new_on: str = Field(description="first day it ran")
    age_days: int = Field(description="how old it was when it last ran")
    a_month: float = Field(description="lift of thirty days more of age")
    a_month_interval: tuple[float, float]
    change: float = Field(description="lift since it was new")
    interval: tuple[float, float]
    below_average: str | None = Field(
        description="the day it falls, or fell, below what an average creative does now; null: in more than a year"
    )
    below_average_interval: tuple[str | None, str | None] = Field(description="earliest and latest day (90 %)")
    spend: float | None = Field(description="spent on it in thirty days lately; null where no money is known")
    cost: float | None = Field(description="how much of that brings nothing any more, against when it was new")
    cost_interval: tuple[float, float] | None


class MonthlyWear(BaseModel):
    """What a month of age does to every creative, where that is a finding."""

    a_month: float = Field(description="lift of thirty days of age")
    interval: tuple[float, float]
    lfsr: float


class SeasonOfYear(BaseModel):
    """How some months of one year did against the year's average, without what ran then."""

    year: int = Field(description="in which the first of the months lies")
    lift: float
    campaigns: int


class RecurringEffect(BaseModel):
    """What times that come round do to every campaign."""

    name: str = Field(description="the months or weekdays in words")
    effect: float = Field(description="lift against the average of the year, or of the week")
    interval: tuple[float, float] = Field(description="90 % interval")
    lfsr: float = Field(description="local false-sign rate")
    finding: bool = Field(description="whether it is told, under the same control as findings")
    reason: str = Field(description="in which years, or how many weeks, it was seen, or why it is not told")
    campaigns: int = Field(description="campaigns that mostly ran then")
    settled_in: int | None = Field(
        default=None, description="of what is suspected: years, or weeks, more that would tell if all are like these"
    )


class SeasonEffect(RecurringEffect):
    """What a part of the year does to every campaign; learnt from two years of it on."""

    months: list[int] = Field(description="1 to 12, one after the other")
    years: list[SeasonOfYear]


class WeekdayEffect(RecurringEffect):
    """What some days of the week do to every campaign; learnt of what ran for less than a week, or of the daily rows
    of imports."""

    weekdays: list[int] = Field(description="1 is Monday; one after the other")


class EventEffect(BaseModel):
    """What an event that somebody wrote down did to a metric."""

    event_id: str
    name: str = Field(description="what it was, when, and where")
    text: str = Field(description="as it was written down")
    metric: str | None = Field(description="null where no metric goes with any event")
    effect: float | None = Field(description="lift while it held against the rest of the time")
    interval: tuple[float, float] | None = Field(description="90 % interval")
    lfsr: float | None = Field(description="local false-sign rate")
    finding: bool = Field(description="whether it is told, under the same control as findings")
    reason: str = Field(description="why it is not told, or from what it cannot be told")
    campaigns: int = Field(description="campaigns in its scope that mostly ran while it held")


class EffectRow(BaseModel):
    """The effect of one signal on one metric, as a multiplicative lift: 1.0 is none."""

    signal: str
    label: str = Field(description="the signal as campaigns spell it")
    group: str
    metric: str
    raw_lift: float | None
    effect: float | None = Field(
        description="null where it is not `identified`, as are its interval and odds: `reason`"
    )
    interval: list[float] | None = INTERVAL
    probability: float | None = Field(description="that the effect has this direction")
    lfsr: float | None = Field(description="local false-sign rate")
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
    wear_out: CreativeWear | None = Field(description="how a creative wears out, where that is beyond chance")
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


class Delivery(BaseModel):
    """What platforms chose within campaigns that gave one sum for several audiences or creatives."""

    tilt: float = Field(description="a part is shown exp(tilt x its log effect on clicks and conversions) as often")
    interval: tuple[float, float] = Field(description="90 % interval")
    rows: int = Field(description="rows with one sum over several audiences or creatives")
    reason: str = Field(description="what was done about it, in words")


class Trust(BaseModel):
    """How far what is observed can be trusted: the factor by which randomised experiments confirm it."""

    factor: float | None = Field(description="1: as observed; .5: half of it; null where too few experiments say it")
    interval: tuple[float, float] | None = Field(description="90 % interval")
    experiments: int = Field(description="comparisons, or studies, that say it")
    reason: str | None = Field(description="why there is no factor")


class ImmatureCampaigns(BaseModel):
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
    wear: dict[str, MonthlyWear] = Field(
        description="by metric, whatever the filters: what a month of age does to creatives, beyond chance"
    )
    season: dict[str, list[SeasonEffect]] = Field(
        description="by metric, whatever the filters: what the parts of the year do to all campaigns alike; a metric "
        "is here only where most months were seen in two years and the months explain it better than none"
    )
    season_outlook: str | None = Field(
        description="from when on months can be compared, where too few were seen in two years; null where they are"
    )
    weekdays: dict[str, list[WeekdayEffect]] = Field(
        description="by metric, whatever the filters: what days of the week do to all campaigns alike, where rows of "
        "less than a week, or the daily rows of imports, show it"
    )
    events: list[EventEffect] = Field(
        description="what events did, by metric, whatever the filters; of those with campaigns in and out of their days"
    )
    delivery: Delivery | None = Field(description="null where nothing shows that platforms favour what does better")
    goals: list[str] = Field(description="kinds of conversion that are learnt apart, the largest spend first")
    waiting: ImmatureCampaigns | None = Field(description="whose conversions still come in; null where nothing waits")
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
    """A page of the campaigns for and against one signal's effect."""

    signal: str
    metric: str
    effect: EffectRow | None = Field(description="null where nothing is learnt of it")
    supporting: list[CampaignResidual]
    contradicting: list[CampaignResidual]
    neither: list[CampaignResidual]
    sides: tuple[int, int] | None = Field(
        description="how many campaigns its finding counts for it and against it, at the level of their own time; "
        "those named here are held against the present level. Null where it is no finding"
    )
    held: list[str] = Field(description="campaigns with it that are held, as they look like a fault of tracking")
    next_cursor: str | None = Field(description="null where no campaign with it is left")
    as_of: str | None
    pending: int = PENDING
