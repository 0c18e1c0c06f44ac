"""What the doors show of effects: a filtered page of them.

Pure: knowledge in, JSON-able values out.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reflection.domain import signals
from reflection.domain.conversion_kind import normal_kind
from reflection.domain.effect import known_values
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.reciprocals import once_each
from reflection.errors import InvalidInput
from reflection.explain.left_out import left_out_sentence
from reflection.inference.signal_evidence import check_metric
from reflection.inference.too_few import nothing_known

MOST_ITEMS = 500
ALL_PLATFORMS = "all"
"""What `attribution` calls the studies of all platforms together."""

_CURSOR = re.compile(r"o[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ShownEffect(Effect):
    """An effect as the doors show it: its signal in words, the signals that it cannot be told apart from; without any
    estimate where it is not identified (`known_values`)."""

    label: str = ""
    same_as: tuple[str, ...] = ()


def effects_page(
    knowledge: Knowledge,
    *,
    metric: str | None = None,
    group: str | None = None,
    platform: str | None = None,
    findings_only: bool = False,
    goal: str | None = None,
    joined: bool = False,
    limit: int = 100,
    cursor: str | None = None,
    pending: int = 0,
) -> dict[str, Any]:
    """A page of effects: {items, next_cursor, as_of, epoch, findings, not_evidence, campaigns, calibration, size,
    delivery, spread, wear, season, season_outlook, weekdays, events, reason, goals, waiting, approximate, trust,
    attribution, pending}.

    Findings come first, and pairs of signals after single ones. `findings` and `not_evidence` count all that match the
    other filters, whatever `findings_only` shows. `calibration` (`Knowledge.coverage`), `size`, `delivery`, `spread`,
    `waiting`, `trust` and `attribution` are of all metrics all the same.

    Args:
        metric: without it conversions for the money are left out wherever the CPA, which says the same, is there.
        platform: keeps effects of that platform and its interactions; any spelling of its name.
        goal: a kind of conversion (`goals` lists them); without it the goal most money is spent on.
        joined: signals that always came together are one row, which names the others (`same_as`).
        pending: campaigns that the knowledge has not taken in yet.

    Raises:
        InvalidInput: an unknown metric, or a cursor that is not ours.
    """
    if metric is not None:
        check_metric(metric)
    goals, waiting = [one.kind for one in knowledge.every_goal], knowledge.waiting
    of_workspace = _of_workspace(knowledge)
    knowledge = knowledge if goal is None else knowledge.of_kind(normal_kind(goal))
    among = _among(knowledge, metric, group, platform, joined=joined)
    findings = sum(effect.finding for effect in among)
    matches = sorted((effect for effect in among if effect.finding or not findings_only), key=_reading_order)
    start, size = _offset(cursor), max(1, min(limit, MOST_ITEMS))
    more = start + size < len(matches)
    return {
        "items": _items(matches[start : start + size], knowledge),
        "next_cursor": _cursor(start + size) if more else None,
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
        "findings": findings,
        "not_evidence": len(among) - findings,
        "campaigns": knowledge.campaigns,
        "calibration": knowledge.coverage,
        "spread": knowledge.spread,
        "size": knowledge.size,
        **_of_time(knowledge),
        "delivery": knowledge.delivery_tilt,
        "reason": None if matches else nothing_known(knowledge, pending) or "no effect matches these filters",
        "goals": goals,
        "waiting": dict(waiting) or None,
        **of_workspace,
        "pending": pending,
    }


def _of_time(knowledge: Knowledge) -> dict[str, Any]:
    """What goes with age, months, weekdays and events; knowledge of before may not say some of it."""
    diagnostics = knowledge.diagnostics
    return {
        "wear": diagnostics.get("wear", {}),
        "season": diagnostics.get("season", {}),
        "season_outlook": diagnostics.get("season_outlook"),
        "weekdays": diagnostics.get("weekdays", {}),
        "events": diagnostics.get("events", []),
    }


def _of_workspace(knowledge: Knowledge) -> dict[str, Any]:
    """What the fit left out, what experiments say of observed differences, and studies of what platforms claim."""
    trust, attribution = knowledge.experiments.trust, knowledge.experiments.attribution
    studies = {signals.parse(key).level or ALL_PLATFORMS: dict(share) for key, share in attribution.items()}
    return {
        "approximate": left_out_sentence(knowledge.left_out),
        "trust": None if trust is None else dict(trust),
        "attribution": studies,
    }


def _items(effects: Sequence[Effect], knowledge: Knowledge) -> list[ShownEffect]:
    """Effects with their signals in words and the signals that they cannot be told apart from."""
    together = _together(knowledge.aliases)
    return [
        ShownEffect(
            **known_values(effect),
            label=signals.label_of(effect.signal, knowledge.spellings),
            same_as=together.get(effect.signal, ()),
        )
        for effect in effects
    ]


def _together(aliases: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Signals that always came together: each with the others, the one whose effect was estimated first."""
    groups: dict[str, list[str]] = {}
    for alias, stands in aliases.items():
        groups.setdefault(stands, [stands]).append(alias)
    return {key: tuple(other for other in group if other != key) for group in groups.values() for key in group}


def _one_each(effects: Sequence[Effect], aliases: Mapping[str, str]) -> list[Effect]:
    """One row for signals that always came together: that of the one estimated, or of the first that is shown."""
    rows: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        key = (aliases.get(effect.signal, effect.signal), effect.metric)
        if key not in rows or effect.signal == key[0]:
            rows[key] = effect
    return list(rows.values())


def _among(
    knowledge: Knowledge, metric: str | None, group: str | None, platform: str | None, *, joined: bool
) -> list[Effect]:
    """The effects asked for; without a metric each signal's CPA and its reciprocal are told once."""
    keys = None if platform is None else signals.of_platform(platform)
    among = [effect for effect in knowledge.effects if _matches(effect, metric, group, keys)]
    if metric is None:
        among = once_each(among, lambda effect: (effect.signal, effect.metric))
    return _one_each(among, knowledge.aliases) if joined else among


def _reading_order(effect: Effect) -> tuple[bool, bool]:
    """What is known before what is not, single signals before pairs; else the order of the knowledge stays."""
    return not effect.finding, signals.CROSS in effect.group


def _matches(effect: Effect, metric: str | None, group: str | None, platform: signals.Signal | None) -> bool:
    """Whether an effect is among those of a metric, a group and a platform, each as far as it was asked for."""
    named = metric in (None, effect.metric) and group in (None, effect.group)
    return named and (platform is None or _of_platform(effect, platform))


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
