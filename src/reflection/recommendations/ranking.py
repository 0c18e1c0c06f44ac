"""What to do next, from what was learnt: ranked cards with odds, and the specification's strings beside them.

Pure: the same knowledge gives the same answer, unless a draw is asked for by its `seed`. Knows cards and knowledge;
must not know storage, requests or the time (the caller says what time it is).
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.next_test import best_test
from reflection.domain.no_test import no_test
from reflection.domain.weights import SignalWeight
from reflection.inference.fits import posterior
from reflection.inference.too_few import nothing_known
from reflection.recommendations.cards import Card, Option, build, with_propensities
from reflection.stats.decisions import thompson

SLATE = 10
"""Proposals (exploit and explore) in one answer."""

OTHERS = 5
"""Cards each of the lanes avoid and not enough evidence."""

TOP = 10
_OF_THEIR_TIME = ("finding:", "recommendation:", "next_test")
"""Evidence of stored sentences that the cards and the next test of today say anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationInput:
    """What recommendations are made from.

    Attributes:
        knowledge: the last fit.
        now: used as `generated_at` when there is no fit to date the answer by.
        platform, objective: narrow the cards to what is settled already.
        insights, patterns: stored rows, most important first, as the store returns them.
        similar: similar campaigns from memory (values of `results.SimilarCampaign` or their dictionaries).
        past: signals whose effect on the goal does not hold any longer, with what is believed of it; a fit pools all
            times and may still call them good, so they are proposed neither way.
        accepted: advice that was accepted, as it was shown, the newest first.
        seed: draw the order of the proposals by Thompson sampling; their propensities are then those of the draw.
        explore_budget: most money the explored proposals may take together; None = no cap.
        pending: campaigns that `knowledge` has not taken in yet.
        options: the cards of this context, where they are there.
    """

    knowledge: Knowledge
    now: datetime | str
    platform: str | None = None
    objective: str | None = None
    insights: Sequence[Mapping[str, Any]] = ()
    patterns: Sequence[Mapping[str, Any]] = ()
    similar: Sequence[Any] = ()
    past: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accepted: Sequence[Mapping[str, Any]] = ()
    seed: int | None = None
    explore_budget: float | None = None
    pending: int = 0
    options: tuple[Option, ...] | None = None

    @property
    def moment(self) -> str:
        """Of the last fit, else now."""
        return self.knowledge.as_of or (self.now.isoformat() if isinstance(self.now, datetime) else self.now)


def recommend(basis: RecommendationInput) -> dict[str, Any]:
    """The answer of ``GET /recommendations``, JSON-able.

    Returns:
        {generated_at, as_of, pending, epoch, recommendations[], top_signals[], similar_campaigns[], cards[], tests[],
        reason, next_test, next_test_reason, top_insights[], top_patterns[], no_longer[]}; `tests` are candidates of
        which nothing else can be said, and which have no card.
    """
    knowledge, past = basis.knowledge, basis.past
    options = build(knowledge, basis.platform, basis.objective) if basis.options is None else basis.options
    reversals = list(_reversals([option for option in options if option.known], basis.accepted))
    options = tuple(option for option in options if not _rests_on(option.card, past))
    known = [option for option in options if option.known]
    proposals = _proposals(
        [option for option in options if option.card.lane in ("exploit", "explore")], basis.explore_budget
    )
    cards = _choose(known, [option for option in proposals if option.known], basis.seed)
    unknown = [option.card for option in proposals if not option.known]
    next_test = best_test(option.card.test for option in options)
    advice = [*(card for card in cards if card.lane != "not enough evidence"), *unknown]
    reason = None if advice else _nothing(knowledge, basis.pending)
    return {
        "generated_at": basis.moment,
        "as_of": knowledge.as_of,
        "pending": basis.pending,
        "epoch": knowledge.epoch,
        "recommendations": [
            *(row["text"] for row in reversals),
            *_strings(advice, basis.insights, reason),
        ],
        "top_signals": _top_signals(known, knowledge),
        "similar_campaigns": [_plain(item) for item in basis.similar],
        "cards": [asdict(card) for card in cards],
        "tests": [asdict(card.test) for card in unknown if card.test],
        "reason": reason,
        "next_test": asdict(next_test) if next_test else None,
        "next_test_reason": None if next_test else no_test(knowledge) or _nothing(knowledge, basis.pending),
        "top_insights": [dict(row) for row in basis.insights[:TOP]],
        "top_patterns": [dict(row) for row in basis.patterns[:TOP]],
        "no_longer": [*reversals, *(dict(row) for row in past.values())][:TOP],
    }


def _reversals(options: Sequence[Option], accepted: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What was accepted and is told the other way round now; of advice on one thing the last one accepted counts."""
    today = {_booked(asdict(option.card)): option.card for option in options}
    latest = {_booked(row["claim"]): row for row in reversed(accepted)}
    for booked, row in latest.items():
        claim, card = row["claim"], today.get(booked)
        if card is None or claim["lane"] not in ("exploit", "avoid") or (claim["effect"] > 1) == (card.effect > 1):
            continue
        former = claim["sentence"].partition(" (")[0]
        yield {
            "signal_key": card.signal, "id": row["recommendation_id"], "state": "reversed",
            "text": f"You accepted this, and it holds no longer: {former}. Now: {card.sentence}",
            "metric": card.metric, "context": "", "effect": card.effect, "interval": card.interval,
            "campaigns": card.campaigns, "since": row["shown_at"], "until": None, "reason": card.reason,
        }  # fmt: skip


def _booked(card: Mapping[str, Any]) -> tuple[Any, ...]:
    """What advice is about: something booked, on a metric, where platform and objective are settled or not."""
    return tuple(card.get(name) for name in ("signal", "metric", "platform", "objective"))


def _rests_on(card: Card, past: Container[str]) -> bool:
    """Whether a card adds up effects of which one does not hold any longer."""
    context = [part for part in signals.parse(card.signal).parts if part.group == signals.PLATFORM]
    context += [signals.of_platform(card.platform)] if card.platform else []
    keys = {card.signal, *card.parts}
    keys |= {signals.crossed(platform, signals.parse(part)).key for platform in context for part in card.parts}
    return any(key in past for key in keys)


def _choose(options: Sequence[Option], proposals: Sequence[Option], seed: int | None) -> list[Card]:
    """Cards in the order of the answer: proposals first, then what to avoid, then what cannot be said yet."""
    cards = [option.card for option in with_propensities(proposals, drawn=seed is not None)]
    if seed is not None and cards:
        shares = np.array([card.propensity for card in cards], dtype=float)
        order = np.random.default_rng(seed).choice(len(cards), len(cards), replace=False, p=shares / shares.sum())
        cards = [cards[int(index)] for index in order]
    avoid = sorted((option.card for option in options if option.card.lane == "avoid"), key=lambda card: card.effect)
    open_cards = [option.card for option in options if option.card.lane == "not enough evidence"]
    unknown = sorted(open_cards, key=lambda card: -card.optimistic)
    return [*cards, *avoid[:OTHERS], *unknown[:OTHERS]]


def _proposals(options: Sequence[Option], explore_budget: float | None) -> list[Option]:
    """At most `SLATE` proposals: what is known to work first, 10 to 30 % of the places kept for tests."""
    ranked = sorted(options, key=_rank)
    exploits = [option for option in ranked if option.card.lane == "exploit"]
    tests = _within_budget([option for option in ranked if option.card.lane == "explore"], explore_budget)
    some = _tests(tests, _places(ranked if exploits else tests))
    return [*exploits[: SLATE - len(some)], *some]


def _tests(tests: Sequence[Option], places: int) -> list[Option]:
    """As many tests as have places, and the best of each kind always: one of audiences and one of creatives can run at
    once, two of audiences wait for each other.
    """
    of_kind: dict[str, list[Option]] = {}
    for test in tests:
        of_kind.setdefault(root(test.card.signal), []).append(test)
    turns = [option for turn in zip_longest(*of_kind.values()) for option in turn if option is not None]
    return sorted(turns[: max(places, len(of_kind))], key=_rank)


def _rank(option: Option) -> tuple[bool, float, str]:
    """What is known to work by how good it may be, then tests by what they are worth after their cost."""
    card = option.card
    return (False, -card.optimistic, card.signal) if card.test is None else (True, -card.test.worth, card.signal)


def _places(options: Sequence[Option]) -> int:
    """How many places tests get: more while it is open which option is best."""
    if not options:
        return 0
    count = min(option.draws.size for option in options)
    share = thompson.explore_share(np.stack([option.draws[:count] for option in options]))
    return max(1, round(share * SLATE))


def _within_budget(tests: Sequence[Option], budget: float | None) -> list[Option]:
    if budget is None:
        return list(tests)
    affordable, spent = [], 0.0
    for test in tests:
        spend = test.card.test.spend if test.card.test else None
        if spend is not None and spent + spend <= budget:
            affordable.append(test)
            spent += spend
    return affordable


def _strings(advice: Sequence[Card], insights: Sequence[Mapping[str, Any]], reason: str | None) -> list[str]:
    """The specification's strings: what is advised, then stored recommendations not said already."""
    sentences = [card.sentence for card in advice]
    if reason is not None:
        sentences.append(f"Nothing can be recommended yet: {reason}.")
    for row in insights:
        content = str(row.get("content", ""))
        aged = any(str(evidence_id).startswith(_OF_THEIR_TIME) for evidence_id in row.get("evidence", ()))
        if row.get("kind") == "recommendation" and content and content not in sentences and not aged:
            sentences.append(content)
    return sentences[: SLATE + OTHERS]


def _nothing(knowledge: Knowledge, pending: int) -> str:
    if reason := nothing_known(knowledge, pending):
        return reason.rstrip(".")
    if not posterior.known(knowledge, knowledge.goal_metric):
        return "these campaigns count no conversions, so what they bring for their money cannot be compared"
    return "nothing that can be booked is surely enough better or worse than usual to move budget"


def _top_signals(options: Sequence[Option], knowledge: Knowledge) -> list[dict[str, Any]]:
    """What can be booked, best first, each with its total effect as its weight: never a partial effect."""
    weights = {weight.signal_key: weight for weight in knowledge.weights}
    ranked = sorted((option.card for option in options), key=lambda card: (-card.effect, card.signal))
    return [_signal(card, weights.get(card.signal)) for card in ranked[:TOP]]


def _signal(card: Card, weight: SignalWeight | None) -> dict[str, Any]:
    """A row of `top_signals`; successes and failures are campaigns beyond noise on either side."""
    return {
        "signal_key": card.signal,
        "weight": card.effect,
        "successes": len(card.evidence_for),
        "failures": len(card.evidence_against),
        "last_updated": weight.last_updated if weight else None,
        "interval": card.interval,
        "raw_lift": weight.raw_lift if weight else None,
        "effective_campaigns": weight.effective_campaigns if weight else float(card.campaigns),
        "label": card.label,
        "p_better": card.p_better,
        "false_sign_rate": card.false_sign_rate,
        "campaigns": card.campaigns,
        "rows": card.rows,
        "spend": card.spend,
        "parts": card.parts,
    }


def _plain(item: Any) -> dict[str, Any]:
    if is_dataclass(item) and not isinstance(item, type):
        return asdict(item)
    return dict(item)
