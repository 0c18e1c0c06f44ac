"""What all plans of a request give together. Must not know how one of them is foretold."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reflection.domain.plan import Plan


def total(
    plans: Sequence[tuple[str, Plan]], evaluations: Sequence[Mapping[str, Any]], kinds: Collection[str]
) -> dict[str, Any] | None:
    """Conversions and revenue of all plans together; bounds add up as if all plans missed the same way.

    Identified only when they are in every plan. None for a single plan and for mixed currencies, which are never added;
    so are conversions of several kinds.
    """
    if len(plans) < 2 or len({plan.currency for _, plan in plans}) > 1:
        return None
    total: dict[str, Any] = {"spend": sum(plan.budget for _, plan in plans), "currency": plans[0][1].currency}
    for metric in ("conversions", "revenue"):
        parts = [evaluation["metrics"][metric] for evaluation in evaluations]
        mixed = metric == "conversions" and len(kinds) > 1
        if mixed or any(part["calibrated"] is None for part in parts):
            total[metric] = None
            continue
        promised = [part["planner"] for part in parts]
        total[metric] = {
            "identified": all(part["identified"] for part in parts),
            "planner": None if None in promised else sum(promised),
            "calibrated": sum(part["calibrated"] for part in parts),
            "intervals": {
                level: [sum(part["intervals"][level][side] for part in parts) for side in (0, 1)]
                for level in parts[0]["intervals"]
            },
        }
    return total
