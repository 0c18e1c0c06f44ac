"""The state of a learning, and what moves it from one to another: outcomes and nothing else.

A learning's numbers are those of a fit; its state follows from them and from whether the effect still holds:

    emerging      a finding on few campaigns, or not yet certain
    established   a finding on enough campaigns, with a false-sign rate of at most 5 %; stays so up to 20 %
    contested     opposite in two contexts, one of which a finding sets apart: split, never averaged to "no effect"
    superseded    it held, and the newer campaigns no longer show it
    retired       what it stood on was taken back, or it was never confirmed

Recalling, repeating or resubmitting changes nothing, age alone hides nothing, and text made by the engine or a model is
never evidence. Pure: knowledge and points in, learnings out; must not know stores, clocks or memory.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.evidence import day_text
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.number_of import number_of
from reflection.explain.formatting import probability, rounded_lift
from reflection.inference.fits.posterior import effect_matrix, known, resolved
from reflection.learnings.change_point import ChangePoint, Point, estimates, has_ended, latest_step
from reflection.learnings.claims import (
    CampaignEstimate,
    Claim,
    Learning,
    Reading,
    Segment,
    State,
    are_opposite,
)
from reflection.stats.honesty.false_discovery import ash
from reflection.stats.quantiles import limits

ENOUGH_CAMPAIGNS = 5.0
CERTAIN = 0.05
STILL_CERTAIN = 0.20
UNCONFIRMED = 0.35
SIZE_HALF = 0.2
"""The absolute log effect (about 20 %) at which size counts half."""

STANDING: dict[State, float] = {
    "established": 1.0,
    "contested": 0.6,
    "emerging": 0.5,
    "superseded": 0.2,
    "retired": 0.1,
}
"""How much a state's claim counts when learnings are ranked."""

MAX_EVIDENCE = 50
"""Campaigns named for and against, the heaviest first; the counts are of all."""


def readings_of(knowledge: Knowledge, standing: Collection[str] = ()) -> dict[Claim, Reading]:
    """What a fit says of every claim on metrics with findings, or with learnings: each effect, and each interaction as
    its signal within a context. On other metrics nothing is a learning, or may become one.

    An interaction's own effect is a deviation; the claim in a context is main effect plus deviation, which is what one
    can act on. It is a finding where the deviation is one, or where another context contradicts it.

    Args:
        standing: metrics with learnings.
    """
    readings = {}
    asked = {*standing, *(effect.metric for effect in knowledge.effects if effect.finding)}
    effects = [
        effect
        for effect in knowledge.effects
        if effect.metric in asked
        and not signals.is_unstated(effect.signal)
        and (effect.identified or "*" not in effect.group)
    ]
    sides, within = _sides_of_findings(knowledge, "sides"), _sides_of_findings(knowledge, "within")
    for effect in effects:
        if "*" not in effect.group:
            claim = Claim(effect.signal, "", effect.metric)
            readings[claim] = Reading(
                claim, effect.effect, effect.interval, effect.lfsr, effect.campaigns, effect.finding,
                sides=sides.get((effect.signal, effect.metric)),
            )  # fmt: skip
    inner: dict[Claim, list[tuple[Effect, Segment]]] = {}
    crossed = [effect for effect in effects if "*" in effect.group]
    for effect, segment in _segments(knowledge, crossed):
        general = Claim(signals.parse(effect.signal).parts[1].key, "", effect.metric)
        inner.setdefault(general, []).append((effect, segment))
    for general, pairs in inner.items():
        segments = tuple(sorted((segment for _, segment in pairs), key=lambda segment: segment.context))
        split = are_opposite(segments)
        for effect, segment in pairs:
            claim = replace(general, context=segment.context)
            readings[claim] = _within(claim, effect, segment, split, within.get((effect.signal, effect.metric)))
        if general in readings:
            readings[general] = replace(readings[general], segments=segments)
    return readings


def assess(before: Learning | None, reading: Reading | None, points: Sequence[Point]) -> Learning | None:
    """The learning as it stands after a fit, or None where there is none to speak of.

    Args:
        before: its last revision, None for a claim that was none.
        reading: what the fit says; None when its signal is no longer in the evidence.
        points: what each campaign says (`change_point.MetricView.points`).
    """
    if reading is None:
        if before is None or before.state == "retired":
            return before
        return replace(before, state="retired", reason="the evidence it stood on was taken back", witnesses=())
    pooled = math.log(reading.effect)
    step = latest_step(points, pooled)
    ended = step if has_ended(step, _believed(before, reading)) else None
    state, reason = next_state(before.state if before else None, reading, ended)
    if state is None:
        return None
    return _described(state, reason, reading, points, step, ended if state == "superseded" else None)


def next_state(before: State | None, reading: Reading, ended: ChangePoint | None) -> tuple[State | None, str]:
    """The state that follows, and why. A claim that was never a finding has none.

    Leaving a state takes more than entering it, so that a claim on the edge does not flicker.
    """
    if are_opposite(reading.segments):
        return "contested", "its effect is opposite in two contexts, each beyond noise"
    if ended is not None and (reading.finding or before in ("established", "contested", "superseded")):
        before_it, after_it = (rounded_lift(math.exp(level)) for level in (ended.before, ended.after))
        return (
            "superseded",
            f"it held at {before_it} until {day_text(ended.day)} and is {after_it} in the campaigns since",
        )
    if reading.finding and reading.campaigns >= ENOUGH_CAMPAIGNS and reading.lfsr <= CERTAIN:
        return "established", f"on evidence worth {number_of(reading.campaigns, 'campaign')}, {_right(reading)}"
    if before == "established" and reading.lfsr <= STILL_CERTAIN:
        return "established", f"weaker than it was, {_right(reading)}"
    if before in ("established", "contested"):
        return "superseded", f"over all campaigns, {_right(reading)} only"
    if reading.finding:
        return "emerging", f"beyond noise on evidence worth {number_of(reading.campaigns, 'campaign')}, to be confirmed"
    if before == "emerging" and reading.lfsr > UNCONFIRMED:
        return "retired", f"it was never confirmed: {_right(reading)} only"
    return before, "as before"


def is_material(before: Learning | None, after: Learning) -> bool:
    """Whether a new revision says something new: another state or direction, a tenth more evidence, a moved effect.

    What is served is always the newest revision, so leaving one out bends nothing that was said.
    """
    if before is None:
        return True
    if (before.state, before.direction, before.until) != (after.state, after.direction, after.until):
        return True
    width = math.log(before.interval[1] / before.interval[0]) or 1e-9
    moved = abs(math.log(after.effect / before.effect)) > 0.1 * width
    narrowed = abs(math.log(after.interval[1] / after.interval[0]) / width - 1.0) > 0.1
    votes = (before.supporting, before.contradicting) != (after.supporting, after.contradicting)
    return moved or narrowed or votes or abs(after.campaigns - before.campaigns) > 0.1 * before.campaigns


def worth(learning: Learning) -> float:
    """Effect size x certainty, in 0..1.

    Size is |log effect| / (|log effect| + SIZE_HALF), certainty (1 - lfsr) times the standing of the state.
    """
    size = abs(math.log(learning.effect))
    if learning.segments and learning.state == "contested":
        size = max(abs(math.log(segment.effect)) for segment in learning.segments)
    certainty = 1.0 if learning.state == "contested" else 1.0 - learning.lfsr
    return size / (size + SIZE_HALF) * certainty * STANDING[learning.state]


def _believed(before: Learning | None, reading: Reading) -> float:
    """The log effect a step is held against: what was believed, unless a finding now says the opposite."""
    pooled = math.log(reading.effect)
    if before is None or before.state == "retired":
        return pooled
    believed = math.log(before.effect)
    return pooled if reading.finding and believed * pooled < 0.0 else believed


def _described(
    state: State,
    reason: str,
    reading: Reading,
    points: Sequence[Point],
    step: ChangePoint | None,
    ended: ChangePoint | None,
) -> Learning:
    pooled = math.log(reading.effect)
    believed = ended.before if ended is not None else pooled
    own = estimates(points, pooled)
    witnesses = [
        CampaignEstimate(point.campaign_id, math.exp(value), math.sqrt(point.variance), value * believed > 0.0)
        for point, value in own
    ]
    heaviest = sorted(witnesses, key=lambda item: (item.sd, item.campaign_id))
    supporting, contradicting = _sides(reading, witnesses, believed)
    return Learning(
        claim=reading.claim,
        state=state,
        reason=reason,
        direction=_direction(reading.claim.metric, believed),
        effect=math.exp(believed),
        interval=reading.interval,
        lfsr=reading.lfsr,
        campaigns=reading.campaigns,
        since=own[0][0].day if own else None,
        until=ended.day if ended is not None else None,
        effect_now=math.exp(step.after) if step is not None else None,
        segments=reading.segments,
        witnesses=tuple(heaviest[:MAX_EVIDENCE]),
        supporting=supporting,
        contradicting=contradicting,
    )


def _sides(reading: Reading, witnesses: Sequence[CampaignEstimate], believed: float) -> tuple[int, int]:
    """How many campaigns are for what is believed (log effect) and against it, beyond noise: of a finding as the fit
    counts them, which patterns say, too.
    """
    if reading.sides is None:
        sides = [witness.supports for witness in witnesses if witness.beyond_noise]
        return sum(sides), len(sides) - sum(sides)
    pro, contra = reading.sides
    return (pro, contra) if believed * math.log(reading.effect) > 0.0 else (contra, pro)


def _sides_of_findings(knowledge: Knowledge, name: str) -> dict[tuple[str, str], tuple[int, int]]:
    """How many campaigns are for and against what is a finding, as the fit counts them, by signal and metric."""
    return {
        (finding.signal_key, metric): (int(about[name][0]), int(about[name][1]))
        for finding in knowledge.findings
        for metric, about in finding.metadata.get("also", {}).items()
        if name in about
    }


def _within(claim: Claim, effect: Effect, segment: Segment, split: bool, sides: tuple[int, int] | None) -> Reading:
    finding = segment.beyond_noise and (segment.differs or split)
    return Reading(claim, segment.effect, segment.interval, segment.lfsr, effect.campaigns, finding, sides=sides)


def _segments(knowledge: Knowledge, crossed: Sequence[Effect]) -> list[tuple[Effect, Segment]]:
    """The effect of each interaction's signal within its context; those on one metric are judged together."""
    pairs = []
    for metric in sorted({effect.metric for effect in crossed}):
        own = [effect for effect in crossed if effect.metric == metric]
        if not known(knowledge, metric):
            continue
        sample = _draws_within(knowledge, metric, own)
        spread = sample.std(axis=1)
        varying = np.flatnonzero(spread > 0)
        if not len(varying):
            continue
        sample = sample[varying]
        means = sample.mean(axis=1)
        lifts = np.exp(np.column_stack([means, *limits(sample)])).tolist()
        above = (sample > 0.0).mean(axis=1).tolist()
        rates = ash(means, spread[varying]).false_sign_rate().tolist()
        for place, (middle, low, high), better, rate in zip(varying.tolist(), lifts, above, rates, strict=True):
            effect = own[place]
            context = signals.parse(effect.signal).parts[0].key
            pairs.append((effect, Segment(context, middle, (low, high), better, rate, effect.finding)))
    return pairs


def _draws_within(knowledge: Knowledge, metric: str, crossed: Sequence[Effect]) -> NDArray[np.float64]:
    """Draws of the log effect of each interaction's signal within its context, (interactions, draws)."""
    rows, matrix = effect_matrix(knowledge, metric)
    sample = np.zeros((len(crossed), matrix.shape[1]))
    for total, effect in zip(sample, crossed, strict=True):
        signal = signals.parse(effect.signal).parts[1]
        names = resolved(knowledge, {signal.key: 1.0, effect.signal: 1.0})
        for row in (rows[name] for name in names if name in rows):
            total += matrix[row]
    return sample


def _direction(metric: str, log_effect: float) -> Literal["favorable", "unfavorable"]:
    return "favorable" if METRICS[metric].favors(log_effect > 0.0) else "unfavorable"


def _right(reading: Reading) -> str:
    """How probable the direction is, in words that never say certain."""
    return f"its direction is right with a probability of {probability(1.0 - reading.lfsr)}"
