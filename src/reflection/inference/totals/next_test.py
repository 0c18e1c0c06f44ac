"""The tests that are worth their money: what to run beside today's choice, for how much, and what decides.

Open is what can be booked and nothing is advised of; it is tested beside what one books today of its kind. A test is
worth what choosing after it, and not now, is expected to bring on the money that the next 90 days put there; it costs
what its half on the weaker of the two is expected to lose. What is worth less in every size is no candidate; "nothing"
is an answer. Cells of one campaign share everything else, so audiences and creatives are shown side by side in one.
Must not know stores.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import Bookable, Lane
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, as_read
from reflection.domain.next_test import NO_MONEY, NextTest, Pace
from reflection.explain.advice import unknown_because
from reflection.explain.sentence_of_test import evidence_of_test, sentence_of_test
from reflection.inference.doubt.doubts import testable
from reflection.inference.doubt.unrecorded import unknown_of
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits import posterior
from reflection.inference.totals.usual_delivery import ALL, delivery_of
from reflection.stats.decisions.value_of_information import TwoOptions

HORIZON = 90
"""Days whose spend is chosen with what a test tells."""

SHORTEST = 30.0
"""Days that a pace of spending is taken from at least, where so few were seen."""

SIZES = (0.5, 1.0, 2.0, 4.0)
"""Sizes of tests, in usual campaigns."""

KINDS = (signals.PLATFORM, signals.AUDIENCE, signals.CREATIVE)
OPEN: Lane = "not enough evidence"
DAYS = (7, 60)
WORTH_RUNNING = 0.97
"""A test that leaves more than this share of the interval's width settles nothing."""

LEAST_WORTH = 0.02
"""Of a test's spend: what is worth less is not worth the trouble."""

LEAST_DEVIATION = 1e-9
"""Of draws that vary."""

Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class _Size:
    """A test of one size: money, days, variance of what it observes, and what it is worth and costs, in money."""

    spend: float
    days: int
    noise: float
    value: float
    cost: float


def pace_of(table: Dataset) -> Pace:
    """How much is spent, in the currency of a table; of a history shorter than 90 days, as much as at its pace."""
    spend, days = np.nan_to_num(table.by_campaign(table.spend)), table.campaigns.day
    if not (spend > 0).any():
        return NO_MONEY
    span = min(HORIZON, max(SHORTEST, float(days.max() - days.min()) + 1.0))
    recent = float(spend[days > days.max() - HORIZON].sum()) * HORIZON / span
    return Pace(recent, float(np.median(spend[spend > 0])))


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """Something that can be booked, what is advised of it, what the account usually gets of its kind, in the metric's
    own unit (None where not known), and draws of the logarithm of its total effect, (draws,).
    """

    bookable: Bookable
    lane: Lane
    level: float | None
    draws: Floats

    @classmethod
    def of(cls, bookable: Bookable, lane: Lane, level: float | None, draws: Floats) -> "Choice":
        """One with these draws. What is not known is taken to be as usual, give or take what was seen with it: whether
        that is its own nobody can tell.
        """
        if not bookable.known:
            away = float(np.sqrt((draws**2).mean()))
            draws = (draws - draws.mean()) * (away / max(float(draws.std()), LEAST_DEVIATION))
        return cls(bookable, lane, level, draws)

    @property
    def expected(self) -> float:
        """What it is expected to bring, as a share of what the account usually gets."""
        return float(np.exp(np.clip(self.draws, -50.0, 50.0)).mean())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something would be tested, on which metric: what a conversion usually costs (None where not known), what
    is spent in 90 days, and by a usual campaign.
    """

    metric: str
    cost: float | None
    pace: Pace

    @classmethod
    def of(cls, knowledge: Knowledge, metric: str, platform: str | None, objective: str | None) -> "_Place":
        """On a platform, for an objective, where these are settled."""
        purpose, pace = objective or ALL, knowledge.pace
        share = delivery_of(knowledge, ALL).get(purpose, 0.0) if objective in knowledge.delivery else 1.0
        if platform is not None:
            share *= delivery_of(knowledge, purpose).get(knowledge.aliases.get(platform, platform), 0.0)
        return cls(metric, posterior.usual(knowledge, "cpa"), replace(pace, recent=pace.recent * share))


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether something does better than what one books today of its kind: the two, as shares of what the account
    usually gets, that in the metric's own unit, and the money on it in 90 days.
    """

    challenger: Bookable
    holder: Bookable
    options: TwoOptions
    level: float | None
    moved: float


def rivals(knowledge: Knowledge, platform: str | None, objective: str | None) -> list[Bookable]:
    """What can be chosen instead of another of its kind; of what is not known apart from what it ran with, a test
    beside another one, with all else the same, is what tells. It tells nothing of what is not recorded, is
    counted in another way since a while, or has no one effect.

    Args:
        platform, objective: keys of signals that are settled; a settled platform is no choice.
    """
    return [
        one
        for one in knowledge.bookables
        if one.definition.kind in KINDS[platform is not None :]
        and one.platform is None
        and testable(knowledge, one.definition.parts)
        and not unknown_of(knowledge, one.definition.parts, knowledge.goal_metric)
        and one.spend
        and (objective is None or objective in (one.objectives or {objective}))
    ]


def worth_testing(
    knowledge: Knowledge, metric: str, choices: Sequence[Choice], platform: str | None, objective: str | None
) -> Mapping[str, NextTest]:
    """Of everything that is open the test that is worth most after its cost, by key; of what is worth none, nothing.

    Args:
        choices: the `rivals` there, with their total effects on the metric.
    """
    place = _Place.of(knowledge, metric, platform, objective)
    questions = _questions(choices, place.pace) if place.pace.recent > 0 else ()
    tests = (_best(knowledge, question, place) for question in questions)
    return {test.signal_key: test for test in tests if test is not None}


def _questions(choices: Sequence[Choice], pace: Pace) -> Iterator[_Question]:
    """Everything open, each beside today's best choice of its kind."""
    for kind in KINDS:
        own = [choice for choice in choices if choice.bookable.definition.kind == kind]
        if len(own) < 2:
            continue
        holder = max((choice for choice in own if choice.bookable.known), key=_today, default=max(own, key=_booked))
        stake = float(np.median([(one.bookable.spend or 0.0) / one.bookable.campaigns for one in own]))
        share = 1.0 if kind == signals.PLATFORM else min(1.0, stake / pace.campaign)
        for choice in own:
            options = _options(holder, choice)
            if choice.lane == OPEN and choice is not holder and options.variance > 0:
                yield _Question(choice.bookable, holder.bookable, options, holder.level, pace.recent * share)


def _options(holder: Choice, challenger: Choice) -> TwoOptions:
    """The two by their draws."""
    ratio = challenger.draws - holder.draws
    covariance = float(np.cov(holder.draws, ratio, bias=True)[0, 1])
    return TwoOptions(holder.expected, challenger.expected, float(ratio.mean()), float(ratio.var()), covariance)


def _booked(choice: Choice) -> tuple[float, str]:
    """The greatest is what one books today where nothing of its kind is known: what most money went to."""
    return choice.bookable.spend or 0.0, choice.bookable.key


def _today(choice: Choice) -> tuple[bool, bool, float, str]:
    """The greatest is what one books today: what is advised, else what was booked often enough to fall back on."""
    return choice.lane == "exploit", choice.bookable.enough, choice.expected, choice.bookable.key


def _best(knowledge: Knowledge, question: _Question, place: _Place) -> NextTest | None:
    """The size of a test that is worth most after its cost, of those worth more than they cost."""
    worth = (question.level or 0.0) if place.metric == "roas" else 1.0
    options, sizes = question.options, []
    for size in SIZES:
        spend = float(f"{size * place.pace.campaign:.2g}")
        days = max(DAYS[0], math.ceil(spend / (question.moved / HORIZON)))
        noise = _noise(knowledge, question, spend, place)
        value = question.moved * worth * options.value_of_testing(noise)
        cost = spend / 2 * worth * options.loss_while_testing
        settles = math.sqrt(options.variance_after(noise) / options.variance) < WORTH_RUNNING
        if days <= DAYS[1] and settles and value > max(cost, LEAST_WORTH * spend):
            sizes.append(_Size(spend, days, noise, value, cost))
    best = max(sizes, key=lambda size: size.value - size.cost, default=None)
    return None if best is None else _described(knowledge, place.metric, question, best)


def _noise(knowledge: Knowledge, question: _Question, spend: float, place: _Place) -> float:
    """Variance of the log ratio that a test observes: the counting of each half's events, and their own scatter."""
    events = spend / 2 / place.cost if place.cost else 0.0
    counting = 2 * METRICS[place.metric].noise / (events + 0.5)
    whole = question.challenger.definition.kind == signals.PLATFORM
    scatters = knowledge.diagnostics.get("scatter", {})
    variance = 0.0
    for part in METRICS[place.metric].composition:
        of_part = scatters.get(part, {})
        inside = None if whole else of_part.get("within")
        apart = (of_part.get("between", 0.0), of_part.get("period", 0.0)) if inside is None else (inside,)
        variance += sum(scatter**2 for scatter in apart)
    return counting + 2 * variance


def _described(knowledge: Knowledge, metric: str, question: _Question, size: _Size) -> NextTest:
    options = question.options
    now, after = (
        _interval(options.mean, variance) for variance in (options.variance, options.variance_after(size.noise))
    )
    challenger, holder = question.challenger.label, question.holder.label
    label = METRICS[as_read(metric, 1.0, None)[0]].label
    test = NextTest(
        signal_key=question.challenger.key,
        metric=metric,
        question=f"does {challenger} do better than {holder} on {label}?",
        description="",
        spend=size.spend,
        currency=knowledge.currency,
        interval_now=now,
        interval_after=after,
        against=question.holder.key,
        label=challenger,
        against_label=holder,
        days=size.days,
        share=0.5,
        value=size.value,
        cost=size.cost,
        deciding=math.exp(options.deciding_result(size.noise)),
        unknown=unknown_because(question.challenger),
    )
    return replace(test, description=sentence_of_test(evidence_of_test(test)))


def _interval(mean: float, variance: float) -> tuple[float, float]:
    reach = Z90 * math.sqrt(variance)
    return math.exp(mean - reach), math.exp(mean + reach)
