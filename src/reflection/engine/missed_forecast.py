"""A forecast that was missed beyond noise: on which KPI, by how much money, and the line that says so.

Reads comparisons and answers as JSON. Must not know who is told.
"""

from collections.abc import Mapping
from typing import Any

from reflection.domain.basis import FORECAST
from reflection.domain.verdict import RESTS_ON


def miss_of(comparison: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The KPI on which a forecast was missed beyond noise, the return first as in its own lines: the money is
    theirs. None where it was met or there is none.
    """
    if comparison.get("basis", FORECAST) != FORECAST:
        return None
    deltas = ((kpi, comparison["deltas"].get(f"{kpi}_diff")) for kpi in RESTS_ON)
    return next(((kpi, delta) for kpi, delta in deltas if delta is not None and delta["beyond_noise"]), None)


def difference(kpi: str, delta: Mapping[str, Any], counts: Mapping[str, Any]) -> float | None:
    """Money that a result is away from the forecast: of what it brought back at its return, or cost at its CPA."""
    spend, conversions, revenue = (counts.get(name) for name in ("spend", "conversions", "revenue"))
    expected = delta["expected"]
    if kpi == "roas":
        return None if None in (expected, spend, revenue) else abs(revenue - expected * spend)
    return None if None in (expected, spend, conversions) else abs(spend - expected * conversions)


def what_happened(answer: Mapping[str, Any]) -> str:
    """The first line of a campaign's summary, or of its comparison where an older answer has no lines."""
    lines = answer["insights"].get("summary", ())
    happened = [line["text"] for line in lines if line["question"] == "happened"]
    return str((happened or answer["comparison_report"]["summary"])[0])
