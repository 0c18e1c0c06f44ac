"""What campaigns spent in each month: each of their days alike, in exact sums. Must not know what it is asked for."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reflection.inference.evidence.campaign_columns import Campaigns, Ints
from reflection.stats.sums.exact_sums import ExactSums

MOST_MONTHS = 240
Month = tuple[str, int]


def spent_between(money: Mapping[str, Mapping[str, float]], currency: str, start: int, end: int) -> float:
    """What all campaigns spent from one day to another, of what they spent in its months."""
    own = money.get(currency, {})
    first, last = (int(month_of(np.array([day]))[0]) for day in (start, end))
    parts = []
    for month in range(first, min(last, first + MOST_MONTHS) + 1):
        begin, close = _days(month)
        inside = min(end, close) - max(start, begin) + 1
        parts.append(own.get(str(month), 0.0) * inside / (close - begin + 1))
    return math.fsum(parts)


def by_month(campaigns: Campaigns) -> dict[Month, ExactSums]:
    """What the campaigns spent in each month, each of their days alike."""
    money = np.nan_to_num(campaigns.spend)
    first, last = month_of(campaigns.first), month_of(campaigns.last)
    length = campaigns.last - campaigns.first + 1
    sums: dict[Month, ExactSums] = {}
    for step in range(min(int((last - first).max(initial=-1)) + 1, MOST_MONTHS)):
        month = first + step
        there = month <= last
        for here in np.unique(month[there]).tolist():
            start, end = _days(here)
            inside = there & (month == here)
            days = np.minimum(campaigns.last, end) - np.maximum(campaigns.first, start) + 1
            share = money * days / length
            for currency in np.unique(campaigns.currency[inside]).tolist():
                own = ExactSums.of(share[inside & (campaigns.currency == currency)])
                place = (str(currency), int(here))
                sums[place] = sums[place] + own if place in sums else own
    return sums


def month_of(days: NDArray[np.int64]) -> Ints:
    """Months since 1970-01 of days since 1970-01-01."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.intp))


def _days(month: int) -> tuple[int, int]:
    """First and last day of a month."""
    start, end = (int(np.datetime64(at, "M").astype("datetime64[D]").astype(np.int64)) for at in (month, month + 1))
    return start, end - 1
