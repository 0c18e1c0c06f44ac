"""Expected figures of an imported campaign, always with their source: a forecast, a plan, or a reference.

Order: the forecast register, the plan file, then the reference asked for (the campaign's previous period, or its
trailing 28 days), then the account's average, and at last nothing: the facts themselves, labelled `no-forecast`. A
reference is rates of another time at the spend of this one: expected clicks = clicks' / spend' * spend. This file must
not know files or platforms.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import COUNTS
from reflection.domain.planner_forecast import ACCOUNT_AVERAGE, NO_FORECAST, PREVIOUS_PERIOD, TRAILING_28D
from reflection.ingest.building.drafts import Draft, Sums, add
from reflection.ingest.building.plan_file import Plan
from reflection.ingest.options import Forecast, ForecastQuery, ImportOptions

WINDOW = dt.timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected metrics, the `planner` label, and what they rest on in words."""

    metrics: Metrics
    planner: str
    basis: str


def expected_of(
    campaign_id: str,
    draft: Draft,
    drafts: Sequence[Draft],
    rows: pl.DataFrame,
    options: ImportOptions,
    plan: Plan | None,
) -> Expected:
    """The expected figures of one draft.

    Args:
        campaign_id: the id that the draft's campaign will have, by which the register knows it.
        drafts: all drafts of the import, ordered by period; earlier ones of the same key are its past.
        rows: the import's rows (`key`, `first`, `last` and the metrics), for the trailing window.
    """
    if forecast := _forecast(campaign_id, draft, options):
        return Expected(forecast.metrics, forecast.planner, "the forecast register")
    if plan is not None and (forecast := plan.find(draft)):
        return Expected(forecast.metrics, forecast.planner, plan.name)
    reference = options.expected if options.expected in (PREVIOUS_PERIOD, TRAILING_28D) else PREVIOUS_PERIOD
    past = _trailing(draft, rows) if reference == TRAILING_28D else _previous(draft, drafts)
    if past is not None:
        return Expected(at_spend(past[0], draft.sums), str(reference), past[1])
    peers = [peer.sums for peer in drafts if peer is not draft and _comparable(peer, draft)]
    average = add(peers) if peers else Sums()
    if _usable(average):
        return Expected(at_spend(average, draft.sums), ACCOUNT_AVERAGE, f"the average of {len(peers)} others")
    return Expected(as_metrics(draft.sums), NO_FORECAST, "the facts themselves: nothing to compare with")


def at_spend(past: Sums, now: Sums) -> Metrics:
    """The past's rates at the present spend; its counts as they were where nothing was spent."""
    factor = now.spend / past.spend if past.spend else 1.0
    scaled = Sums(
        past.impressions * factor,
        past.clicks * factor,
        None if past.conversions is None else past.conversions * factor,
        now.spend if past.spend else past.spend,
        None if past.revenue is None else past.revenue * factor,
    )
    return as_metrics(scaled)


def as_metrics(sums: Sums) -> Metrics:
    """Sums as a campaign's metrics: whole counts, amounts to a millionth; unknown conversions are none."""
    impressions, clicks = round(sums.impressions), round(sums.clicks)
    return Metrics(
        impressions=impressions,
        clicks=min(clicks, impressions) if clicks - impressions == 1 else clicks,
        conversions=round(float(sums.conversions or 0.0), 6),
        spend=round(float(sums.spend), 6),
        revenue=None if sums.revenue is None else round(float(sums.revenue), 6),
    )


def _forecast(campaign_id: str, draft: Draft, options: ImportOptions) -> Forecast | None:
    if options.forecasts is None:
        return None
    identity = (campaign_id, draft.key, draft.name, draft.platform)
    return options.forecasts(ForecastQuery(*identity, draft.first, draft.last, draft.currency, draft.sums.spend))


def _previous(draft: Draft, drafts: Sequence[Draft]) -> tuple[Sums, str] | None:
    earlier = [
        other
        for other in drafts
        if other.key == draft.key
        and other.currency == draft.currency
        and _precedes(other, draft)
        and _usable(other.sums)
    ]
    if not earlier:
        return None
    last = max(earlier, key=lambda other: (other.last or dt.date.min, other.first or dt.date.min))
    return last.sums, f"the rates of {last.label or last.first} at this period's spend"


def _trailing(draft: Draft, rows: pl.DataFrame) -> tuple[Sums, str] | None:
    if draft.first is None:
        return None
    window = rows.filter(
        (pl.col("key") == draft.key)
        & (pl.col("last") < draft.first)
        & (pl.col("first") >= draft.first - WINDOW)
        & (pl.col("currency").eq_missing(pl.lit(draft.currency, dtype=pl.String)))
    )
    if window.is_empty():
        return None
    values = window.select(
        pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum().round(6)).alias(name) for name in COUNTS
    ).row(0, named=True)
    sums = Sums(values["impressions"] or 0.0, values["clicks"] or 0.0, values["conversions"], values["spend"] or 0.0,
                values["revenue"])  # fmt: skip
    return (sums, "the rates of the 28 days before at this period's spend") if _usable(sums) else None


def _precedes(other: Draft, draft: Draft) -> bool:
    return other.last is not None and draft.first is not None and other.last < draft.first


def _comparable(other: Draft, draft: Draft) -> bool:
    return (other.currency, other.platform) == (draft.currency, draft.platform)


def _usable(sums: Sums) -> bool:
    """Whether rates can be taken: something was delivered and paid for, and clicks fit into impressions."""
    return sums.spend > 0 and 0 < sums.impressions >= sums.clicks
