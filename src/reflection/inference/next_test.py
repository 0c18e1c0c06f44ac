"""The next test that is worth its money: what to run beside today's best choice, for how much, and what decides.

Open questions are what can be booked and is not today's best choice of its kind. A test is worth what choosing after
it, and not now, is expected to bring on the money that the next 90 days put there; it costs what its half that is not
today's best choice is expected to lose. One is proposed only where the first exceeds the second; "nothing" is an
answer. Cells of one campaign share everything else, so audiences and creatives are shown side by side in one campaign.
Must not know stores.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import Bookable
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS, as_read
from reflection.domain.number_of import number_of
from reflection.domain.results import NextTest
from reflection.explain import formatting
from reflection.inference import posterior
from reflection.inference.dataset import Dataset
from reflection.inference.total_effects import TotalEffects
from reflection.inference.usual_delivery import usual_level
from reflection.stats.value_of_information import (
    deciding_result,
    loss_while_testing,
    value_of_testing,
    variance_after,
)

HORIZON = 90
"""Days whose spend is chosen with what a test tells."""

SIZES = (0.5, 1.0, 2.0, 4.0)
"""Sizes of tests, in usual campaigns."""

DAYS = (7, 60)
WORTH_RUNNING = 0.97
"""A test that leaves more than this share of the interval's width settles nothing."""

LEAST_WORTH = 0.02
"""Of a test's spend: what is worth less is not worth the trouble."""

Z90 = 1.6448536269514722
NOTHING = "nothing is worth testing now: what a test could still change is worth less than it would cost"


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is spent: in the last 90 days, and by a usual campaign."""

    recent: float
    campaign: float

    @classmethod
    def of(cls, table: Dataset) -> "Pace":
        """The pace of a table, in its currency."""
        spend, days = np.nan_to_num(table.by_campaign(table.spend)), table.campaigns.day
        if not (spend > 0).any():
            return cls(0.0, 0.0)
        return cls(float(spend[days > days.max() - HORIZON].sum()), float(np.median(spend[spend > 0])))


@dataclass(frozen=True, slots=True)
class _Usual:
    """What the account usually gets on the goal, and what a conversion usually costs; None where not known."""

    level: float | None
    cost: float | None

    @classmethod
    def of(cls, knowledge: Knowledge) -> "_Usual":
        """Of one fit."""
        return cls(usual_level(knowledge, knowledge.goal_metric), posterior.usual(knowledge, "cpa"))


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether something does better than today's best choice of its kind: the log ratio, and the money on it."""

    challenger: Bookable
    holder: Bookable
    mean: float
    variance: float
    moved: float


def with_next_test(knowledge: Knowledge, table: Dataset) -> Knowledge:
    """The knowledge with the test that is worth most after its cost, or with none."""
    pace, goal = Pace.of(table), knowledge.goal_metric
    if not posterior.known(knowledge, goal) or pace.recent <= 0:
        return knowledge
    usual = _Usual.of(knowledge)
    tests = [test for question in _questions(knowledge, pace) for test in _tests(knowledge, question, pace, usual)]
    best = max(tests, key=lambda test: ((test.value or 0.0) - (test.cost or 0.0), test.signal_key), default=None)
    return replace(knowledge, next_test=best)


def _questions(knowledge: Knowledge, pace: Pace) -> list[_Question]:
    """Every challenger of today's best choice of its kind."""
    questions, effects = [], TotalEffects(knowledge, knowledge.goal_metric)
    for kind in ("platform", "audience", "creative"):
        rivals = [
            one
            for one in knowledge.bookables
            if one.definition.kind == kind
            and one.platform is None
            and not one.confounded
            and one.doubt is None
            and one.spend
        ]
        if len(rivals) < 2:
            continue
        draws = effects.draws(rivals)
        expected = np.exp(np.clip(draws, -50.0, 50.0)).mean(axis=1)
        # Only what was booked often enough is a choice that one falls back on.
        best = max(range(len(rivals)), key=lambda place: (rivals[place].enough, expected[place], rivals[place].key))
        share = 1.0 if kind == signals.PLATFORM else min(1.0, _usual_stake(rivals) / pace.campaign)
        for place, rival in enumerate(rivals):
            if place != best:
                ratio = draws[place] - draws[best]
                variance = float(ratio.var())
                if variance > 0:
                    questions.append(_Question(rival, rivals[best], float(ratio.mean()), variance, pace.recent * share))
    return questions


def _usual_stake(rivals: Sequence[Bookable]) -> float:
    """What a usual campaign puts on one of them."""
    return float(np.median([(one.spend or 0.0) / one.campaigns for one in rivals]))


def _tests(knowledge: Knowledge, question: _Question, pace: Pace, usual: _Usual) -> list[NextTest]:
    """The sizes of a test that are worth more than they cost."""
    worth = (usual.level or 0.0) if knowledge.goal_metric == "roas" else 1.0
    tests = []
    for size in SIZES:
        spend = float(f"{size * pace.campaign:.2g}")
        days = max(DAYS[0], math.ceil(spend / (question.moved / HORIZON)))
        noise = _noise(knowledge, question, spend, usual.cost)
        left = variance_after(question.variance, noise)
        value = question.moved * worth * value_of_testing(question.mean, question.variance, noise)
        cost = spend / 2 * worth * loss_while_testing(question.mean, question.variance)
        settles = math.sqrt(left / question.variance) < WORTH_RUNNING
        if days <= DAYS[1] and settles and value > max(cost, LEAST_WORTH * spend):
            tests.append(_described(knowledge, question, spend, days, noise, value, cost))
    return tests


def _noise(knowledge: Knowledge, question: _Question, spend: float, cost: float | None) -> float:
    """Variance of the log ratio that a test observes: the counting of each half's events, and their own scatter."""
    goal = knowledge.goal_metric
    events = spend / 2 / cost if cost else 0.0
    counting = 2 * METRICS[goal].noise / (events + 0.5)
    whole = question.challenger.definition.kind == signals.PLATFORM
    scatters = knowledge.diagnostics.get("scatter", {})
    variance = 0.0
    for part in METRICS[goal].composition:
        of_part = scatters.get(part, {})
        inside = None if whole else of_part.get("within")
        apart = (of_part.get("between", 0.0), of_part.get("period", 0.0)) if inside is None else (inside,)
        variance += sum(scatter**2 for scatter in apart)
    return counting + 2 * variance


def _described(
    knowledge: Knowledge, question: _Question, spend: float, days: int, noise: float, value: float, cost: float
) -> NextTest:
    goal, currency = knowledge.goal_metric, knowledge.currency
    challenger, holder = question.challenger.label, question.holder.label
    deciding = math.exp(deciding_result(question.mean, question.variance, noise))
    now, after = (
        _interval(question.mean, variance) for variance in (question.variance, variance_after(question.variance, noise))
    )
    metric, decides, _ = as_read(goal, deciding, None)
    label = METRICS[metric].label
    unit = "of revenue" if goal == "roas" else "in conversions at the usual CPA"

    def money(amount: float) -> str:
        return formatting.money(float(f"{amount:.2g}"), currency, whole=True)

    how = (
        f"Run one campaign on {challenger} and one on {holder}"
        if question.challenger.definition.kind == signals.PLATFORM
        else f"Show {challenger} and {holder} side by side in one campaign"
    )
    return NextTest(
        signal_key=question.challenger.key,
        metric=goal,
        question=f"does {challenger} do better than {holder} on {label}?",
        description=(
            f"{how}, half of the budget each, with {money(spend)} over {number_of(days, 'day')}, and send the "
            f"breakdown. Choose {challenger} if its {label} comes out {_than(decides or 1.0)} that of {holder} or "
            f"better, else stay with {holder}. Choosing after it is worth about {money(value)} {unit} on the "
            f"{money(question.moved)} that 90 days put there; while it runs it costs about {money(cost)} against "
            f"{holder} alone."
        ),
        spend=spend,
        currency=currency,
        interval_now=now,
        interval_after=after,
        against=question.holder.key,
        label=challenger,
        against_label=holder,
        days=days,
        share=0.5,
        value=value,
        cost=cost,
        deciding=deciding,
    )


def _than(lift: float) -> str:
    """``5 % above``, ``12 % below``, ``as good as``."""
    size = formatting.rough_lift(lift)
    return "as good as" if size == formatting.NO_LIFT else f"{size} {'above' if lift > 1 else 'below'}"


def _interval(mean: float, variance: float) -> tuple[float, float]:
    reach = Z90 * math.sqrt(variance)
    return math.exp(mean - reach), math.exp(mean + reach)
