"""What a planner can book: an audience with all its attributes, a creative with its type, a platform.

Which signals belong to it *by definition* is what campaigns said of it, and nothing that merely ran beside it. Where
campaigns describe one name differently, only what all of them say belongs to it; the rest is named as differing. Knows
campaigns and signals; must not know evidence or numbers.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.conversion_kind import UNSTATED
from reflection.domain.grade import Grade
from reflection.domain.next_test import NextTest
from reflection.domain.weights import Interval

Kind = Literal["platform", "audience", "creative", "pair"]
"""A pair is an audience with a creative, which do together what neither does alone."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One bookable thing as campaigns define it.

    Attributes:
        key: the signal of its name: ``audience:parents 35-44``, ``creative:crt_video``, ``platform:meta``.
        parts: signals booked with it, its name among them, and their shares (a list of ages splits its share).
        differs: groups of signals (``audience.age``) that campaigns describe differently; no part of it.
    """

    key: str
    kind: Kind
    parts: Mapping[str, float]
    differs: tuple[str, ...] = field(default=())


FEWEST_CAMPAIGNS = 2
"""What was booked in one campaign says something of that campaign; nothing is said of it in general."""


@dataclass(frozen=True, slots=True)
class EvidenceFloor:
    """What a claim needs at least, whatever its odds: real campaigns, and events (conversions, clicks)."""

    campaigns: int = 3
    events: int = 30


FALSE_ADVICE = 0.10
"""Most that the false-sign rate of an advice may be, as of a finding: of those given at most one in ten is wrong."""

Lane = Literal["exploit", "explore", "avoid", "not enough evidence"]


@dataclass(frozen=True, slots=True)
class Total:
    """The total effect of booking something on a goal, as a multiplicative lift over what the account usually gets.

    Attributes:
        effect, interval: posterior median and 90 % interval; `optimistic` the 90th percentile.
        p_better: probability that it is better than usual, of the same posterior as the interval.
        false_sign_rate: probability that it has the other sign or no effect, by adaptive shrinkage over all that can be
            booked; 1 where no effect at all is as likely. An advice has `FALSE_ADVICE` at most.
        lane: what follows from exactly these figures and from whether there is evidence `enough`; ``explore`` where
            nothing does and a `test` of it is worth more than it costs, None of all others.
        steady: whether it points the same way on every platform, for every objective it was booked for.
        stake: what a usual campaign spends on it, rounded; `gain` what this much brings more than usual: revenue where
            the goal is ROAS, else conversions. None where the money is not known.
        currency: of both amounts; `kind` is what is counted as a conversion.
    """

    metric: str
    effect: float
    interval: Interval
    optimistic: float
    p_better: float
    false_sign_rate: float
    lane: Lane
    steady: bool = True
    stake: float | None = None
    gain: float | None = None
    currency: str | None = None
    kind: str = UNSTATED
    test: NextTest | None = None


@dataclass(frozen=True, slots=True)
class Bookable:
    """Something a planner can book, what is known of it, and how much that rests on.

    Attributes:
        key: of `definition`; of a pair with a platform ``platform*audience:meta*parents 35-44``.
        label: what people call it: ``audience Parents 35-44 on Meta``.
        platform: key of the platform's signal of a pair, else None.
        campaigns, rows: campaigns that booked it, and rows of evidence (of a breakdown: ad rows) of it.
        spend: money spent on it, None where no amount is known; `conversions` likewise counted by its shares.
        with_spend: how many of the campaigns that money is of; the others spent none, or in another currency.
        objectives: share of its spend by objective key.
        enough: whether campaigns and conversions reach the evidence floor.
        confounded: signals it always ran with and so cannot be told apart from, which are no part of it.
        doubt: why its effect is not identified, in words; None where it is.
        total: on the goal metric; None where that could not be fitted.
        beyond: of a pair, metric -> what the two do together beyond what each does alone, where that is a finding.
        experiments: ids of those that tested it on the goal, or on a part of it; `grade` as of an effect.
        campaign_ids: campaigns that booked it, at most a few.
        supporting, contradicting: those that did beyond noise better, and worse, than usual there, at most a few.
    """

    key: str
    label: str
    definition: Definition
    platform: str | None
    campaigns: int
    rows: int
    spend: float | None
    conversions: float
    objectives: Mapping[str, float]
    enough: bool
    confounded: tuple[str, ...] = ()
    doubt: str | None = None
    total: Total | None = None
    campaign_ids: tuple[str, ...] = ()
    supporting: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()
    grade: Grade = "observed"
    experiments: tuple[str, ...] = ()
    beyond: Mapping[str, float] = field(default_factory=dict)
    with_spend: int = 0

    @property
    def identified(self) -> bool:
        """Whether its effect is known apart from that of what it ran with, and of when it ran."""
        return not self.confounded and self.doubt is None

    @property
    def known(self) -> bool:
        """Whether anything is said of it in general; else a test alone can tell."""
        return self.identified and self.campaigns >= FEWEST_CAMPAIGNS

    @property
    def advised(self) -> bool:
        """Whether something is advised for or against it."""
        return self.total is not None and self.total.lane in ("exploit", "avoid")


Description = tuple[str, frozenset[tuple[signals.Signal, float]]]
"""The key of something that a campaign booked, and its signals with their shares."""


def descriptions_of(campaign: Campaign) -> tuple[Description, ...]:
    """What one campaign booked, as it describes it."""
    members = [[(signals.of_platform(campaign.platform), 1.0)]]
    members += [signals.of_audience(audience) for audience in campaign.audiences]
    members += [signals.of_creative(creative) for creative in campaign.creatives]
    return tuple((member[0][0].key, _summed(member)) for member in members)  # its name comes first


def agreed(descriptions: Iterable[Iterable[Description]]) -> tuple[Definition, ...]:
    """What the descriptions of many campaigns agree on, by key; one campaign's descriptions after the other's."""
    different: dict[str, set[frozenset[tuple[signals.Signal, float]]]] = {}
    for own in descriptions:
        for key, shares in own:
            different.setdefault(key, set()).add(shares)
    named = (item for item in sorted(different.items()) if not signals.is_unstated(item[0]))
    return tuple(_defined(key, alternatives) for key, alternatives in named)


def recommendation_id(
    verb: str, key: str, metric: str, platform: str | None = None, objective: str | None = None
) -> str:
    """Content hash of what is recommended, never of numbers: 16 hexadecimal digits after ``rec_``."""
    context = [signals.normalise(value) if value else "" for value in (platform, objective)]
    content = "\n".join([verb, key, metric, *context])
    return "rec_" + hashlib.sha256(content.encode()).hexdigest()[:16]


@lru_cache(maxsize=16_384)
def root(key: str) -> str:
    """What a signal is said of: ``audience`` of ``audience.age:25-34``; of an interaction, of its last part."""
    return signals.parse(key).parts[-1].group.partition(".")[0]


def _summed(members: Iterable[tuple[signals.Signal, float]]) -> frozenset[tuple[signals.Signal, float]]:
    shares: dict[signals.Signal, float] = {}
    for signal, share in members:
        shares[signal] = shares.get(signal, 0.0) + share
    return frozenset(shares.items())


def _defined(key: str, descriptions: Collection[frozenset[tuple[signals.Signal, float]]]) -> Definition:
    """What all descriptions of one name agree on, group by group."""
    by_group = [_grouped(shares) for shares in descriptions]
    parts: dict[str, float] = {}
    differs = []
    for group in sorted(set().union(*by_group)):
        first = by_group[0].get(group)
        if first is None or any(other.get(group) != first for other in by_group):
            differs.append(group)
        else:
            parts |= first
    kind: Kind = "platform" if root(key) == "platform" else "audience" if root(key) == "audience" else "creative"
    return Definition(key, kind, dict(sorted(parts.items())), tuple(differs))


@lru_cache(maxsize=4_096)
def _grouped(shares: frozenset[tuple[signals.Signal, float]]) -> Mapping[str, Mapping[str, float]]:
    """Signals with their shares by group; of a fit's descriptions nearly all were the last fit's, too."""
    groups: dict[str, dict[str, float]] = {}
    for signal, share in shares:
        groups.setdefault(signal.group, {})[signal.key] = share
    return groups
