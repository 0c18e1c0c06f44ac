"""Advice that a campaign followed, as claims in the forecast register: what it should bring, said before it is learned.

A campaign follows a recommendation when it names it, or when it does what a recommendation that was shown and accepted
says. The claim is frozen in the transaction that stores the campaign; the scoreboard compares it with the outcome.
Pure; must not know stores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.forecast_register import ADVICE
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import ForecastRow
from reflection.inference import posterior
from reflection.recommendations.cards import VERBS, card_id
from reflection.stats.conformal import LEVELS

VERSION = "advice-1"
SEED = 20_260_815
MAX_CLAIMS = 20


@dataclass(frozen=True, slots=True)
class Followed:
    """One recommendation a campaign follows: what it was about, and how we know."""

    recommendation_id: str
    signal: str
    lane: str
    matched: Literal["named", "signal"]


def resolve(
    knowledge: Knowledge, recommendation_id: str, platform: str | None, objective: str | None
) -> tuple[str, str] | None:
    """Signal and lane of an id that a card of this workspace could have, in or out of the context; else None."""
    contexts = [(p, o) for p in (None, platform) for o in (None, objective)]
    for effect in knowledge.effects:
        if effect.metric != knowledge.goal_metric:
            continue
        for lane in VERBS:
            if any(card_id(lane, effect.signal, effect.metric, p, o) == recommendation_id for p, o in contexts):
                return effect.signal, lane
    return None


def followed(
    campaign: Campaign, shares: Mapping[str, float], knowledge: Knowledge, accepted: Iterable[Mapping[str, Any]]
) -> list[Followed]:
    """The recommendations a campaign follows; `accepted` are claims shown and accepted, as the store keeps them."""
    open_claims = {advice["recommendation_id"]: advice["claim"] for advice in accepted}
    matches = {}
    for name in campaign.recommendation_ids:
        claim = open_claims.get(name)
        proposal = (claim["signal"], claim["lane"]) if claim else resolve(
            knowledge, name, campaign.platform, campaign.objective
        )  # fmt: skip
        if proposal is not None and follows(proposal[0], proposal[1], shares):
            matches[name] = Followed(name, proposal[0], proposal[1], "named")
    platform_name = signals.normalise(campaign.platform)
    for name, claim in open_claims.items():
        fits = claim["platform"] is None or signals.normalise(claim["platform"]) == platform_name
        proposes = name not in matches and fits and claim["lane"] != "avoid"
        if proposes and follows(claim["signal"], claim["lane"], shares):
            matches[name] = Followed(name, claim["signal"], claim["lane"], "signal")
    return list(matches.values())[:MAX_CLAIMS]


def follows(signal: str, lane: str, shares: Mapping[str, float]) -> bool:
    """Whether a campaign with these signals does what a recommendation says; "avoid" means it lacks the signal."""
    return (signal in shares) != (lane == "avoid")


def claims_of(
    campaign: Campaign, knowledge: Knowledge, accepted: Sequence[Mapping[str, Any]], issued_at: str
) -> list[ForecastRow]:
    """Register rows for the recommendations a campaign follows; `accepted` as of `followed`."""
    if not accepted and not campaign.recommendation_ids:
        return []
    shares = {signal.key: share for signal, share in signals.of_campaign(campaign).items()}
    return claims(knowledge, campaign, shares, followed(campaign, shares, knowledge, accepted), issued_at)


def claims(
    knowledge: Knowledge, campaign: Campaign, shares: Mapping[str, float], advice: Iterable[Followed], issued_at: str
) -> list[ForecastRow]:
    """Register rows for the recommendations a campaign follows: its goal metric with the advice, and without."""
    metric = knowledge.goal_metric
    if not posterior.known(knowledge, metric) or knowledge.currency != campaign.currency:
        return []
    rows = []
    for one in advice:
        own = _own_part(one.signal, shares) or {one.signal: 1.0}
        lift = posterior.effect_draws(knowledge, metric, own)
        level = posterior.level_draws(knowledge, metric, shares, np.random.default_rng(SEED))
        if lift is None or level is None:
            continue
        lift = -lift if one.lane == "avoid" else lift
        rows.append(_row(knowledge, campaign, one, lift, level, issued_at))
    return rows


def _own_part(signal: str, shares: Mapping[str, float]) -> dict[str, float]:
    """The shares behind a signal's card: its own and its interactions; of an interaction also what it adds to.

    The same mix as the card's odds (`cards.build`), so that claim and card speak of one effect.
    """
    own = signals.parse(signal).parts
    found = {own[1].key: shares[own[1].key]} if len(own) > 1 and own[1].key in shares else {}
    for key, share in shares.items():
        parts = signals.parse(key).parts
        if key == signal or (len(parts) > 1 and signal in {part.key for part in parts}):
            found[key] = share
    return found


def _row(
    knowledge: Knowledge,
    campaign: Campaign,
    one: Followed,
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
            "recommendation_id": one.recommendation_id, "signal": one.signal, "lane": one.lane, "matched": one.matched,
            "baseline_log": mean - float(lift.mean()), "lift_mean": float(lift.mean()), "lift_sd": float(lift.std()),
            "p_better": float(special.ndtr(lift.mean() / np.sqrt(lift.var() + noise))), "seq": knowledge.seq,
        },
    )  # fmt: skip
