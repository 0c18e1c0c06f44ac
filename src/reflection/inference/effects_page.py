"""What the doors show of effects: a filtered page of them, and the campaigns for and against one.

Pure: knowledge and evidence in, JSON-able values out. Residuals are computed from the stored posteriors, so no fit and
no history is needed.
"""

import base64
import math
import re
from collections.abc import Sequence
from typing import Any

from reflection.domain import signals
from reflection.domain.conversion_kind import normal_kind
from reflection.domain.evidence import Evidence, decode
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import METRICS, MODELLED
from reflection.errors import InvalidInput
from reflection.inference import posterior

MOST_ITEMS = 500
_CURSOR = re.compile(r"o[0-9]{1,9}")


def effects_page(
    knowledge: Knowledge,
    *,
    metric: str | None = None,
    group: str | None = None,
    platform: str | None = None,
    findings_only: bool = False,
    goal: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> dict[str, Any]:
    """A page of effects: {items, next_cursor, as_of, epoch, campaigns, calibration, size, reason, goals}.

    `calibration` (`Knowledge.coverage`) and `size` (`Knowledge.size`) are of all metrics, whatever the filters.

    Args:
        platform: keeps effects of that platform and its interactions; any spelling of its name.
        goal: a kind of conversion (`goals` lists them); without it the goal most money is spent on.

    Raises:
        InvalidInput: an unknown metric, or a cursor that is not ours.
    """
    if metric is not None:
        _check(metric)
    goals = [one.kind for one in knowledge.every_goal]
    knowledge = knowledge if goal is None else knowledge.of_kind(normal_kind(goal))
    wanted = None if platform is None else signals.of_platform(platform)
    chosen = [
        effect
        for effect in knowledge.effects
        if (metric is None or effect.metric == metric)
        and (group is None or effect.group == group)
        and (wanted is None or _of_platform(effect, wanted))
        and (effect.finding or not findings_only)
    ]
    start, size = _offset(cursor), max(1, min(limit, MOST_ITEMS))
    more = start + size < len(chosen)
    return {
        "items": chosen[start : start + size],
        "next_cursor": _cursor(start + size) if more else None,
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
        "campaigns": knowledge.campaigns,
        "calibration": knowledge.coverage,
        "size": knowledge.size,
        "reason": None if chosen else knowledge.reason or "no effect matches these filters",
        "goals": goals,
    }


def evidence_of(
    knowledge: Knowledge,
    signal: str,
    metric: str | None,
    evidence: Sequence[tuple[str, bytes]],
    goal: str | None = None,
) -> dict[str, Any]:
    """Campaigns for and against an effect: {signal, metric, effect, supporting, contradicting, held, as_of, epoch}.

    Of the goal most money is spent on, or of another (`goal`, a kind of conversion).

    A campaign's residual is the log of what its cells with the signal did over what is expected of them without the
    signal's effect; above zero speaks for a higher metric.

    Raises:
        InvalidInput: an unknown metric.
    """
    whole, knowledge = knowledge, knowledge if goal is None else knowledge.of_kind(normal_kind(goal))
    chosen = metric or knowledge.goal_metric
    _check(chosen)
    effect = next((e for e in knowledge.effects if e.signal == signal and e.metric == chosen), None)
    held = [name for name, _ in evidence if name in knowledge.held]
    counted = (decode(payload) for name, payload in evidence if name not in knowledge.held)
    among = [item for item in counted if not whole.goals or whole.kind_for(item) == knowledge.kind]
    residuals = [_residual(knowledge, signal, chosen, item) for item in among]
    known = sorted((r for r in residuals if r is not None), key=lambda r: (-abs(r["residual"]), r["campaign_id"]))
    sign = 1.0 if effect is None or effect.effect >= 1 else -1.0
    return {
        "signal": signal,
        "metric": chosen,
        "effect": effect,
        "supporting": [r for r in known if r["residual"] * sign > 0],
        "contradicting": [r for r in known if r["residual"] * sign <= 0],
        "held": held,
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
    }


def _residual(knowledge: Knowledge, signal: str, metric: str, evidence: Evidence) -> dict[str, Any] | None:
    """Observed over expected-without-the-signal of the campaign's cells that have the signal."""
    aliases = knowledge.aliases
    key = aliases.get(signal, signal)
    observed = expected = 0.0
    for cell in evidence.cells:
        if signal not in cell.shares:
            continue
        rest = {name: share for name, share in cell.shares.items() if name != key and name not in aliases}
        level = posterior.level_mean(knowledge, metric, rest)
        numerator, denominator = (getattr(cell.counts, count) for count in METRICS[metric].counts)
        if level is None or numerator is None or denominator is None:
            continue
        observed += numerator
        expected += denominator / METRICS[metric].scale * math.exp(level)
    if observed <= 0 or expected <= 0:
        return None
    return {
        "campaign_id": evidence.campaign_id,
        "residual": math.log(observed / expected),
        "observed": observed,
        "expected": expected,
    }


def _check(metric: str) -> None:
    if metric not in MODELLED:
        costs_last = sorted(
            (name for name in METRICS if name in MODELLED), key=lambda name: not METRICS[name].favors(True)
        )
        raise InvalidInput(f"'{metric}' is not a metric", hint=f"one of {', '.join(costs_last)}", field="metric")


def _of_platform(effect: Effect, platform: signals.Signal) -> bool:
    return platform in signals.parse(effect.signal).parts


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode()


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except ValueError:  # binascii's and Unicode's errors are ValueErrors
        text = ""
    if not _CURSOR.fullmatch(text):
        raise InvalidInput("this cursor is not one of ours", hint="pass next_cursor as it was given", field="cursor")
    return int(text[1:])
