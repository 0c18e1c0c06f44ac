"""What a platform did in a period, all of its campaigns together: the outcome of forecasts that name no campaign.

Pure; must not know who forecast what.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from reflection.domain.evidence import Counts, Evidence
from reflection.domain.metrics import COUNTS
from reflection.domain.signals import of_platform

EPOCH = date(1970, 1, 1)


class Periods:
    """Totals of a platform over a period, for forecasts that name no campaign."""

    def __init__(self, actuals: Mapping[str, Evidence]) -> None:
        self._campaigns = tuple(actuals.values())
        self._last = max((campaign.day for campaign in self._campaigns), default=-1)
        self._currencies = {campaign.currency for campaign in self._campaigns}

    def counts(self, platform: str | None, start: str | None, end: str | None, currency: str | None) -> Counts | None:
        """Totals, or None while the period is not over, is not stated, or held no campaign."""
        first, last = _day(start), _day(end)
        if first is None or last is None or last >= self._last or (currency is None and len(self._currencies) > 1):
            return None
        platform_key = None if platform is None else of_platform(platform).key
        inside = [
            campaign.actual
            for campaign in self._campaigns
            if first <= campaign.day <= last
            and platform_key in (None, campaign.platform_key)
            and currency in (None, campaign.currency)
        ]
        return _sum(inside) if inside else None


def _sum(cells: Sequence[Counts]) -> Counts:
    """All of them together; a count is unknown where one of them does not say its own."""
    return Counts(*(_total([getattr(cell, name) for cell in cells]) for name in COUNTS))


def _total(counts: Sequence[float | None]) -> float | None:
    present = [count for count in counts if count is not None]
    return sum(present) if len(present) == len(counts) else None


def _day(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return (datetime.fromisoformat(text).date() - EPOCH).days
    except ValueError:
        return None
