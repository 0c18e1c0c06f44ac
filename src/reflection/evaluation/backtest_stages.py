"""In which steps a stored history is replayed: day by day, each day with what was known the day before.

The steps depend on how many campaigns each day has and on nothing else, so that any number of workers takes the same
ones. Must not know where campaigns are kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import day_text, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.evaluation.backtest import FIRST_FIT, REFIT_GROWTH, Lesson, Memory, MetricForecasts, forecast
from reflection.evaluation.backtest_sums import Tally
from reflection.forecasting import calibration_update
from reflection.forecasting.calibration import EMPTY

PORTION = 10_000
"""Campaigns of a portion at least, where a day does not have more."""

WARM_UP = 3_000
"""Campaigns before a portion that its calibration is made of, as at the first load of a workspace: older ones are
outside every window of it."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Days from `first` to before `end` whose campaigns are forecast, calibrated on those from `warm` on; days as in
    ``2026-03-29``, the last `end` is "" for all that follow."""

    warm: str
    first: str
    end: str
    campaigns: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Portions that are forecast from one fit: of the `fitted` campaigns before the day `until`."""

    until: str
    fitted: int
    portions: tuple[Portion, ...]


def stages(days: Sequence[tuple[str, int]]) -> list[Stage]:
    """The steps of a history, in order.

    Args:
        days: each day that has campaigns, and how many, in order.
    """
    cuts, due, before = list[tuple[int, int]](), 0, 0
    for index, (_, count) in enumerate(days):
        if before >= due:
            cuts.append((index, before))
            due = max(FIRST_FIT, before + max(1, int(before * REFIT_GROWTH)))
        before += count
    ends = [*(begin for begin, _ in cuts), len(days)][1:]
    return [
        Stage(days[begin][0], earlier if earlier >= FIRST_FIT else 0, tuple(_portions(days, begin, end)))
        for (begin, earlier), end in zip(cuts, ends, strict=True)
    ]


def _portions(days: Sequence[tuple[str, int]], begin: int, end: int) -> Iterator[Portion]:
    first, campaigns = begin, 0
    for index in range(begin, end):
        campaigns += days[index][1]
        if campaigns >= PORTION or index == end - 1:
            following = days[index + 1][0] if index + 1 < len(days) else ""
            yield Portion(_warm(days, first), days[first][0], following, campaigns)
            first, campaigns = index + 1, 0


def _warm(days: Sequence[tuple[str, int]], first: int) -> str:
    """The latest day from which there are enough campaigns before a day."""
    campaigns, warm = 0, first
    while warm and campaigns < WARM_UP:
        warm -= 1
        campaigns += days[warm][1]
    return days[warm][0]


def lessons(campaigns: Iterable[Campaign]) -> list[Lesson]:
    """What campaigns teach the simple methods, in their order."""
    return [Lesson.of(campaign, evidence_of(campaign)) for campaign in campaigns]


def taught(memory: Memory, what: Sequence[Lesson]) -> Memory:
    """What the simple methods remember after further lessons."""
    after = deepcopy(memory)
    for lesson in what:
        after.learn(lesson)
    return after


def tally(campaigns: Iterable[Campaign], portion: Portion, knowledge: Knowledge, memory: Memory) -> Tally:
    """The forecasts of a portion.

    Args:
        campaigns: from the day `portion.warm` to before `portion.end`, by day. memory: as before the portion.
    """
    return Tally.of(_forecasts(campaigns, portion, knowledge, deepcopy(memory)))


def _forecasts(
    campaigns: Iterable[Campaign], portion: Portion, knowledge: Knowledge, memory: Memory
) -> Iterator[MetricForecasts]:
    state = EMPTY
    pairs = ((campaign, evidence_of(campaign)) for campaign in campaigns)
    for day, of_day in groupby(pairs, lambda pair: pair[1].day):
        today, its_turn = list(of_day), day_text(day) >= portion.first
        for campaign, _ in today if its_turn else ():
            yield from forecast(campaign, knowledge, state, memory)
        for campaign, evidence in today:
            if its_turn:
                memory.learn(Lesson.of(campaign, evidence))
            state = calibration_update.learn(state, evidence)
