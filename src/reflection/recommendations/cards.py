"""Recommendation cards: one thing to book each, with its odds, its evidence and a sentence for a marketer.

The figures are total effects (`inference.totals.total_effects`), the same that plans, insights and reports show.
Must not know where any of it is stored, nor what time it is. A card's id is a content hash of what it proposes,
never of numbers, so it is the same at each poll.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import Bookable, recommendation_id
from reflection.domain.conversion_kind import plural
from reflection.domain.knowledge import Knowledge
from reflection.domain.next_test import NextTest
from reflection.domain.weights import Interval
from reflection.explain.advice import VERBS, basis, grounds, recommendation, remarks, together
from reflection.explain.sentences import Sentences
from reflection.inference.fits import posterior
from reflection.inference.totals.total_effects import TotalDraws, TotalEffects
from reflection.stats.decisions import thompson

Array = NDArray[np.float64]
NO_CHOICE = 1e-9
"""Standard deviation of a total effect that is none by definition."""

_SENTENCES = Sentences()


@dataclass(frozen=True, slots=True)
class Card:
    """One recommendation.

    Attributes:
        id: content hash of action, signal, metric and context; stable over polls and fits.
        signal: key of what is booked: an audience, a creative, a platform, or one of them on a platform.
        p_better: probability that it is better than what the account usually gets, of the same posterior as `interval`.
        false_sign_rate: probability that it has the other sign or no effect, among all that can be booked; an advice
            has .1 at most.
        effect, interval: its total effect on the goal, as a multiplicative lift (posterior median, 90 % interval).
        expected_gain, downside_5, cvar_5: money in `currency` (None = not stated) per campaign with `stake` at stake;
            all three None while the spend behind it is unknown. `gain` is the same in what the goal counts: revenue, or
            conversions.
        optimistic: 90th percentile of the lift; cards of a lane are ranked by it.
        propensity: probability of being the first proposal when the proposal is drawn (`drawn`); None outside of it.
        evidence_for, evidence_against: ids of campaigns that did better, and worse, than usual with it, beyond noise.
        campaigns, rows, spend, conversions: how much it rests on.
        parts: signals that belong to it by definition, with their shares.
        experiments: ids of randomised experiments that tested it, or a part of its goal.
        goal: what the campaigns it rests on count as a conversion; None where the workspace has one goal.
        test: of a candidate for one, what it costs, how large and long it is, and which result decides; else None.
        reason: what the card really rests on.
    """

    id: str
    action: str
    signal: str
    label: str
    metric: str
    lane: thompson.Lane
    p_better: float
    false_sign_rate: float
    effect: float
    interval: Interval
    optimistic: float
    expected_gain: float | None
    downside_5: float | None
    cvar_5: float | None
    stake: float | None
    currency: str | None
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    campaigns: int
    grade: str
    propensity: float | None
    drawn: bool
    sentence: str
    reason: str
    platform: str | None = None
    objective: str | None = None
    rows: int = 0
    spend: float | None = None
    conversions: float = 0.0
    gain: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    goal: str | None = None
    experiments: tuple[str, ...] = ()
    test: NextTest | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A card with the posterior draws it came from, for ranking and drawing; what is not `known` is only tested."""

    card: Card
    draws: Array
    known: bool = True


def build(
    knowledge: Knowledge,
    platform: str | None = None,
    objective: str | None = None,
    *,
    metric: str | None = None,
    effects: TotalEffects | None = None,
) -> tuple[Option, ...]:
    """Every option of a workspace on a goal, in the order of their keys.

    With a platform, odds are those on this platform; without, a pair with a platform is an option of its own where it
    says something else than the thing itself.

    Args:
        platform, objective: what is settled, as written.
        metric: the goal; the workspace's by default. effects: the total effects on it, where they are there.
    """
    goal = metric or knowledge.goal_metric
    if not posterior.known(knowledge, goal):
        return ()
    platform_key = signals.of_platform(platform).key if platform else None
    objective_key = signals.of_objective(objective).key if objective else None
    bookables = [choice for choice in knowledge.bookables if _is_choice(choice, platform_key, objective_key, knowledge)]
    totals = (effects or TotalEffects(knowledge, goal)).of(bookables, platform=platform_key, objective=objective_key)
    # The only platform, audience or creative there is, is what is usual: there is no other choice.
    choices = [
        (bookable, total)
        for bookable, total in zip(bookables, totals, strict=True)
        if total.draws.std() > NO_CHOICE and (bookable.known or total.total.test is not None)
    ]
    options = [
        Option(_card(knowledge, bookable, total, platform, objective), total.draws, bookable.known)
        for bookable, total in choices
    ]
    decided = {option.card.signal: option.card.lane for option in options}
    ways: dict[str, set[str]] = defaultdict(set)
    for option, (bookable, _) in zip(options, choices, strict=True):
        if bookable.platform is not None:
            ways[bookable.definition.key].add(option.card.lane)
    return tuple(
        option
        for option, (bookable, _) in zip(options, choices, strict=True)
        if _says_more(option.card, bookable, decided, settled=platform_key is not None)
        and not _is_split(option.card, bookable, ways)
    )


def with_propensities(options: Sequence[Option], *, drawn: bool) -> tuple[Option, ...]:
    """The same options with the Thompson propensity of each on its card (they add up to 1)."""
    if not options:
        return ()
    count = min(option.draws.size for option in options)
    shares = thompson.propensities(np.stack([option.draws[:count] for option in options]))
    return tuple(
        replace(option, card=replace(option.card, propensity=float(share), drawn=drawn))
        for option, share in zip(options, shares, strict=True)
    )


def _is_choice(bookable: Bookable, platform: str | None, objective: str | None, knowledge: Knowledge) -> bool:
    """Whether it can be chosen here."""
    if (
        objective is not None
        and objective in knowledge.delivery
        and bookable.objectives
        and objective not in bookable.objectives
    ):
        return False  # it never ran for this
    # A settled platform is no choice any more, and what differs there is in the total effect on it.
    return platform is None or (bookable.platform is None and bookable.definition.kind != signals.PLATFORM)


def _is_split(card: Card, booked: Bookable, ways: Mapping[str, set[str]]) -> bool:
    """Whether something is known to do well on one platform and badly on another: then it is no candidate for all."""
    return booked.platform is None and card.lane == "explore" and {"exploit", "avoid"} <= ways[booked.definition.key]


def _says_more(card: Card, booked: Bookable, lanes: Mapping[str, str], *, settled: bool) -> bool:
    """Whether a pair says something that the thing itself does not say of every platform, or with every partner.

    Args:
        settled: whether the platform is.
    """
    decided = card.lane in ("exploit", "avoid")
    if booked.definition.kind == "pair":
        return decided
    return booked.platform is None or settled or (decided and card.lane != lanes.get(booked.definition.key))


def _card(
    knowledge: Knowledge,
    bookable: Bookable,
    judged: TotalDraws,
    platform: str | None,
    objective: str | None,
) -> Card:
    total, odds = judged.total, judged.odds
    evidence = recommendation(bookable, total, platform=platform, objective=objective)
    # Where revenue is known the value of the spend is revenue, else the spend itself: conversions at the usual CPA.
    worth = judged.level if total.metric == "roas" else 1.0
    money = total.stake is not None and worth is not None
    notes = "; ".join(remarks(bookable, total, knowledge.floor)) or grounds(bookable.grade, bookable.experiments)
    rests_on = (f"seen in {basis(bookable)}", together(bookable, total.metric), notes)
    return Card(
        id=card_id(total.lane, bookable.key, total.metric, platform, objective),
        action=f"{VERBS[total.lane]} {bookable.label}",
        signal=bookable.key,
        label=bookable.label,
        metric=total.metric,
        lane=total.lane,
        p_better=total.p_better,
        false_sign_rate=total.false_sign_rate,
        effect=total.effect,
        interval=total.interval,
        optimistic=total.optimistic,
        expected_gain=odds.expected_gain * (worth or 0.0) if money else None,
        downside_5=odds.downside_5 * (worth or 0.0) if money else None,
        cvar_5=odds.cvar_5 * (worth or 0.0) if money else None,
        stake=total.stake,
        currency=total.currency,
        evidence_for=bookable.supporting,
        evidence_against=bookable.contradicting,
        campaigns=bookable.campaigns,
        grade=bookable.grade,
        experiments=bookable.experiments,
        propensity=None,
        drawn=False,
        sentence=_of_goal(_SENTENCES.recommendation(evidence), knowledge.goal),
        reason="; ".join(filter(None, rests_on)),
        platform=platform,
        objective=objective,
        rows=bookable.rows,
        spend=bookable.spend,
        conversions=bookable.conversions,
        gain=total.gain,
        parts=bookable.definition.parts,
        goal=knowledge.goal,
        test=total.test,
    )


def _of_goal(sentence: str, goal: str | None) -> str:
    """A sentence that says which campaigns it is for, where the workspace has several goals."""
    return sentence if goal is None else f"For {plural(goal)}: {sentence}"


def card_id(
    lane: thompson.Lane, signal: str, metric: str, platform: str | None = None, objective: str | None = None
) -> str:
    """Content hash of what a card proposes."""
    return recommendation_id(VERBS[lane], signal, metric, platform, objective)
