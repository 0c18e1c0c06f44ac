"""Jumps that are faults of tracking, not learnings: conversions at a CPA of 2.35 where the neighbours sit at 91.

A period is compared with the median cost per conversion of the campaign's other periods, or where it has fewer than
three of the account's other periods of its kind (platform, currency, what is counted, whom it meets). It is a fault
when the count is both far off (a factor of six) and beyond any chance: expected and observed differ by six standard
deviations of a Poisson count with overdispersion. Days within a period are `stretches`; a campaign says how much of its
money went into such days. This file must not know files; it only marks, somebody else decides.
"""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reflection.domain.audience_role import role_of
from reflection.domain.conversion_kind import kind_of_objective
from reflection.domain.number_of import number_of
from reflection.explain.formatting import money
from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.drafts import Draft, Sums
from reflection.ingest.checks.stretches import Stretch
from reflection.ingest.import_report import Finding, finding
from reflection.stats.honesty.proportion import is_out_of_proportion

SIGMAS = 6.0
OVERDISPERSION = 4.0
MIN_NEIGHBOURS = 2
MIN_COUNT = 20.0
LEAST_SHARE = 0.05

Place = tuple[str | None, ...]


def findings(
    drafts: Sequence[Draft], doubts: Sequence[Stretch], dialect: str, accepted: frozenset[str]
) -> list[Finding]:
    """One finding per suspicious stretch of days, and per campaign period that is suspicious as a whole."""
    notes = _of_stretches(drafts, doubts, dialect, accepted)
    ids = {identity for note in notes for identity in note.campaigns}
    return notes + [note for note in _of_periods(drafts, dialect, accepted) if not ids & set(note.campaigns)]


def _cost(sums: Sums) -> float | None:
    """What a conversion cost; None where none was paid for."""
    return sums.spend / sums.conversions if sums.spend and sums.spend > 0 and sums.conversions else None


class Neighbours:
    """Costs per conversion of comparable periods, sorted once, so that the median of all but one is at hand."""

    def __init__(self, periods: Iterable[Sums]) -> None:
        self.periods = list(periods)
        self._costs = sorted(cost for one in self.periods if (cost := _cost(one)) is not None)

    def fault(self, observed: Sums) -> tuple[float, float] | None:
        """(expected conversions, factor) when one of them is out of all proportion to the others; else None.

        Expected = spend / median of the others' spend per conversion.
        """
        spend, actual = observed.spend, observed.conversions
        middle = self._median_without(_cost(observed))
        if middle is None or actual is None or not spend or spend <= 0:
            return None
        expected = spend / middle
        if max(expected, actual) < MIN_COUNT:
            return None
        beyond = abs(actual - expected) > SIGMAS * (OVERDISPERSION * max(expected, 1.0)) ** 0.5
        return (expected, actual / expected) if beyond and is_out_of_proportion(actual, expected) else None

    def _median_without(self, own: float | None) -> float | None:
        costs = self._costs
        count = len(costs) - (own is not None)
        if count < MIN_NEIGHBOURS:
            return None
        passed = count if own is None else bisect_left(costs, own)
        low, high = (costs[place + (place >= passed)] for place in ((count - 1) // 2, count // 2))
        return (low + high) / 2


def _of_periods(drafts: Sequence[Draft], dialect: str, accepted: frozenset[str]) -> list[Finding]:
    own = _grouped(drafts, lambda draft: (draft.key, draft.currency))
    account = _grouped(drafts, _kind)
    notes: list[Finding] = []
    for draft in drafts:
        same = own[(draft.key, draft.currency)]
        enough = len(same.periods) > MIN_NEIGHBOURS
        deviation = (same if enough else account[_kind(draft)]).fault(draft.sums)
        if deviation is not None and (identity := draft_id(dialect, draft)) not in accepted:
            subject = f"{draft.name} {draft.label}".strip()
            notes.append(_fault_finding(subject, draft.sums, draft.currency, deviation, draft.lines, identity))
    return notes


def _kind(draft: Draft) -> Place:
    """What a campaign has in common with those it may be compared with: brand search and leads have their own kind."""
    counted = draft.conversion_kind or kind_of_objective(draft.objective)
    role = role_of((draft.name, draft.objective), [cell.audience for cell in draft.cells if cell.audience])
    return draft.platform, draft.currency, counted, role


def _grouped(drafts: Sequence[Draft], place: Callable[[Draft], Place]) -> dict[Place, Neighbours]:
    groups: dict[Place, list[Sums]] = defaultdict(list)
    for draft in drafts:
        groups[place(draft)].append(draft.sums)
    return {key: Neighbours(sums) for key, sums in groups.items()}


def _of_stretches(
    drafts: Sequence[Draft], doubts: Sequence[Stretch], dialect: str, accepted: frozenset[str]
) -> list[Finding]:
    """Days on which campaigns counted out of all proportion to their other days; of a whole account at once."""
    together: dict[object, list[Stretch]] = defaultdict(list)
    for number, stretch in enumerate(doubts):
        days = stretch.first, stretch.last, stretch.currency
        together[days if stretch.everywhere else number].append(stretch)
    notes: list[Finding] = []
    for several in together.values():
        owners = [draft for draft in drafts if any(_has(draft, stretch) for stretch in several)]
        ids = [identity for one in owners if (identity := draft_id(dialect, one)) not in accepted]
        if ids:
            lines = [stretch.line for stretch in several]
            message = _stretch_text(owners, several, ids[0])
            notes.append(finding("tracking_fault", "warning", message, lines, list(dict.fromkeys(ids))))
    return notes


def _has(draft: Draft, stretch: Stretch) -> bool:
    """Whether days of a stretch are a draft's."""
    same = (draft.key, draft.currency) == (stretch.key, stretch.currency)
    return bool(same and draft.first and draft.last and draft.first <= stretch.last and stretch.first <= draft.last)


def with_doubts(drafts: Sequence[Draft], doubts: Sequence[Stretch]) -> list[Draft]:
    """Each draft with the days whose conversions are in doubt, and what was spent on them."""
    by_key: dict[Place, list[Stretch]] = defaultdict(list)
    for stretch in doubts:
        by_key[(stretch.key, stretch.currency)].append(stretch)
    return [_with_doubt(draft, by_key[(draft.key, draft.currency)]) for draft in drafts] if doubts else list(drafts)


def _with_doubt(draft: Draft, doubts: Sequence[Stretch]) -> Draft:
    if draft.first is None or draft.last is None or not draft.sums.spend:
        return draft
    least = LEAST_SHARE * draft.sums.spend  # of less that went missing nothing is to be seen in its figures
    own = [one for one in doubts if _has(draft, one) and (one.conversions > one.due
           or one.spend * _share(one, draft.first, draft.last) >= least)]  # fmt: skip
    if not own:
        return draft
    first, last = min(one.first for one in own), max(one.last for one in own)
    spend = sum(one.spend * _share(one, draft.first, draft.last) for one in own)
    spend = round(min(spend, draft.sums.spend), 6)
    return replace(draft, doubt=(max(first, draft.first), min(last, draft.last), spend))


def _share(stretch: Stretch, first: dt.date, last: dt.date) -> float:
    """The share of a stretch's days that lie between two."""
    common = min(stretch.last, last) - max(stretch.first, first)
    return (common.days + 1) / ((stretch.last - stretch.first).days + 1)


def _stretch_text(owners: Sequence[Draft], several: Sequence[Stretch], identity: str) -> str:
    """What was seen on the days, what is made of it, and what to do."""
    first, last, currency = several[0].first, several[0].last, several[0].currency
    count, due = sum(one.conversions for one in several), sum(one.due for one in several)
    spent = money(sum(one.spend for one in several), currency)
    keys = len({one.key for one in several})
    subject = owners[0].name if keys == 1 else f"{number_of(keys, 'campaign')} of {owners[0].platform} at once"
    many = "no conversion" if not count else f"{count:,.0f} conversion{'' if count == 1 else 's'}"
    days = f"on {first}" if first == last else f"from {first} to {last}"
    kind = ", not a failure" if count < due else ", not a success"
    return (
        f"{subject}: {many} {days}, with {spent} spent, where the other days would have brought {due:,.0f}. This looks "
        f"like a fault of tracking{kind}: nothing else is compared with it, and where it concerns 5 % and more of what "
        "was spent in that time, the campaign is kept out of learning until somebody says; below that it is learnt and "
        "asked about. Repair these days and import them again (with --group-by month only their months are kept out); "
        f"if they are real, accept the campaign on its page, or by 'reflection accept {identity}'."
    )


def _fault_finding(
    subject: str,
    sums: Sums,
    currency: str | None,
    deviation: tuple[float, float],
    lines: Sequence[int],
    identity: str,
) -> Finding:
    expected, factor = deviation
    conversions = sums.conversions or 0.0
    spend = sums.spend or 0.0
    cost = f"at {money(spend / conversions, currency)} each" if conversions else f"for {money(spend, currency)}"
    many = f"{factor:,.1f} times as many as" if factor > 1 else "far fewer than"
    message = (
        f"{subject}: {conversions:,.0f} conversions {cost}, {many} its neighbours would have brought "
        f"({expected:,.0f}). This looks like a fault of tracking, not a success or failure: nothing else is compared "
        f"with it, and where it is far from all that is known it is kept out of learning. If it is real, accept the "
        f"campaign on its page, or by 'reflection accept {identity}'."
    )
    return finding("tracking_fault", "warning", message, lines, [identity])
