"""Conversions that went missing, or doubled, for a while: a campaign beside its own other times, a month of a platform.

What lasts is a kind of campaign, what comes and goes while money goes on as ever is a tag that was off. Three things
say so: the days that an import doubts, a row six times off beside the rows of the same real campaign, and a month in
which all campaigns of a platform are six times off at once, each measured by its own usual price. Both ways alike, and
never for being good: what is judged is a change that goes back. It is decided on where it concerns 5 % of what was
spent in that time, and asked about below. Sums merge exactly; must not know how effects are estimated.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.monthly_spend import Month, by_month, month_of, spent_between
from reflection.inference.faults.neighbours import Surroundings
from reflection.inference.faults.tracking_faults import DECIDED_SHARE, Suspicion, doubt_text
from reflection.inference.goals import kinds_by
from reflection.stats.honesty.proportion import is_out_of_proportion, leans, surprise
from reflection.stats.sums.exact_sums import ExactSums

SURPRISE = 15.0
"""Nats by which a count has to be unlikely: no conversion where fifteen were due."""

FEWEST_OTHERS = 3
LONGEST = 45
"""Days up to which a row is of one month."""

K = TypeVar("K")
Place = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class TimeSuspicion:
    """A campaign whose conversions look wrong for a time (days since 1970-01-01), and what was spent on it then."""

    because: str
    currency: str
    first: int
    last: int
    spend: float


@dataclass(frozen=True)
class MonthlySums:
    """What was spent in each month, and what campaigns of one month counted beside what was due: exact sums.

    Attributes:
        money: (currency, month since 1970-01) -> what all campaigns spent in it, day by day alike.
        counts: (platform, currency, goal, month) -> due, conversions, campaigns.
    """

    money: Mapping[Month, ExactSums] = field(default_factory=dict)
    counts: Mapping[Place, ExactSums] = field(default_factory=dict)

    @classmethod
    def of(cls, builder: DatasetBuilder, around: Surroundings) -> "MonthlySums":
        """Of a partition."""
        rows = _Rows.of(builder, around)
        counts = {}
        for place, inside in rows.by_place():
            counted = rows.due[inside], rows.campaigns.conversions[inside], np.ones(len(inside))
            counts[place] = ExactSums.of(np.stack(counted, axis=1))
        return cls(by_month(rows.campaigns), counts)

    def __add__(self, other: "MonthlySums") -> "MonthlySums":
        return MonthlySums(_merged(self.money, other.money), _merged(self.counts, other.counts))

    def months_off(self) -> dict[Place, bool]:
        """Months of a platform that are out of all proportion to its others -> whether they are too many."""
        sums = {place: sums.value for place, sums in self.counts.items()}
        off = {
            place: bool(counted > due)
            for place, (due, counted, campaigns) in sums.items()
            if campaigns > 1 and _far(counted, due)
        }
        usual: dict[tuple[str, ...], int] = {}
        for *where, month in sums:
            usual[tuple(where)] = usual.get(tuple(where), 0) + ((*where, month) not in off)
        return {place: many for place, many in off.items() if usual[place[:3]] >= FEWEST_OTHERS}

    def as_diagnostics(self) -> dict[str, dict[str, float]]:
        """{currency: {month: what was spent in it}}."""
        spent: dict[str, dict[str, float]] = {}
        for (currency, month), amount in sorted(self.money.items()):
            spent.setdefault(currency, {})[str(month)] = float(amount.value)
        return spent


@dataclass(frozen=True, eq=False)
class _Rows:
    """The campaigns of a partition beside their own usual prices.

    Attributes:
        due: conversions that a campaign's spend usually brings: by the rows of its real campaign, else its neighbours.
        known: whether its own rows say it.
        month: the month it is of; -1 where it ran for longer.
    """

    campaigns: Campaigns
    goal: NDArray[np.str_]
    due: Floats
    known: NDArray[np.bool_]
    month: Ints

    @classmethod
    def of(cls, builder: DatasetBuilder, around: Surroundings) -> "_Rows":
        campaigns = builder.campaigns
        goal = kinds_by(campaigns, around.of_objective)
        rates, others = _usual_of_units(campaigns)
        known = others >= FEWEST_OTHERS
        places = zip(campaigns.platform_key.tolist(), campaigns.currency.tolist(), goal.tolist(),
                     campaigns.role.tolist(), strict=True)  # fmt: skip
        near = np.array([around.median(platform, tuple(where)) for platform, *where in places], dtype=np.float64)
        with np.errstate(invalid="ignore"):
            due = np.maximum(campaigns.spend * np.exp(np.where(known, rates, near)) - 0.5, 0.0)
        short = campaigns.last - campaigns.first < LONGEST
        middle = month_of((campaigns.first + campaigns.last) // 2)
        return cls(campaigns, goal, due, known, np.where(short & ~np.isnan(due), middle, -1))

    def by_place(self) -> Iterator[tuple[Place, Ints]]:
        """The campaigns that count for each platform, currency, goal and month."""
        one = self.campaigns
        counts = (self.month >= 0) & ~np.isnan(one.conversions) & (np.nan_to_num(one.spend) > 0)
        members: dict[Place, list[int]] = {}
        for index in np.flatnonzero(counts).tolist():
            members.setdefault(self.place(index), []).append(index)
        for place in sorted(members):
            yield place, np.array(members[place], dtype=np.intp)

    def place(self, index: int) -> Place:
        """Where a campaign is counted."""
        one = self.campaigns
        return str(one.platform_key[index]), str(one.currency[index]), str(self.goal[index]), int(self.month[index])


def times_of(
    builder: DatasetBuilder, accepted: Collection[str], around: Surroundings, sums: MonthlySums
) -> dict[str, TimeSuspicion]:
    """Campaigns of a partition whose conversions look wrong for a time, by id."""
    rows, lost = _Rows.of(builder, around), sums.months_off()
    one = rows.campaigns
    counted = ~np.isnan(one.conversions) & (np.nan_to_num(one.spend) > 0)
    suspicions: dict[str, TimeSuspicion] = {}
    for index in np.flatnonzero(counted & (rows.known | (rows.month >= 0) | ~np.isnan(one.doubt[:, 0]))).tolist():
        name = str(one.ids[index])
        if name not in accepted and (suspicion := _suspicion(rows, index, lost)) is not None:
            suspicions[name] = suspicion
    return suspicions


def _suspicion(rows: _Rows, index: int, lost: Mapping[Place, bool]) -> TimeSuspicion | None:
    one, due = rows.campaigns, float(rows.due[index])
    currency, spend, counted = str(one.currency[index]), float(one.spend[index]), float(one.conversions[index])
    time = int(one.first[index]), int(one.last[index])
    if not np.isnan(one.doubt[index, 0]):
        first, last, spent = one.doubt[index].tolist()
        return TimeSuspicion(doubt_text(spent, int(first), int(last), currency), currency, int(first), int(last), spent)
    brought = f"it has {_conversions(counted)} where its money usually brings {due:,.0f}"
    if rows.known[index] and _far(counted, due):
        return TimeSuspicion(brought, currency, *time, spend)
    many = lost.get(rows.place(index)) if rows.month[index] >= 0 else None
    if many is None or not leans(counted, due, many=many):
        return None
    return TimeSuspicion(f"{brought}, and so it is with its platform's campaigns at the time", currency, *time, spend)


def _conversions(counted: float) -> str:
    return "no conversion" if not counted else f"{counted:,.0f} conversion{'' if counted == 1 else 's'}"


def judged(times: Mapping[str, TimeSuspicion], sums: MonthlySums) -> dict[str, Suspicion]:
    """Each suspicion, decided where it and those of the same days concern 5 % of what was spent on them."""
    spent: dict[str, tuple[int, Floats]] = {}
    for currency in sorted({one.currency for one in times.values()}):
        own = [one for _, one in sorted(times.items()) if one.currency == currency]
        start, end = min(one.first for one in own), max(one.last for one in own)
        daily = np.zeros(end - start + 2)
        for one in own:
            share = one.spend / (one.last - one.first + 1)
            daily[one.first - start] += share
            daily[one.last - start + 1] -= share
        spent[currency] = start, np.concatenate([[0.0], np.cumsum(np.cumsum(daily))])
    money = sums.as_diagnostics()
    suspicions = {}
    for name, one in times.items():
        start, until = spent[one.currency]
        doubted = float(until[one.last - start + 1] - until[one.first - start])
        suspicions[name] = Suspicion(
            one.because, doubted >= DECIDED_SHARE * spent_between(money, one.currency, one.first, one.last)
        )
    return suspicions


def _far(counted: float, due: float) -> bool:
    """Whether a count is out of all proportion to what was due, and beyond chance."""
    return is_out_of_proportion(counted, due) and surprise(counted, due) >= SURPRISE


def _usual_of_units(campaigns: Campaigns) -> tuple[Floats, Ints]:
    """The median log rate of the rows of each campaign's real campaign, and how many others there are."""
    counted = np.flatnonzero((campaigns.spend > 0) & ~np.isnan(campaigns.conversions))
    rates = np.log((campaigns.conversions[counted] + 0.5) / campaigns.spend[counted])
    order = np.lexsort((rates, campaigns.real[counted]))
    _, start, number, count = np.unique(
        campaigns.real[counted][order], return_index=True, return_inverse=True, return_counts=True
    )
    ranked = rates[order]
    middle = (ranked[start + (count - 1) // 2] + ranked[start + count // 2]) / 2 if len(ranked) else ranked
    usual, others = np.full(len(campaigns), np.nan), np.zeros(len(campaigns), dtype=np.intp)
    usual[counted[order]], others[counted[order]] = middle[number], count[number] - 1
    return usual, others


def _merged(one: Mapping[K, ExactSums], other: Mapping[K, ExactSums]) -> dict[K, ExactSums]:
    both = {key: amount + other[key] for key, amount in one.items() if key in other}
    return {**one, **other, **both}
