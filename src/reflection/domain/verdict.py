"""The verdict on one campaign: better or worse than what it is compared with, on cost and return together.

Every sentence, tile, table and report reads it here. Pure; must not know how an interval is made.
"""

from collections.abc import Mapping

from reflection.domain.results import Comparison, Delta, Verdict

RESTS_ON = ("roas", "cpa")
"""The KPIs that it rests on: return and cost."""


def verdict_of(comparison: Comparison) -> Verdict | None:
    """The verdict of a comparison, also of one that was stored before comparisons carried theirs."""
    return comparison.verdict or verdict_on(comparison.deltas)


def verdict_on(deltas: Mapping[str, Delta]) -> Verdict | None:
    """What is beyond noise decides; without any, noise and ignorance are told apart. None: nothing is compared."""
    named = (deltas.get(f"{kpi}_diff") for kpi in RESTS_ON)
    comparisons = [delta for delta in named if delta is not None and delta.pct_diff is not None]
    sides = {delta.favorable for delta in comparisons if delta.beyond_noise}
    if not comparisons:
        return None
    if sides:
        return "mixed" if len(sides) > 1 else "better" if sides.pop() else "worse"
    if all(delta.pct_diff == 0 for delta in comparisons):
        return "same"
    return "noise" if any(delta.beyond_noise is False for delta in comparisons) else "unclear"
