"""Expected figures of an imported campaign from the forecast register: what somebody foretold of it, in good time.

A forecast counts here as it does on the scoreboard: the first one of an issuer per metric, issued before the campaign's
period was over. Rates become counts at the spend that was forecast, or at what was spent. Must not know files.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError

from reflection.domain.campaign import Metrics
from reflection.domain.metrics import FROM_IMPRESSIONS, METRICS, totals
from reflection.domain.ports import ForecastRow
from reflection.ingest import Forecast, ForecastQuery

Look = Callable[[str], Sequence[ForecastRow]]
"""The register's rows of one campaign id, in the order of entry."""


def from_register(look: Look) -> Callable[[ForecastQuery], Forecast | None]:
    """Asks the register for a campaign; None where nobody foretold anything that counts can be made of."""

    def asked(query: ForecastQuery) -> Forecast | None:
        figures = _in_good_time(look(query.campaign_id), query)
        for issuer in sorted(figures, key=lambda name: (-len(figures[name]), name)):
            metrics = as_counts(figures[issuer], query.spend)
            if metrics is not None:
                return Forecast(metrics, issuer)
        return None

    return asked


def _in_good_time(rows: Iterable[ForecastRow], query: ForecastQuery) -> dict[str, dict[str, float]]:
    """Issuer -> metric -> the first point that was registered for the period before it was over."""
    figures: dict[str, dict[str, float]] = {}
    for row in rows:
        outside = row.detail.get("source") is not None  # others came in with their campaign, or are our own
        if not outside or row.point is None or not _fits(row, query):
            continue
        figures.setdefault(row.issuer, {}).setdefault(row.metric, row.point)
    return figures


def _fits(row: ForecastRow, query: ForecastQuery) -> bool:
    if METRICS[row.metric].monetary and row.currency != query.currency:
        return False
    if query.last is None or query.first is None:
        return True
    if _day(row.issued_at) > query.last:
        return False
    if row.period_start is not None and _day(row.period_start) > query.last:
        return False
    return row.period_end is None or _day(row.period_end) >= query.first


def as_counts(figures: Mapping[str, float], spent: float | None) -> Metrics | None:
    """Counts from whatever mix of counts and rates was forecast; None where no conversions follow from it.

    CTR and CVR are shares, CPM is per 1,000 impressions; counts that do not follow are 0, which promises nothing.
    """
    counts = totals({**({} if spent is None else {"spend": spent}), **figures}, FROM_IMPRESSIONS)
    if "conversions" not in counts:
        return None
    try:
        impressions = round(counts.get("impressions", 0.0))
        return Metrics(
            impressions=impressions,
            clicks=min(round(counts.get("clicks", 0.0)), impressions),  # a click without an impression is no promise
            conversions=round(counts["conversions"], 6),
            spend=round(counts["spend"], 6) if "spend" in counts else None,
            revenue=round(counts["revenue"], 6) if "revenue" in counts else None,
        )
    except (ValidationError, OverflowError):  # beyond what a campaign can say: rates of next to nothing
        return None


def _day(instant: str) -> dt.date:
    return dt.date.fromisoformat(instant[:10])
