"""Intervals that held, by month: whether what was foretold is as sure as it says, and stays so.

Pure; must not know who forecast what, or where outcomes come from.
"""

from collections.abc import Iterable
from typing import Any

from reflection.domain.evidence import day_text


def coverage_by_month(hits: Iterable[tuple[str, str, int, bool]]) -> list[dict[str, Any]]:
    """How many 90 % intervals held, in order of issuer, metric and month: {issuer, metric, month, n, held}.

    `hits`: issuer, metric, day of the campaign (days since 1970-01-01), whether the outcome fell in the interval.
    """
    groups: dict[tuple[str, str, str], list[bool]] = {}
    for issuer, metric, day, held in hits:
        groups.setdefault((issuer, metric, day_text(day)[:7]), []).append(held)
    return [
        {"issuer": issuer, "metric": metric, "month": month, "n": len(held), "held": sum(held)}
        for (issuer, metric, month), held in sorted(groups.items())
    ]
