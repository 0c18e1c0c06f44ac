"""Totals of several campaigns: per currency and goal, never across, and without those that are held.

KPIs are ratios of sums. Must not know formats, stores or HTTP.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reflection.domain.basis import basis_of
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.conversion_kind import plural
from reflection.domain.goal import as_given
from reflection.domain.held import because
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import COUNTS, ratio
from reflection.domain.money import currency_order, without_spend
from reflection.domain.real_campaign import key_of
from reflection.explain import formatting
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.explain.sentences import Sentences
from reflection.reports.view import Table, Tile

NONE = "-"
MOST_TILES = 3


@dataclass(slots=True)
class Sums:
    """Counts and amounts of several campaigns, forecast or fact; None where one of them does not say.

    `rows` are those of each real campaign.
    """

    rows: Counter[str] = field(default_factory=Counter)
    impressions: float | None = 0.0
    clicks: float | None = 0.0
    conversions: float | None = 0.0
    spend: float | None = 0.0
    revenue: float | None = 0.0

    def add(self, real: str, metrics: Metrics) -> None:
        """Add a row of a real campaign."""
        self.rows[real] += 1
        for name in COUNTS:
            total, count = getattr(self, name), getattr(metrics, name)
            setattr(self, name, None if total is None or count is None else total + count)


class Group(NamedTuple):
    """What may be added: campaigns of one currency that count the same as a conversion; apart what came unpaid."""

    currency: str
    kind: str
    unpaid: bool = False


Tally = Mapping[Group, tuple[Sums, Sums]]


def tally(campaigns: Iterable[Campaign], knowledge: Knowledge) -> Tally:
    """Sums of forecast and fact per currency and goal; only what somebody forecast is a forecast."""
    sums: dict[Group, tuple[Sums, Sums]] = defaultdict(lambda: (Sums(), Sums()))
    for campaign in map(as_given, campaigns):
        fact = campaign.actual_metrics
        unpaid = without_spend(fact.spend, fact.conversions, fact.revenue)
        expected, actual = sums[Group(campaign.currency or "", knowledge.kind_for(campaign), unpaid)]
        if basis_of(campaign).forecast:
            expected.add(key_of(campaign), campaign.expected_metrics)
        actual.add(key_of(campaign), campaign.actual_metrics)
    sizes: Counter[str] = Counter()
    for group, (_, actual) in sums.items():
        sizes[group.currency] += len(actual.rows)
    place = currency_order(sizes, knowledge.currency)
    return dict(sorted(sums.items(), key=lambda item: (place[item[0].currency], -(item[1][1].spend or 0.0), item[0])))


def held_points(held: Mapping[str, str], real: Counter[str]) -> tuple[str, ...]:
    """What is kept out of every total, and why, said beside them; `real` are its rows by real campaign."""
    if not held:
        return ()
    they = "is held out, because it looks like a tracking fault"
    if len(held) > 1:
        they = "are held out, because they look like tracking faults"
    listed = "; ".join(f"{formatting.plain_name(name)} ({because(reason)})" for name, reason in held.items())
    return (f"{results_in_words(real)} {they}: {listed}.",)


def late_points(real: Counter[str]) -> tuple[str, ...]:
    """What is in no total yet, said beside them; rows by real campaign."""
    if not real:
        return ()
    verb = "is" if real.total() == 1 else "are"
    return (f"{results_in_words(real)} {verb} in no total yet: conversions still come in.",)


def tiles(sums: Tally) -> Iterator[Tile]:
    """CPA and spend of the first groups."""
    several = len({group.kind for group in sums}) > 1
    for group, (expected, actual) in [item for item in sums.items() if not item[0].unpaid][:MOST_TILES]:
        currency, money = group.currency, group.currency or None
        plan, fact = ratio(expected.spend, expected.conversions), ratio(actual.spend, actual.conversions)
        label = ", ".join(part for part in ("CPA", currency, f"{plural(group.kind)} only" if several else "") if part)
        if fact is not None:
            complete = plan is not None and expected.rows == actual.rows
            detail = (
                f"against {formatting.money(plan or 0.0, money)} forecast"
                if complete
                else _forecasts((expected, actual))
            )
            yield Tile(label, formatting.money(fact, money), detail, "", "noise")
        planned = expected.spend if expected.rows == actual.rows else 0.0
        yield Tile(
            f"Spend, {plural(group.kind)}" if several else "Spend",
            amount(actual.spend, money),
            _of(actual.spend, planned),
            "",
            "noise",
        )


def _forecasts(sides: tuple[Sums, Sums]) -> str:
    """How many of the campaigns somebody forecast, where that is not all."""
    expected, actual = sides
    if not expected.rows:
        return "no forecast"
    return f"{formatting.count(expected.rows.total())} of {results_in_words(actual.rows)} had a forecast"


def _of(actual: float | None, expected: float | None) -> str:
    if not expected or actual is None:
        return ""
    change = 100 * (actual / expected - 1)
    return f"{formatting.percent(change, signed=True)} against the plan" if abs(change) >= 0.05 else "as planned"


def totals(sums: Tally) -> Table:
    """A row for each group; the goal is named where there are several."""
    several = len({group.kind for group in sums}) > 1
    head = (
        "Currency",
        *(["Goal"] if several else []),
        "Campaigns",
        "Spend",
        "Forecast spend",
        "Conversions",
        "CPA",
        "Forecast CPA",
        "ROAS",
    )
    rows = []
    for (currency, kind, unpaid), (expected, actual) in sums.items():
        money = currency or None
        cpa, plan = ratio(actual.spend, actual.conversions), ratio(expected.spend, expected.conversions)
        roas = ratio(actual.revenue, actual.spend)
        complete = expected.rows == actual.rows
        rows.append(
            (
                f"{currency or 'not stated'}{', without spend' if unpaid else ''}",
                *([plural(kind)] if several else []),
                formatting.count(len(actual.rows)),
                amount(actual.spend, money),
                amount(expected.spend, money) if complete else _forecasts((expected, actual)),
                NONE if actual.conversions is None else formatting.count(round(actual.conversions, 1)),
                NONE if cpa is None or unpaid else formatting.money(cpa, money),
                NONE if plan is None or unpaid or not complete else formatting.money(plan, money),
                NONE if roas is None or unpaid else formatting.ratio(roas),
            )
        )
    title = "Totals per currency and goal" if several else "Totals per currency"
    return Table(f"{title}; KPIs are ratios of sums", head, tuple(rows), tuple(range(1 + several, len(head))))


def amount(value: float | None, currency: str | None) -> str:
    """Money as it is shown, a dash where it is not known."""
    return NONE if value is None else formatting.money(value, currency, whole=True)


def results_in_words(real: Counter[str]) -> str:
    """``1 campaign``, ``12 campaigns``, ``96 results of 8 campaigns``; `real` are rows by real campaign."""
    return Sentences(ENGLISH).results(real.total(), len(real))
