"""Recommendation cards: one possible action each, with its odds, its evidence and a sentence for a marketer.

Knows what was learnt (`Knowledge`), signal keys and decisions; must not know where any of it is stored, nor what time
it is. A card's id is a content hash of what it proposes, never of numbers, so it is the same at each poll.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.weights import Interval
from reflection.explain.formatting import rounded_lift
from reflection.inference import posterior
from reflection.stats import thompson

Array = NDArray[np.float64]

VERBS = {
    "exploit": "use more of",
    "avoid": "use less of",
    "explore": "test",
    "not enough evidence": "learn about",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One recommendation.

    Attributes:
        id: content hash of action, signal, metric and context; stable over polls and fits.
        p_better: probability that the action's signal beats the usual level of its group.
        effect, interval: multiplicative lift (posterior median) with its 90 % interval.
        expected_gain, downside_5, cvar_5: money in `currency` (None = not stated) per campaign with `stake` at stake;
            all three None while the spend behind the signal is unknown.
        optimistic: 90th percentile of the lift; cards of a lane are ranked by it.
        propensity: probability of being the first proposal when the proposal is drawn (`drawn`); None outside of it.
        evidence_for, evidence_against: ids of campaigns.
        reason: what the card really rests on.
    """

    id: str
    action: str
    signal: str
    label: str
    metric: str
    lane: thompson.Lane
    p_better: float
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
    campaigns: float
    grade: str
    propensity: float | None
    drawn: bool
    sentence: str
    reason: str
    platform: str | None = None
    objective: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A card with the posterior draws it came from, for ranking and drawing."""

    card: Card
    draws: Array


def build(knowledge: Knowledge, platform: str | None = None, objective: str | None = None) -> tuple[Option, ...]:
    """Every option of a workspace on its goal metric, in the order of their signal keys.

    With a platform, a signal's odds are those on this platform (its interaction included); without, interactions are
    options of their own.
    """
    metric = knowledge.goal_metric
    if not posterior.known(knowledge, metric):
        return ()
    # Signals that always come together have one effect; one card for all of them, its reason names the others.
    effects = {
        effect.signal: effect
        for effect in knowledge.effects
        if effect.metric == metric and effect.signal not in knowledge.aliases
    }
    platform_name = signals.normalise(platform) if platform else None
    mixes = {key: mix for key in sorted(effects) if (mix := _mix(key, platform_name, effects)) is not None}
    if not mixes:
        return ()
    rows, matrix = posterior.effect_matrix(knowledge, metric)
    draws = np.stack([matrix[[rows[part] for part in mix if part in rows]].sum(axis=0) for mix in mixes.values()])
    stakes = _stakes(knowledge, [effects[key] for key in mixes])
    odds = thompson.odds(draws, [1.0 if value is None else value for _, value in stakes])
    return tuple(
        Option(_card(knowledge, effects, key, mixes[key], stake, own, platform, objective), own_draws)
        for key, stake, own, own_draws in zip(mixes, stakes, odds, draws, strict=True)
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


def _mix(key: str, platform_name: str | None, effects: dict[str, Effect]) -> tuple[str, ...] | None:
    """The features whose effects one option adds up, or None when it is no option here."""
    parts = signals.parse(key).parts
    if parts[0].group == signals.OBJECTIVE:
        return None  # an objective is given by the brief, not chosen for its return
    if parts[0].group == signals.PLATFORM and platform_name is not None:
        return None  # the platform is settled, and interactions join their main signal below
    if len(parts) == 2:
        main = effects.get(parts[1].key)
        if main is not None and main.finding and not effects[key].finding:
            return None  # what is known of every platform is said once, not again for each
        return (parts[1].key, key)  # on this platform: the main effect and what differs here
    if platform_name is None or len(parts) != 1:
        return (key,)
    crossed = signals.Signal(f"{signals.PLATFORM}*{parts[0].group}", f"{platform_name}*{parts[0].level}").key
    return (key, crossed) if crossed in effects else (key,)


def _card(
    knowledge: Knowledge,
    effects: Mapping[str, Effect],
    key: str,
    mix: Sequence[str],
    stake: tuple[float | None, float | None],
    odds: thompson.Odds,
    platform: str | None,
    objective: str | None,
) -> Card:
    effect, involved = effects[key], [effects[part] for part in mix if part in effects]
    lane = thompson.lane(odds, established=any(one.finding for one in involved))
    findings = [one for one in knowledge.findings if one.signal_key in mix and not one.descriptive]
    spend, value = stake
    money = value is not None
    card = Card(
        id=card_id(lane, key, effect.metric, platform, objective),
        action=f"{VERBS[lane]} {signals.spoken(key, knowledge.spelt)}",
        signal=key,
        label=signals.label_of(key, knowledge.spelt),
        metric=effect.metric,
        lane=lane,
        p_better=odds.p_better,
        effect=odds.median,
        interval=(odds.low, odds.high),
        optimistic=odds.optimistic,
        expected_gain=odds.expected_gain if money else None,
        downside_5=odds.downside_5 if money else None,
        cvar_5=odds.cvar_5 if money else None,
        stake=spend,
        currency=knowledge.currency,
        evidence_for=tuple(sorted({one for finding in findings for one in finding.supporting})),
        evidence_against=tuple(sorted({one for finding in findings for one in finding.contradicting})),
        campaigns=effect.campaigns,
        grade="randomised" if any(one.grade == "randomised" for one in findings) else "observed",
        propensity=None,
        drawn=False,
        sentence="",
        reason=_reason(effect, involved, knowledge.spelt),
        platform=platform,
        objective=objective,
    )
    return replace(card, sentence=_sentence(card, signals.spoken(key, knowledge.spelt)))


def card_id(lane: str, signal: str, metric: str, platform: str | None = None, objective: str | None = None) -> str:
    """Content hash of what a card proposes, 16 hexadecimal digits after ``rec_``."""
    context = [signals.normalise(value) if value else "" for value in (platform, objective)]
    content = "\n".join([VERBS[lane], signal, metric, *context])
    return "rec_" + hashlib.sha256(content.encode()).hexdigest()[:16]


def _stakes(knowledge: Knowledge, effects: Sequence[Effect]) -> list[tuple[float | None, float | None]]:
    """Spend of a usual campaign with each signal, and the value it buys at the usual level; None where not known.

    Where revenue is known the value is revenue (spend x usual ROAS); else conversions at the usual CPA, which makes
    the value of the spend the spend itself.
    """
    worth = posterior.usual(knowledge, "roas") if knowledge.goal_metric == "roas" else 1.0
    found: list[tuple[float | None, float | None]] = []
    for effect in effects:
        if effect.spend and effect.campaigns > 0 and worth is not None:
            spend = effect.spend / max(effect.campaigns, 1.0)
            found.append((spend, spend * worth))
        else:
            found.append((None, None))
    return found


def chance(probability: float) -> str:
    """A probability in words that never claim certainty."""
    if probability > 0.995:
        return "more than 0.99"
    return "less than 0.01" if probability < 0.005 else f"{probability:.2f}"


def _amount(value: float, currency: str | None) -> str:
    return f"{value:+,.0f}" + (f" {currency}" if currency else "")


def _sentence(card: Card, spoken: str) -> str:
    words = METRICS[card.metric].wording
    low, high = (rounded_lift(bound) for bound in card.interval)
    subject = spoken + (f" on {card.platform}" if card.platform else "")
    if card.lane == "not enough evidence":
        return (
            f"Nothing can be said about {subject} yet: its effect on {words} lies between {low} and {high} "
            f"(90 % interval), after {_effective(card.campaigns)}."
        )
    lead = {"exploit": "Use more of", "avoid": "Use less of", "explore": "Test, in a small campaign,"}[card.lane]
    text = (
        f"{lead} {subject}: {words} {rounded_lift(card.effect)} against the usual (90 % interval {low} to {high}); "
        f"it beats the usual with probability {chance(card.p_better)}."
    )
    if card.expected_gain is None or card.downside_5 is None or card.stake is None:
        return text
    stake = f"{card.stake:,.0f}" + (f" {card.currency}" if card.currency else "")
    worth = "of revenue" if card.metric == "roas" else "worth of conversions"
    return (
        f"{text} For a campaign of {stake} that is {_amount(card.expected_gain, card.currency)} {worth} expected, "
        f"and {_amount(card.downside_5, card.currency)} or less in 1 case of 20."
    )


def _effective(campaigns: float) -> str:
    """Effective campaigns in words; a tiny share is not none."""
    return f"{'under 0.1' if campaigns < 0.05 else f'{campaigns:.1f}'} effective campaigns"


def _small(rate: float) -> str:
    """A probability with three digits, never as none."""
    return "below 0.001" if rate < 0.0005 else f"{rate:.3f}"


def _reason(effect: Effect, involved: Sequence[Effect], spelt: Mapping[str, str]) -> str:
    known = [one for one in involved if one.finding]
    basis = _effective(effect.campaigns)
    raw = f", raw lift {rounded_lift(effect.raw_lift)}" if effect.raw_lift is not None else ""
    if known:
        one = known[0]
        return (
            f"{signals.label_of(one.signal, spelt)} is a finding (probability of the wrong sign {_small(one.lfsr)}), "
            f"from {basis}{raw}; an association, as platforms choose who sees what"
        )
    return f"{effect.reason or 'not a finding'} ({basis}{raw}, probability of the wrong sign {_small(effect.lfsr)})"
