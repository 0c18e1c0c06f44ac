"""A campaign's plan evaluated as if it were still ahead, and held against what happened.

Given knowledge and a calibration from before the campaign, this is what the engine would have said on the day before.
Pure; must not know where the past is kept.
"""

from dataclasses import dataclass

from reflection.domain.basis import basis_of
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.goal import as_given
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import PLAN_METRICS, values
from reflection.domain.plan import Figures, Plan
from reflection.forecasting import plan_evaluation
from reflection.forecasting.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Check:
    """One metric: the planner's figure, ours with its 90 % interval, what happened, and whether the interval held.

    `held` is None where nothing was foretold or nothing was measured.
    """

    metric: str
    planner: float | None
    calibrated: float | None
    low: float | None
    high: float | None
    actual: float | None
    held: bool | None


def plan_of(campaign: Campaign) -> Plan | None:
    """The plan behind a campaign, or None when no money was planned.

    Figures taken from other facts are no plan: they would foretell the facts by themselves.
    """
    expected: Metrics = as_given(campaign).expected_metrics
    if not expected.spend:
        return None
    return Plan(
        plan_id=campaign.campaign_id,
        platform=campaign.platform,
        objective=campaign.objective,
        audiences=campaign.audiences,
        creatives=campaign.creatives,
        budget=expected.spend,
        currency=campaign.currency,
        planner=campaign.planner,
        conversion_kind=campaign.conversion_kind,
        campaign_id=campaign.campaign_id,
        name=campaign.name,
        account_id=campaign.account_id,
        unit_id=campaign.unit_id,
        timestamp=campaign.timestamp,
        period_start=campaign.period_start,
        period_end=campaign.period_end,
        expected=_figures(expected) if basis_of(campaign).forecast else None,
    )


def _figures(expected: Metrics) -> Figures:
    """What the planner promised."""
    return Figures(
        impressions=None if expected.impressions is None else float(expected.impressions),
        clicks=None if expected.clicks is None else float(expected.clicks),
        conversions=expected.conversions,
        revenue=expected.revenue,
    )


def check(campaign: Campaign, knowledge: Knowledge, state: Calibration) -> list[Check]:
    """What would have been said of a campaign before it ran, metric by metric, against what happened."""
    plan = plan_of(campaign)
    if plan is None:
        return []
    (evaluated,) = plan_evaluation.evaluate([(campaign.campaign_id, plan)], knowledge, state)["plans"]
    actual = values(PLAN_METRICS, as_given(campaign).actual_metrics)
    checks = []
    for metric in PLAN_METRICS:
        interval = evaluated["metrics"][metric]
        low, high = interval["intervals"]["90"] or (None, None)
        happened = actual.get(metric)
        inside = None if low is None or high is None or happened is None else bool(low <= happened <= high)
        checks.append(Check(metric, interval["planner"], interval["calibrated"], low, high, happened, inside))
    return checks
