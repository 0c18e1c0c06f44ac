"""Advice that a campaign followed, as claims in the forecast register: what it should bring, said before it is learned.

A campaign follows a recommendation when it names it, or when it does what a recommendation that was shown and accepted
says. The claim is frozen in the transaction that stores the campaign; the scoreboard compares it with the outcome.
Pure; must not know stores.
"""

import itertools
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.campaign import Campaign
from reflection.domain.forecast_register import ADVICE
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import ForecastRow
from reflection.explain.advice import VERBS
from reflection.inference.fits import posterior
from reflection.inference.totals.total_effects import TotalEffects
from reflection.inference.totals.usual_delivery import booked
from reflection.recommendations.cards import card_id
from reflection.stats.honesty.conformal import LEVELS

VERSION = "advice-1"
SEED = 20_260_815
MAX_CLAIMS = 20

MOST_TRIED = 200_000
"""Cards whose ids are tried to find what an id stands for, about: half a second."""

Context = tuple[str | None, str | None]
"""Platform and objective that are settled, or not."""

_ID = re.compile(r"rec_[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class FollowedRecommendation:
    """One recommendation a campaign follows: what it was about, and how we know."""

    recommendation_id: str
    signal: str
    lane: str
    matched: Literal["named", "signal"]


def proposals(
    knowledge: Knowledge, names: Collection[str], contexts: Iterable[Context], most: int = MOST_TRIED
) -> dict[str, tuple[str, str, Context]]:
    """Signal, lane and context of each id that a card of this workspace could have in one of the contexts.

    An id is a hash, so finding what it stands for is trying: at most about `most` cards, context by context.
    """
    matches: dict[str, tuple[str, str, Context]] = {}
    ids, tried = {name for name in names if _ID.fullmatch(name)}, 0
    for context in dict.fromkeys(contexts):
        if tried >= most or len(matches) == len(ids):
            break
        for bookable in knowledge.bookables:
            for lane in VERBS:
                name = card_id(lane, bookable.key, knowledge.goal_metric, *context)
                if name in ids:
                    matches.setdefault(name, (bookable.key, lane, context))
        tried += len(knowledge.bookables) * len(VERBS)
    return matches


def contexts_of(knowledge: Knowledge) -> list[Context]:
    """Platforms and objectives that cards may be asked for, those of the most campaigns first; none settled first."""
    campaigns: dict[signals.Signal, float] = {}
    for effect in knowledge.effects:
        signal = signals.parse(effect.signal)
        campaigns[signal] = max(campaigns.get(signal, 0.0), effect.campaigns)

    def levels(group: str) -> list[tuple[float, str | None]]:
        own = [(-count, signal.level) for signal, count in campaigns.items() if signal.group == group]
        return [(-math.inf, None), *sorted(own)]

    pairs = [(max(a, b), p, o) for a, p in levels(signals.PLATFORM) for b, o in levels(signals.OBJECTIVE)]
    pairs.sort(key=lambda pair: pair[0])  # a pair has no more campaigns than the rarer of its two; else as they stand
    return [(platform, objective) for _, platform, objective in pairs]


def followed(
    campaign: Campaign, shares: Mapping[str, float], knowledge: Knowledge, accepted: Iterable[Mapping[str, Any]]
) -> list[FollowedRecommendation]:
    """The recommendations a campaign follows; `accepted` are claims shown and accepted, as the store keeps them."""
    open_claims = {advice["recommendation_id"]: advice["claim"] for advice in accepted}
    named = [name for name in campaign.recommendation_ids if name not in open_claims]
    contexts = itertools.product((None, campaign.platform), (None, campaign.objective))
    resolved = proposals(knowledge, named, contexts)
    matches = {}
    for name in campaign.recommendation_ids:
        claim = open_claims.get(name)
        proposal = (claim["signal"], claim["lane"]) if claim else resolved.get(name)
        if proposal is not None and follows(proposal[0], proposal[1], shares):
            matches[name] = FollowedRecommendation(name, proposal[0], proposal[1], "named")
    platform_name = signals.normalise(campaign.platform)
    for name, claim in open_claims.items():
        fits = claim["platform"] is None or signals.normalise(claim["platform"]) == platform_name
        fits = fits and claim.get("goal") in (None, knowledge.kind)
        proposes = name not in matches and fits and claim["lane"] != "avoid"
        if proposes and follows(claim["signal"], claim["lane"], shares):
            matches[name] = FollowedRecommendation(name, claim["signal"], claim["lane"], "signal")
    return list(matches.values())[:MAX_CLAIMS]


def follows(signal: str, lane: str, shares: Mapping[str, float]) -> bool:
    """Whether a campaign with these signals does what a recommendation says; "avoid" means it lacks the signal."""
    books = signal in shares or all(part.key in shares for part in signals.parse(signal).parts)
    return books != (lane == "avoid")


def claims_of(
    campaign: Campaign, knowledge: Knowledge, accepted: Sequence[Mapping[str, Any]], issued_at: str
) -> list[ForecastRow]:
    """Register rows for the recommendations a campaign follows; `accepted` as of `followed`."""
    if not accepted and not campaign.recommendation_ids:
        return []
    shares = {signal.key: share for signal, share in signals.of_campaign(campaign).items()}
    return claims(knowledge, campaign, shares, followed(campaign, shares, knowledge, accepted), issued_at)


def claims(
    knowledge: Knowledge,
    campaign: Campaign,
    shares: Mapping[str, float],
    advice: Iterable[FollowedRecommendation],
    issued_at: str,
) -> list[ForecastRow]:
    """Register rows for the recommendations a campaign follows: its goal metric with the advice, and without."""
    metric, objective = knowledge.goal_metric, signals.of_objective(campaign.objective).key
    if not posterior.known(knowledge, metric) or knowledge.currency != campaign.currency:
        return []
    every, stated = booked(knowledge, shares, objective), {root(key) for key in shares}
    level = posterior.level_draws(knowledge, metric, every, np.random.default_rng(SEED), stated=stated)
    # Of what is not identified nothing was promised: it was to be tested.
    bookables = {bookable.key: bookable for bookable in knowledge.bookables if bookable.identified}
    followed_advice = [recommendation for recommendation in advice if recommendation.signal in bookables]
    if level is None or not followed_advice:
        return []
    totals = TotalEffects(knowledge, metric).of(
        [bookables[recommendation.signal] for recommendation in followed_advice],
        platform=signals.of_platform(campaign.platform).key,
        objective=objective if objective in knowledge.delivery else None,
    )
    rows = []
    for recommendation, total in zip(followed_advice, totals, strict=True):
        # Of an audience that is half of the campaign, half of the effect; to avoid it is to be without all of it.
        share = (
            -1.0
            if recommendation.lane == "avoid"
            else min(shares.get(bookables[recommendation.signal].definition.key, 1.0), 1.0)
        )
        rows.append(_row(knowledge, campaign, recommendation, share * total.draws, level, issued_at))
    return rows


def _row(
    knowledge: Knowledge,
    campaign: Campaign,
    advice: FollowedRecommendation,
    lift: posterior.Array,
    level: posterior.Array,
    issued_at: str,
) -> ForecastRow:
    orders = campaign.expected_metrics.conversions or 0.0
    noise = posterior.scatter(knowledge, knowledge.goal_metric) ** 2 + 1.0 / (orders + 0.5)
    mean, sd = float(level.mean()), float(np.sqrt(level.var() + noise))
    bounds = sorted({0.5, *((1 - part) / 2 for part in LEVELS), *((1 + part) / 2 for part in LEVELS)})
    return ForecastRow(
        issuer=ADVICE,
        version=VERSION,
        issued_at=issued_at,
        metric=knowledge.goal_metric,
        point=float(np.exp(mean)),
        quantiles={f"{bound:.4g}": float(np.exp(mean + sd * special.ndtri(bound))) for bound in bounds},
        campaign_id=campaign.campaign_id,
        platform=campaign.platform,
        objective=campaign.objective,
        currency=campaign.currency,
        detail={
            "recommendation_id": advice.recommendation_id, "signal": advice.signal,
            "lane": advice.lane, "matched": advice.matched,
            "baseline_log": mean - float(lift.mean()), "lift_mean": float(lift.mean()), "lift_sd": float(lift.std()),
            "p_better": float(special.ndtr(lift.mean() / np.sqrt(lift.var() + noise))), "seq": knowledge.seq,
        },
    )  # fmt: skip
