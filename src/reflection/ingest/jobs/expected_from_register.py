"""Expected figures of an imported campaign from the forecast register: what somebody foretold of it, in good time.

A forecast counts here as it does on the scoreboard: the first one of an issuer per metric, issued before the campaign's
period was over. Rates become counts at the spend that was forecast, or at what was spent. Must not know files.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from pydantic import ValidationError

from reflection.domain.campaign import Metrics
from reflection.domain.ports import ForecastRow
from reflection.ingest import Forecast, ForecastQuery

MONEY = frozenset({"cpm", "cpc", "cpa", "aov", "revenue", "spend"})
"""Metrics that mean nothing in another currency."""

Look = Callable[[str], Sequence[ForecastRow]]
"""The register's rows of one campaign id, in the order of entry."""


def from_register(look: Look) -> Callable[[ForecastQuery], Forecast | None]:
    """Asks the register for a campaign; None where nobody foretold anything that counts can be made of."""

    def asked(wanted: ForecastQuery) -> Forecast | None:
        said = _in_good_time(look(wanted.campaign_id), wanted)
        for issuer in sorted(said, key=lambda name: (-len(said[name]), name)):
            metrics = as_counts(said[issuer], wanted.spend)
            if metrics is not None:
                return Forecast(metrics, issuer)
        return None

    return asked


def _in_good_time(rows: Iterable[ForecastRow], wanted: ForecastQuery) -> dict[str, dict[str, float]]:
    """Issuer -> metric -> the first point that was registered for the period before it was over."""
    said: dict[str, dict[str, float]] = {}
    for row in rows:
        outside = row.detail.get("source") is not None  # others came in with their campaign, or are our own
        if not outside or row.point is None or not _fits(row, wanted):
            continue
        said.setdefault(row.issuer, {}).setdefault(row.metric, row.point)
    return said


def _fits(row: ForecastRow, wanted: ForecastQuery) -> bool:
    if row.metric in MONEY and row.currency != wanted.currency:
        return False
    if wanted.last is None or wanted.first is None:
        return True
    if _day(row.issued_at) > wanted.last:
        return False
    if row.period_start is not None and _day(row.period_start) > wanted.last:
        return False
    return row.period_end is None or _day(row.period_end) >= wanted.first


def as_counts(said: dict[str, float], spent: float) -> Metrics | None:
    """Counts from whatever mix of counts and rates was forecast; None where no conversions follow from it.

    CTR and CVR are shares, CPM is per 1,000 impressions; counts that do not follow are 0, which promises nothing.
    """
    spend = said.get("spend", spent)
    impressions = said.get("impressions") or _over(1_000 * spend, said.get("cpm"))
    clicks = said.get("clicks") or _over(spend, said.get("cpc")) or _times(impressions, said.get("ctr"))
    conversions = said.get("conversions")
    conversions = _over(spend, said.get("cpa")) if conversions is None else conversions
    conversions = _times(spend, said.get("conversions_per_spend")) if conversions is None else conversions
    conversions = _times(clicks, said.get("cvr")) if conversions is None else conversions
    if conversions is None:
        return None
    clicks = clicks or _over(conversions, said.get("cvr")) or 0.0
    impressions = impressions or _over(clicks, said.get("ctr")) or 0.0
    revenue = said.get("revenue")
    revenue = _times(spend, said.get("roas")) if revenue is None else revenue
    revenue = _times(conversions, said.get("aov")) if revenue is None else revenue
    try:
        seen = round(impressions)
        return Metrics(
            impressions=seen,
            clicks=min(round(clicks), seen),  # a click without an impression cannot be promised
            conversions=round(conversions, 6),
            spend=round(spend, 6),
            revenue=None if revenue is None else round(revenue, 6),
        )
    except (ValidationError, OverflowError):  # beyond what a campaign can say: rates of next to nothing
        return None


def _over(value: float, rate: float | None) -> float | None:
    return value / rate if rate else None


def _times(value: float | None, rate: float | None) -> float | None:
    return value * rate if value is not None and rate is not None else None


def _day(instant: str) -> dt.date:
    return dt.date.fromisoformat(instant[:10])
