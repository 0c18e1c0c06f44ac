"""The campaigns for and against the effect of one signal, as doors show them.

Each by the rule of the fit (`support`): what its cells with the signal did over what is expected without it, held
against how its other cells did, and beyond noise or not. Pure: knowledge and evidence in, JSON-able values out. All is
computed from the stored posteriors, so no fit and no history is needed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.basis import reference_of
from reflection.domain.conversion_kind import normal_kind
from reflection.domain.effect import known_values
from reflection.domain.evidence import Counts, Evidence, day_text, decode
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import METRICS, MODELLED
from reflection.domain.scatter import BEYOND_NOISE
from reflection.errors import InvalidInput
from reflection.inference.columns.time_of_year import shares_of_year
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import USUAL_SIZE, PlannedSize
from reflection.inference.support import LEAST_EVENTS, UNCOUNTED
from reflection.stats.sums.campaign_size import size_of


@dataclass(slots=True)
class _Sum:
    """What some cells of a campaign show and were expected to, the events expected of them, and how many they are."""

    observed: float = 0.0
    expected: float = 0.0
    events: float = 0.0
    cells: int = 0

    def add(self, observed: float, expected: float, events: float) -> None:
        self.observed += observed
        self.expected += expected
        self.events += events
        self.cells += 1


def evidence_of(
    knowledge: Knowledge,
    signal: str,
    metric: str | None,
    evidence: Sequence[tuple[str, bytes]],
    goal: str | None = None,
) -> dict[str, Any]:
    """Campaigns for and against an effect: {signal, metric, effect, supporting, contradicting, neither, sides, held,
    as_of, epoch}.

    Of the goal most money is spent on, or of another (`goal`, a kind of conversion).

    A campaign's residual is the log of what its cells with the signal did over what is expected of them without the
    signal's effect; above zero speaks for a higher metric. It counts for or against only beyond its noise (`sd`); for
    and against a higher metric where the effect is not identified. It is held against the present level; `sides`, how
    many are for and against its finding, (2,), are those of the fit, which takes off what time did to each.

    Raises:
        InvalidInput: an unknown metric.
    """
    whole, knowledge = knowledge, knowledge if goal is None else knowledge.of_kind(normal_kind(goal))
    chosen = metric or knowledge.goal_metric
    check_metric(chosen)
    effect = next((e for e in knowledge.effects if e.signal == signal and e.metric == chosen), None)
    held = [name for name, _ in evidence if name in knowledge.held]
    counted = (decode(payload) for name, payload in evidence if name not in knowledge.held)
    among = [item for item in counted if not whole.goals or whole.kind_for(item) == knowledge.kind]
    sums = _sums(knowledge, signal, chosen, among)
    residuals = [_residual(knowledge, chosen, item, *both) for item, both in zip(among, sums, strict=True)]
    measured = sorted((r for r in residuals if r is not None), key=lambda r: (-abs(r["residual"]), r["campaign_id"]))
    sign = 1.0 if effect is None or not effect.identified or effect.effect >= 1 else -1.0
    return {
        "signal": signal,
        "metric": chosen,
        "effect": None if effect is None else Effect(**known_values(effect)),
        "supporting": [r for r in measured if r["residual"] * sign > BEYOND_NOISE * r["sd"]],
        "contradicting": [r for r in measured if -r["residual"] * sign > BEYOND_NOISE * r["sd"]],
        "neither": [r for r in measured if abs(r["residual"]) <= BEYOND_NOISE * r["sd"]],
        "sides": _sides(knowledge, signal, chosen),
        "held": held,
        "as_of": knowledge.as_of,
        "epoch": knowledge.epoch,
    }


def _sides(knowledge: Knowledge, signal: str, metric: str) -> tuple[int, int] | None:
    """How many campaigns the finding on a signal counts for it and against it; None where it is none."""
    key = knowledge.aliases.get(signal, signal)
    also = (one.metadata.get("also", {}) for one in knowledge.findings if one.signal_key == key)
    sides = next((about[metric]["sides"] for about in also if "sides" in about.get(metric, {})), None)
    return None if sides is None else (int(sides[0]), int(sides[1]))


def _residual(knowledge: Knowledge, metric: str, evidence: Evidence, own: _Sum, rest: _Sum) -> dict[str, Any] | None:
    """Observed over expected-without-the-signal of the campaign's cells that have the signal, held against how its
    other cells did, as `support` counts it."""
    if own.observed <= 0 or own.expected <= 0:
        return None
    compared = rest.observed > 0 and rest.expected > 0
    expected = own.expected * (rest.observed / rest.expected if compared else 1.0)
    return {
        "campaign_id": evidence.campaign_id,
        "day": day_text(evidence.day),
        "residual": math.log(own.observed / expected),
        "sd": _noise(knowledge, metric, own, rest if compared else None),
        "observed": own.observed,
        "expected": expected,
    }


def _sums(knowledge: Knowledge, signal: str, metric: str, evidence: Sequence[Evidence]) -> list[tuple[_Sum, _Sum]]:
    """Of each campaign, sums over the cells with a signal, expected without its effect, and over all others."""
    aliases, booked = knowledge.aliases, list[tuple[int, Counts, bool]]()
    mixes, without, key = list[dict[str, float]](), list[dict[str, float]](), aliases.get(signal, signal)
    for number, item in enumerate(evidence):
        for cell in item.cells:
            shares = knowledge.pairs.added_to(cell.shares)
            mix = {name: share for name, share in shares.items() if name not in aliases}
            has = signal in shares
            booked.append((number, cell.counts, has))
            mixes.append(mix)
            without.append({name: share for name, share in mix.items() if name != key} if has else mix)
    campaign = np.array([number for number, _, _ in booked], dtype=np.intp)
    levels = _levels(knowledge, metric, without, evidence, campaign)
    rate = {"clicks": "ctr", "conversions": "cvr"}.get(METRICS[metric].events or "")
    rates = None if rate is None else _levels(knowledge, rate, mixes, evidence, campaign)
    sums = [(_Sum(), _Sum()) for _ in evidence]
    for place, (number, counts, has) in enumerate(booked):
        numerator, denominator = (getattr(counts, count) for count in METRICS[metric].counts)
        if levels is not None and numerator is not None and denominator is not None:
            events = _events(metric, counts, None if rates is None else float(rates[place]))
            sums[number][not has].add(numerator, denominator / METRICS[metric].scale * float(levels[place]), events)
    return sums


def _size(knowledge: Knowledge, evidence: Evidence) -> PlannedSize:
    """How large a campaign was planned, as fits see it."""
    planned = not reference_of(evidence.planner, evidence.expected, evidence.actual)
    if not planned or not knowledge.planned_sizes:
        return USUAL_SIZE
    return PlannedSize(float(size_of(evidence.expected.impressions or 0.0, knowledge.planned_sizes["usual"])))


def _levels(
    knowledge: Knowledge,
    metric: str,
    mixes: Sequence[Mapping[str, float]],
    evidence: Sequence[Evidence],
    campaign: NDArray[np.intp],
) -> NDArray[np.float64] | None:
    """The metric expected of each cell, (cells,); `campaign`: the place of each one's evidence."""
    levels = posterior.levels_of_sums(knowledge, metric, mixes)
    if levels is None:
        return None
    of_campaign = [
        posterior.season_effect(knowledge, metric, shares_of_year(item.days))
        + posterior.size_effect(knowledge, metric, _size(knowledge, item))
        for item in evidence
    ]
    return np.asarray(np.exp(levels + np.array(of_campaign)[campaign]))


def _events(metric: str, counts: Counts, rate: float | None) -> float:
    """Events expected of a cell whose counting is the metric's noise; those counted where no rate is known."""
    name = METRICS[metric].events
    if name is None:
        return UNCOUNTED
    base = counts.impressions if name == "clicks" else counts.clicks
    return (getattr(counts, name) or 0.0) if rate is None or base is None else base * rate


def _noise(knowledge: Knowledge, metric: str, own: _Sum, rest: _Sum | None) -> float:
    """Standard deviation that a residual has anyway: the counting of events, and the scatter of campaigns, or, where a
    campaign's other cells are at hand, of its cells."""
    about, sides = METRICS[metric], [own] if rest is None else [own, rest]
    counting = sum(about.noise / max(side.events, LEAST_EVENTS) for side in sides)
    cells = 1.0 if rest is None else sum(1.0 / side.cells for side in sides)
    return math.sqrt(counting + posterior.scatter_seen(knowledge, metric, within=rest is not None) ** 2 * cells)


def check_metric(metric: str) -> None:
    """Refuse what is no metric (InvalidInput)."""
    if metric not in MODELLED:
        costs_last = sorted(
            (name for name in METRICS if name in MODELLED), key=lambda name: not METRICS[name].favors(True)
        )
        raise InvalidInput(f"'{metric}' is not a metric", hint=f"one of {', '.join(costs_last)}", field="metric")
