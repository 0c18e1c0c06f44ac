"""Learnings: claims with an identity, a state and a history, and the sentence that says them.

A claim is (signal x context x metric); the same claim in other words is evidence, not a second learning. Values only:
what moves a learning from state to state is in lifecycle.py; must not know stores, clocks or memory.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reflection.domain import signals
from reflection.domain.evidence import day_text
from reflection.domain.metrics import METRICS, as_read
from reflection.domain.scatter import BEYOND_NOISE
from reflection.domain.weights import Interval
from reflection.explain.formatting import rounded_lift
from reflection.stats.honesty.false_discovery import LEVEL

State = Literal["emerging", "established", "contested", "superseded", "retired"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a learning is about; `context` is a signal key, empty where the claim is general."""

    signal_key: str
    context: str
    metric: str

    @property
    def learning_id(self) -> str:
        """The same claim has the same id in every workspace and at every time."""
        text = f"{self.signal_key}\x1f{self.context}\x1f{self.metric}"
        return "lrn_" + hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one fit says of a claim; `effect` and `interval` as lifts, `lfsr` the local false-sign rate.

    `segments` are the effects within contexts, of a general claim. `sides` is how many campaigns are for a finding and
    against it, by the fit; None of what is none.
    """

    claim: Claim
    effect: float
    interval: Interval
    lfsr: float
    campaigns: float
    finding: bool
    segments: "tuple[Segment, ...]" = ()
    sides: tuple[int, int] | None = None

    @property
    def worth_a_look(self) -> bool:
        """Whether it may be a learning on its own: a finding, or one that contexts contradict."""
        return self.finding or are_opposite(self.segments)


@dataclass(frozen=True, slots=True)
class Segment:
    """The effect within one context.

    Attributes:
        probability: that it raises the metric.
        lfsr: its false-sign rate among the effects of all signals in all contexts.
        differs: whether a finding says that the effect differs here from what it is elsewhere.
    """

    context: str
    effect: float
    interval: Interval
    probability: float
    lfsr: float = 1.0
    differs: bool = False

    @property
    def beyond_noise(self) -> bool:
        """Whether its direction is certain enough to be told, or to contradict another's."""
        return self.lfsr <= LEVEL and not self.interval[0] <= 1.0 <= self.interval[1]


@dataclass(frozen=True, slots=True)
class CampaignEstimate:
    """One campaign's own estimate of the effect (lift) with its standard deviation (log scale)."""

    campaign_id: str
    estimate: float
    sd: float
    supports: bool

    @property
    def beyond_noise(self) -> bool:
        """Whether it counts for or against."""
        return abs(math.log(self.estimate)) > BEYOND_NOISE * self.sd


@dataclass(frozen=True, slots=True)
class Learning:
    """One revision of a learning: everything that was believed, and what it stood on.

    Attributes:
        direction: whether the effect is good for who advertises (a lower CPA is).
        since: first day (days since 1970-01-01) of the campaigns it stands on; `until` the day the effect ended.
        effect_now: effect in the campaigns after the last step, where there was one.
        supporting: number of campaigns for it, `contradicting` against it, both beyond noise: of a finding as the fit
            counts them, else by `witnesses`.
    """

    claim: Claim
    state: State
    reason: str
    direction: Literal["favorable", "unfavorable"]
    effect: float
    interval: Interval
    lfsr: float
    campaigns: float
    since: int | None = None
    until: int | None = None
    effect_now: float | None = None
    segments: tuple[Segment, ...] = ()
    witnesses: tuple[CampaignEstimate, ...] = ()
    supporting: int = 0
    contradicting: int = 0

    def text(self, spellings: Mapping[str, str]) -> str:
        """The claim as a sentence, from the numbers; `spellings` as of `Knowledge`."""
        about = signals.label_of(self.claim.signal_key, spellings)
        name, effect, interval = as_read(self.claim.metric, self.effect, self.interval)
        metric = METRICS[name].short_name
        beside = "on" if signals.parse(self.claim.context).group == signals.PLATFORM else "for"
        where = f" {beside} {signals.label_of(self.claim.context, spellings)}" if self.claim.context else ""
        if self.state == "contested":
            parts = (
                f"{signals.label_of(item.context, spellings)}: {self._read(item.effect)}" for item in self.segments
            )
            return f"{about} works in opposite ways on {metric}: {'; '.join(parts)}"
        size, (low, high) = effect or 1.0, interval or self.interval
        sentence = f"{about}{where}: {metric} {rounded_lift(size)}"
        if low <= size <= high:  # of what ended it is what all campaigns say together, and no range of what held
            sentence += f" ({rounded_lift(low)} to {rounded_lift(high)})"
        return f"{sentence}, {self._end()}" if self.state == "superseded" else sentence

    def _read(self, lift: float) -> str:
        """A lift on the metric that people read."""
        return rounded_lift(as_read(self.claim.metric, lift, None)[1] or 1.0)

    def _end(self) -> str:
        """How it ended: at a day where its campaigns show one, else by the weight of all evidence."""
        if self.until is None:
            return "not borne out by all evidence together"
        return f"until {day_text(self.until)}, no longer so"


def are_opposite(segments: Sequence[Segment]) -> bool:
    """Whether two contexts contradict each other: both beyond noise, and of one a finding says that it differs."""
    certain = [segment for segment in segments if segment.beyond_noise]
    ways = {segment.effect > 1.0 for segment in certain}
    return len(ways) > 1 and any(segment.differs for segment in certain)
