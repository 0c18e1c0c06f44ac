"""A history replayed in time order: every campaign predicted, then learned, and compared with simpler forecasts.

Each method sees only what was known the day before: the planner's figure, the last value, the pooled mean, weights that
compound over campaigns (as many tools keep), and ours. Errors are on the log scale. Pure; must not know files.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.metrics import METRICS, PLAN_METRICS, log_value, rate_behind, values
from reflection.evaluation import hindsight
from reflection.evaluation.backtest_sums import METHODS, UNIT, MetricForecasts, Tally
from reflection.forecasting import calibration_update, plan_evaluation
from reflection.forecasting.calibration import EMPTY, Calibration
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn

__all__ = ["METHODS", "Lesson", "Memory", "MetricForecasts", "forecast", "replay", "summary"]

FIRST_FIT, REFIT_GROWTH = 3, 0.25
STEP_UP, STEP_DOWN, LEAST, MOST = 1.05, 0.95, 0.5, 2.0
Progress = Callable[[int, int], None]


class Lesson(NamedTuple):
    """What a campaign teaches the simple methods: logs of its rates, and whether it was cheaper than planned."""

    platform: str
    logs: tuple[tuple[str, float], ...]
    keys: tuple[str, ...]
    cheaper: bool | None

    @classmethod
    def of(cls, campaign: Campaign, evidence: Evidence) -> "Lesson":
        """That of a campaign."""
        # Rates: by totals, a larger budget would look better.
        logs = ((metric, log_value(rate_behind(metric), evidence.actual)) for metric in PLAN_METRICS)
        expected, actual = (log_value("cpa", side) for side in (evidence.expected, evidence.actual))
        return cls(
            signals.normalise(campaign.platform),
            tuple((metric, log) for metric, log in logs if log is not None),
            tuple(_keys(campaign)),
            None if expected is None or actual is None else actual < expected,
        )


@dataclass(slots=True)
class Memory:
    """What the simple methods remember; learns only after a campaign was predicted."""

    last: dict[tuple[str, str], float] = field(default_factory=dict)
    logs: dict[str, tuple[int, int]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def say(self, metric: str, campaign: Campaign, planner: float | None) -> dict[str, float | None]:
        """The forecasts of the simple methods; counts scale with the planned spend."""
        scale = _scale(metric, campaign)
        count, logs = self.logs.get(metric, (0, 0))
        last = self.last.get((metric, signals.normalise(campaign.platform)))
        weight = float(np.mean([self.weights.get(key, 1.0) for key in _keys(campaign)]))
        better = weight if METRICS[metric].favors(True) else 1.0 / weight
        return {
            "planner": planner,
            "last value": None if last is None else last * scale,
            "pooled mean": None if not count else float(np.exp(logs / UNIT / count)) * scale,
            "compounding weights": None if planner is None else planner * better,
        }

    def learn(self, lesson: Lesson) -> None:
        """Take in what happened."""
        for metric, log in lesson.logs:
            count, logs = self.logs.get(metric, (0, 0))
            self.logs[metric] = count + 1, logs + round(log * UNIT)
            self.last[metric, lesson.platform] = float(np.exp(log))
        if lesson.cheaper is not None:
            for key in lesson.keys:
                moved = self.weights.get(key, 1.0) * (STEP_UP if lesson.cheaper else STEP_DOWN)
                self.weights[key] = min(MOST, max(LEAST, moved))


def replay(campaigns: Sequence[Campaign], progress: Progress = lambda done, total: None) -> list[MetricForecasts]:
    """Predict and then learn every campaign in the order of their timestamps."""
    ordered = sorted(campaigns, key=lambda item: (item.timestamp, item.campaign_id))
    memory, state, knowledge = Memory(), EMPTY, NOTHING
    past: list[Evidence] = []
    forecasts: list[MetricForecasts] = []
    due = FIRST_FIT
    for index, campaign in enumerate(ordered):
        if len(past) >= due:
            knowledge = learn(past, FitRequest(seq=len(past)))
            due = len(past) + max(1, int(len(past) * REFIT_GROWTH))
        forecasts += forecast(campaign, knowledge, state, memory)
        evidence = evidence_of(campaign)
        memory.learn(Lesson.of(campaign, evidence))
        state = calibration_update.learn(state, evidence)
        past.append(evidence)
        progress(index + 1, len(ordered))
    return forecasts


def summary(forecasts: Sequence[MetricForecasts], campaigns: int) -> dict[str, Any]:
    """The report as data (`Tally.summary`), with all of the forecasts."""
    return {**Tally.of(forecasts).summary(campaigns), "forecasts": [asdict(forecast) for forecast in forecasts]}


def forecast(campaign: Campaign, knowledge: Knowledge, state: Calibration, memory: Memory) -> list[MetricForecasts]:
    """What would have been said of a campaign the day before, metric by metric; nothing where no money was planned."""
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
            MetricForecasts(
                campaign.campaign_id, campaign.timestamp.isoformat(), signals.normalise(campaign.platform), metric,
                {**by_method, "ours": ours["calibrated"]}, ours["intervals"], actual,
            )
        )  # fmt: skip
    return forecasts


def _scale(metric: str, campaign: Campaign) -> float:
    return (campaign.expected_metrics.spend or 0.0) if METRICS[metric].total else 1.0


def _keys(campaign: Campaign) -> list[str]:
    return [signal.key for signal in signals.of_campaign(campaign)]
