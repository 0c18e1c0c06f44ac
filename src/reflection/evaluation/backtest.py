"""A history replayed in time order: every campaign predicted, then learned, and compared with simpler forecasts.

Each method sees only what was known the day before: the planner's figure, the last value, the pooled mean, weights that
compound over campaigns (as many tools keep), and ours. Errors are on the log scale. Pure; must not know files.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.metrics import METRICS, PLAN_METRICS, log_value, rate_behind, values
from reflection.evaluation import hindsight
from reflection.forecasting import calibration_update, plan_evaluation
from reflection.forecasting.calibration import EMPTY, Calibration
from reflection.inference.learn import FitRequest, learn
from reflection.stats import scoring_rules

METHODS = ("planner", "last value", "pooled mean", "compounding weights", "ours")
LEVELS = {"50": 0, "80": 1, "90": 2}
REFIT_GROWTH = 0.25
STEP_UP, STEP_DOWN, LEAST, MOST = 1.05, 0.95, 0.5, 2.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Forecasted:
    """One metric of one campaign: what each method said, our intervals, and what happened."""

    campaign_id: str
    timestamp: str
    platform: str
    metric: str
    said: dict[str, float | None]
    intervals: dict[str, list[float] | None]
    actual: float


@dataclass(slots=True)
class Memory:
    """What the simple methods remember; learns only after a campaign was predicted."""

    last: dict[tuple[str, str], float] = field(default_factory=dict)
    logs: dict[str, list[float]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def say(self, metric: str, campaign: Campaign, planner: float | None) -> dict[str, float | None]:
        """The forecasts of the simple methods; counts scale with the planned spend."""
        scale = _scale(metric, campaign)
        pooled = self.logs.get(metric)
        last = self.last.get((metric, signals.normalise(campaign.platform)))
        weight = float(np.mean([self.weights.get(key, 1.0) for key in _keys(campaign)]))
        better = weight if METRICS[metric].favors(True) else 1.0 / weight
        return {
            "planner": planner,
            "last value": None if last is None else last * scale,
            "pooled mean": None if not pooled else float(np.exp(np.mean(pooled))) * scale,
            "compounding weights": None if planner is None else planner * better,
        }

    def learn(self, campaign: Campaign, evidence: Evidence) -> None:
        """Take in what happened."""
        for metric in PLAN_METRICS:
            log = log_value(rate_behind(metric), evidence.actual)  # or a larger budget would look better
            if log is not None:
                self.logs.setdefault(metric, []).append(log)
                self.last[metric, signals.normalise(campaign.platform)] = float(np.exp(log))
        expected, actual = (log_value("cpa", side) for side in (evidence.expected, evidence.actual))
        if expected is not None and actual is not None:
            for key in _keys(campaign):
                moved = self.weights.get(key, 1.0) * (STEP_UP if actual < expected else STEP_DOWN)
                self.weights[key] = min(MOST, max(LEAST, moved))


def replay(campaigns: Sequence[Campaign], progress: Progress = lambda done, total: None) -> list[Forecasted]:
    """Predict and then learn every campaign in the order of their timestamps."""
    ordered = sorted(campaigns, key=lambda item: (item.timestamp, item.campaign_id))
    memory, state, knowledge = Memory(), EMPTY, NOTHING
    past: list[Evidence] = []
    forecasts: list[Forecasted] = []
    due = 3
    for index, campaign in enumerate(ordered):
        if len(past) >= due:
            knowledge = learn(past, FitRequest(seq=len(past)))
            due = len(past) + max(1, int(len(past) * REFIT_GROWTH))
        forecasts += _forecast(campaign, knowledge, state, memory)
        evidence = evidence_of(campaign)
        memory.learn(campaign, evidence)
        state = calibration_update.learn(state, evidence)
        past.append(evidence)
        progress(index + 1, len(ordered))
    return forecasts


def summary(forecasts: Sequence[Forecasted], campaigns: int) -> dict[str, Any]:
    """The report as data: methods by metric, coverage by level and platform, and the forecasts.

    Methods are compared on the same campaigns: those for which every method that speaks of a metric at all spoke.
    """
    metrics = {
        metric: _compared([forecast for forecast in forecasts if forecast.metric == metric]) for metric in PLAN_METRICS
    }
    platforms = sorted({forecast.platform for forecast in forecasts})
    return {
        "campaigns": campaigns,
        "metrics": {metric: rows for metric, rows in metrics.items() if rows["n"]},
        "coverage": {
            "all": _coverage(forecasts),
            **{
                name: _coverage([forecast for forecast in forecasts if forecast.platform == name]) for name in platforms
            },
        },
        "forecasts": [asdict(forecast) for forecast in forecasts],
    }


def _forecast(campaign: Campaign, knowledge: Knowledge, state: Calibration, memory: Memory) -> list[Forecasted]:
    plan = hindsight.plan_of(campaign)
    if plan is None:
        return []
    metrics = plan_evaluation.evaluate([("", plan)], knowledge, state)["plans"][0]["metrics"]
    forecasts = []
    actuals = values(PLAN_METRICS, evidence_of(campaign).actual)
    for metric, ours in metrics.items():
        actual = actuals.get(metric)
        if actual is None or actual <= 0:
            continue
        by_method = memory.say(metric, campaign, ours["planner"])
        forecasts.append(
            Forecasted(
                campaign.campaign_id, campaign.timestamp.isoformat(), signals.normalise(campaign.platform), metric,
                {**by_method, "ours": ours["calibrated"]}, ours["intervals"], actual,
            )
        )  # fmt: skip
    return forecasts


def _compared(forecasts: Sequence[Forecasted]) -> dict[str, Any]:
    speaking = [method for method in METHODS if any(_error(forecast, method) is not None for forecast in forecasts)]
    common = [
        forecast
        for forecast in forecasts
        if speaking and all(_error(forecast, method) is not None for method in speaking)
    ]
    if "ours" not in speaking or not common:
        return {"n": 0, "methods": {}, "coverage": {}}
    methods = {}
    for method in speaking:
        errors = np.array([_error(forecast, method) for forecast in common], dtype=float)
        methods[method] = {"mae_log": float(np.abs(errors).mean()), "bias": float(errors.mean())}
    return {"n": len(common), "methods": methods, "coverage": _coverage(common)}


def _error(forecast: Forecasted, method: str) -> float | None:
    value = forecast.said.get(method)
    return None if value is None or value <= 0 else float(np.log(forecast.actual / value))


def _coverage(forecasts: Sequence[Forecasted]) -> dict[str, Any]:
    coverage: dict[str, Any] = {"n": sum(forecast.intervals["90"] is not None for forecast in forecasts)}
    for level in LEVELS:
        bounds = [(pair, forecast.actual) for forecast in forecasts if (pair := forecast.intervals[level]) is not None]
        hits = [scoring_rules.hit(low, high, actual) for (low, high), actual in bounds]
        coverage[level] = float(np.mean(hits)) if hits else None
    return coverage


def _scale(metric: str, campaign: Campaign) -> float:
    return (campaign.expected_metrics.spend or 0.0) if METRICS[metric].total else 1.0


def _keys(campaign: Campaign) -> list[str]:
    return [signal.key for signal in signals.of_campaign(campaign)]
