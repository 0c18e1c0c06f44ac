"""Forecasts of the register with what happened, both as logs: which of them count, and their errors.

The first forecast of an issuer for a campaign counts, one that was registered after the campaign's outcome does not.
Pure; must not know how they are summed up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reflection.domain.evidence import Counts, Evidence
from reflection.domain.metrics import log_of, log_value
from reflection.domain.planner_forecast import is_reference
from reflection.domain.ports import ForecastRow
from reflection.domain.signals import normalise
from reflection.evaluation.periods import Periods
from reflection.stats.honesty import scoring_rules

LEVELS = {"50": ("0.25", "0.75"), "80": ("0.1", "0.9"), "90": ("0.05", "0.95")}


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """One forecast and its outcome, both as logs; `naive` is the mean of the outcomes before it, if there were any."""

    row: ForecastRow
    platform_name: str | None
    outcome: float
    point: float | None
    quantiles: Mapping[str, float]
    naive: float | None

    @property
    def crps(self) -> float | None:
        """CRPS of the stated quantiles, of the point alone, or None when neither was given."""
        if self.quantiles:
            levels = [float(level) for level in self.quantiles]
            return scoring_rules.crps_quantiles(levels, list(self.quantiles.values()), self.outcome)
        return None if self.point is None else abs(self.outcome - self.point)

    def hit(self, level: str) -> bool | None:
        """Whether the outcome fell in the interval of a level; None when the interval was not stated."""
        low, high = LEVELS[level]
        if low not in self.quantiles or high not in self.quantiles:
            return None
        return scoring_rules.hit(self.quantiles[low], self.quantiles[high], self.outcome)


@dataclass(slots=True)
class _Naive:
    """Running mean per metric of the outcomes known so far, each campaign once."""

    total: dict[str, float] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    means: dict[tuple[str, str], float | None] = field(default_factory=dict)

    def before(self, metric: str, campaign: str, outcome: float) -> float | None:
        """The mean before this campaign, which is then taken in."""
        key = (metric, campaign)
        if key not in self.means:
            n = self.count.get(metric, 0)
            self.means[key] = self.total[metric] / n if n else None
            self.total[metric] = self.total.get(metric, 0.0) + outcome
            self.count[metric] = n + 1
        return self.means[key]


def judge(register: Iterable[ForecastRow], actuals: Mapping[str, Evidence]) -> list[ForecastOutcome]:
    """The forecasts that count, with their outcomes."""
    claimed: set[tuple[str, str, str, str]] = set()
    subjects: set[str] = set()
    naive, judgements = _Naive(), []
    periods = Periods(actuals)
    for row in register:
        subject = row.campaign_id or f"{row.platform}/{row.period_start}/{row.period_end}"
        # Rows without a source enter together with the campaign's outcome; from then on others are too late.
        if row.detail.get("source") is None:
            subjects.add(subject)
        elif subject in subjects:
            continue
        if is_reference(row.issuer):
            continue
        key = (row.issuer, row.metric, subject, str(row.detail.get("recommendation_id", "")))
        counts = _counts_for(row, actuals, periods)
        if key in claimed or counts is None:
            continue
        outcome = log_value(row.metric, counts)
        if outcome is None:
            continue
        claimed.add(key)
        judgements.append(_forecast_outcome(row, outcome, naive.before(row.metric, subject, outcome)))
    return judgements


def _counts_for(row: ForecastRow, actuals: Mapping[str, Evidence], periods: Periods) -> Counts | None:
    if row.campaign_id is None:
        return periods.counts(row.platform, row.period_start, row.period_end, row.currency)
    evidence = actuals.get(row.campaign_id)
    if evidence is None or (row.currency and evidence.currency and row.currency != evidence.currency):
        return None
    return evidence.actual


def _forecast_outcome(row: ForecastRow, outcome: float, naive: float | None) -> ForecastOutcome:
    quantiles = {
        level: logged
        for level, value in sorted(row.quantiles.items(), key=lambda item: float(item[0]))
        if (logged := log_of(row.metric, value)) is not None
    }
    point = None if row.point is None else log_of(row.metric, row.point)
    platform_name = None if row.platform is None else normalise(row.platform)
    return ForecastOutcome(row, platform_name, outcome, point, quantiles, naive)
