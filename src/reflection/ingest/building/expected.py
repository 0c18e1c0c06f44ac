"""Expected figures of an imported campaign, always with their source: a forecast, a plan, or a reference.

Order: the forecast register, the plan file, then the reference asked for (the campaign's previous period, or its
trailing 28 days), then the account's average, and at last nothing: the facts themselves, labelled `no-forecast`. A
reference is rates of another time at the spend of this one: expected clicks = clicks' / spend' * spend. What all
campaigns share is added up once, so that the time grows with their number. This file must not know files or platforms.
"""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import COUNTS
from reflection.domain.planner_forecast import ACCOUNT_AVERAGE, NO_FORECAST, PREVIOUS_PERIOD, TRAILING_28D
from reflection.ingest.building.drafts import Draft, Sums, metric_sums
from reflection.ingest.building.plan_file import Plan
from reflection.ingest.options import Forecast, ForecastQuery, ImportOptions

WINDOW = dt.timedelta(days=28)
Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected metrics, the `planner` label, and what they rest on in words."""

    metrics: Metrics
    planner: str
    basis: str


class _Account:
    """All campaigns of one platform and currency, added up so that any one of them can be left out again."""

    def __init__(self) -> None:
        self.campaigns = 0
        self._sums = dict.fromkeys(COUNTS, 0.0)
        self._stated = dict.fromkeys(COUNTS, 0)

    def add(self, sums: Sums) -> None:
        """One more campaign."""
        self.campaigns += 1
        for name in COUNTS:
            if (value := getattr(sums, name)) is not None:
                self._sums[name] += value
                self._stated[name] += 1

    def without(self, sums: Sums | None) -> Sums:
        """Their sum, of all or without one of them; None where none of them says."""
        total = {}
        for name in COUNTS:
            own = None if sums is None else getattr(sums, name)
            stated = self._stated[name] - (own is not None)
            total[name] = round(self._sums[name] - (own or 0.0), 6) if stated else None
        return Sums(**total)


class References:
    """What the campaigns of one import may be compared with: forecasts, their own past, and each other."""

    def __init__(self, drafts: Sequence[Draft], rows: pl.DataFrame, options: ImportOptions, plan: Plan | None) -> None:
        """Drafts and rows that expected figures may rest on, and what the user says of them."""
        self._options, self._plan = options, plan
        self._past: dict[Key, list[Draft]] = defaultdict(list)
        self._accounts: dict[Key, _Account] = defaultdict(_Account)
        self._names = {(draft.key, draft.currency, draft.first, draft.last) for draft in drafts}
        for draft in sorted(drafts, key=_end):
            self._accounts[(draft.platform, draft.currency)].add(draft.sums)
            if draft.last is not None and _usable(draft.sums):
                self._past[(draft.key, draft.currency)].append(draft)
        trailing = options.expected == TRAILING_28D
        self._days = rows.partition_by("key", "currency", as_dict=True) if trailing else {}

    def of(self, campaign_id: str, draft: Draft) -> Expectation:
        """The expected figures of one draft; by `campaign_id` the register will know it."""
        if forecast := _forecast(campaign_id, draft, self._options):
            return Expectation(forecast.metrics, forecast.planner, "the forecast register")
        if self._plan is not None and (forecast := self._plan.find(draft)):
            return Expectation(forecast.metrics, forecast.planner, self._plan.name)
        trailing = self._options.expected == TRAILING_28D
        past = self._trailing(draft) if trailing else self._previous(draft)
        if past is not None:
            return Expectation(at_spend(past[0], draft.sums), TRAILING_28D if trailing else PREVIOUS_PERIOD, past[1])
        own = (draft.key, draft.currency, draft.first, draft.last) in self._names
        account = self._accounts[(draft.platform, draft.currency)]
        average = account.without(draft.sums if own else None)
        if _usable(average):
            basis = f"the average of {account.campaigns - own} others"
            return Expectation(at_spend(average, draft.sums), ACCOUNT_AVERAGE, basis)
        return Expectation(as_metrics(draft.sums), NO_FORECAST, "the facts themselves: nothing to compare with")

    def _previous(self, draft: Draft) -> tuple[Sums, str] | None:
        """The rates of the campaign's last period that was over before this one began."""
        past = self._past.get((draft.key, draft.currency), [])
        before = bisect_left(past, (draft.first or dt.date.min, dt.date.min), key=_end)
        if not before:
            return None
        last = past[before - 1]
        return last.sums, f"the rates of {last.label or last.first} at this period's spend"

    def _trailing(self, draft: Draft) -> tuple[Sums, str] | None:
        """The rates of the campaign's rows within the 28 days before."""
        days = self._days.get((draft.key, draft.currency))
        if draft.first is None or days is None:
            return None
        window = days.filter((pl.col("last") < draft.first) & (pl.col("first") >= draft.first - WINDOW))
        if window.is_empty():
            return None
        sums = Sums(*window.select(metric_sums(window)).row(0))
        return (sums, "the rates of the 28 days before at this period's spend") if _usable(sums) else None


def at_spend(past: Sums, now: Sums) -> Metrics:
    """The past's rates at the present spend; its counts as they were where nothing was spent, or nobody knows."""
    factor = now.spend / past.spend if past.spend and now.spend is not None else 1.0
    scaled = {name: None if (count := getattr(past, name)) is None else count * factor for name in COUNTS}
    return as_metrics(Sums(**{**scaled, "spend": now.spend if past.spend else past.spend}))


def as_metrics(sums: Sums) -> Metrics:
    """Sums as a campaign's metrics."""
    return Metrics(**whole_counts(sums))


def whole_counts(sums: Sums) -> dict[str, Any]:
    """Sums as metrics state them: whole counts, amounts to a millionth; what is unknown stays so."""
    impressions, clicks = (None if count is None else round(count) for count in (sums.impressions, sums.clicks))
    if clicks is not None and impressions is not None and clicks - impressions == 1:
        clicks = impressions  # two roundings, one up and one down
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": _to_millionth(sums.conversions),
        "spend": _to_millionth(sums.spend),
        "revenue": _to_millionth(sums.revenue),
    }


def _to_millionth(amount: float | None) -> float | None:
    return None if amount is None else round(float(amount), 6)


def _forecast(campaign_id: str, draft: Draft, options: ImportOptions) -> Forecast | None:
    if options.forecasts is None:
        return None
    identity = (campaign_id, draft.name, draft.platform)
    return options.forecasts(ForecastQuery(*identity, draft.first, draft.last, draft.currency, draft.sums.spend))


def _end(draft: Draft) -> tuple[dt.date, dt.date]:
    return draft.last or dt.date.min, draft.first or dt.date.min


def _usable(sums: Sums) -> bool:
    """Whether rates can be taken: something was delivered and paid for, and clicks fit into impressions."""
    return bool(sums.spend and sums.spend > 0) and 0 < (sums.impressions or 0.0) >= (sums.clicks or 0.0)
