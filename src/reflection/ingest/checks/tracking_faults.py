"""Jumps that are faults of tracking, not learnings: conversions at a CPA of 2.35 where the neighbours sit at 91.

A period is compared with the median cost per conversion of the campaign's other periods, or of the account's other
periods where it has fewer than three. It is a fault when the count is both far off (a factor of six) and beyond any
chance: expected and observed differ by six standard deviations of a Poisson count with overdispersion. This file must
not know files; it only marks, somebody else decides.
"""

import statistics
from collections.abc import Sequence

import polars as pl

from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.drafts import Draft, Sums
from reflection.ingest.import_report import Finding, Granularity, finding

FACTOR = 6.0
SIGMAS = 6.0
OVERDISPERSION = 4.0
MIN_NEIGHBOURS = 2
MIN_COUNT = 20.0


def findings(
    drafts: Sequence[Draft],
    frame: pl.DataFrame,
    granularity: Granularity,
    dialect: str,
    accepted: frozenset[str],
) -> list[Finding]:
    """One finding per suspicious campaign period (and, in daily files, per campaign with suspicious days)."""
    notes = [note for draft in drafts if (note := _of_period(draft, drafts, dialect, accepted))]
    if granularity == "day":
        ids = {identity for note in notes for identity in note.campaigns}
        notes += [note for note in _of_days(drafts, frame, dialect, accepted) if not ids & set(note.campaigns)]
    return notes


def fault(observed: Sums, neighbours: Sequence[Sums]) -> tuple[float, float] | None:
    """(expected conversions, factor) when a count is out of all proportion to its neighbours; else None.

    Expected = spend / median of the neighbours' spend per conversion.
    """
    costs = [
        neighbour.spend / neighbour.conversions
        for neighbour in neighbours
        if neighbour.conversions and neighbour.spend > 0
    ]
    if len(costs) < MIN_NEIGHBOURS or observed.conversions is None or observed.spend <= 0:
        return None
    expected = observed.spend / statistics.median(costs)
    actual = observed.conversions
    if max(expected, actual) < MIN_COUNT:
        return None
    factor = actual / expected if expected else float("inf")
    far = factor >= FACTOR or factor <= 1 / FACTOR
    beyond = abs(actual - expected) > SIGMAS * (OVERDISPERSION * max(expected, 1.0)) ** 0.5
    return (expected, factor) if far and beyond else None


def _of_period(draft: Draft, drafts: Sequence[Draft], dialect: str, accepted: frozenset[str]) -> Finding | None:
    same = [
        other.sums
        for other in drafts
        if other is not draft and other.key == draft.key and other.currency == draft.currency
    ]
    peers = [
        other.sums
        for other in drafts
        if other is not draft and (other.platform, other.currency) == (draft.platform, draft.currency)
    ]
    deviation = fault(draft.sums, same if len(same) >= MIN_NEIGHBOURS else peers)
    identity = draft_id(dialect, draft)
    if deviation is None or identity in accepted:
        return None
    return _fault_finding(f"{draft.name} {draft.label}".strip(), draft.sums, deviation, draft.lines, identity)


def _of_days(drafts: Sequence[Draft], frame: pl.DataFrame, dialect: str, accepted: frozenset[str]) -> list[Finding]:
    """Days of a campaign against its other days."""
    daily = (
        frame.group_by("key", "currency", "first")
        .agg(pl.col("conversions").sum().round(6), pl.col("spend").sum().round(6), pl.col("line").min())
        .sort("key", "first")
    )
    notes: list[Finding] = []
    for (key, currency), group in daily.group_by("key", "currency", maintain_order=True):
        days = [Sums(conversions=row["conversions"], spend=row["spend"]) for row in group.iter_rows(named=True)]
        if len(days) < 7:
            continue
        for position, day in _suspects(days):
            first, line = group["first"][position], group["line"][position]
            owners = [
                other
                for other in drafts
                if (other.key, other.currency) == (key, currency) and other.first and other.last
            ]
            owner = next(
                (other for other in owners if other.first and other.last and other.first <= first <= other.last), None
            )
            deviation = fault(day, [other for other in days if other is not day])
            if owner and deviation and draft_id(dialect, owner) not in accepted:
                notes.append(
                    _fault_finding(f"{owner.name} on {first}", day, deviation, [line], draft_id(dialect, owner))
                )
    return notes


def _suspects(days: Sequence[Sums]) -> list[tuple[int, Sums]]:
    """Days far from the median cost per conversion; a cheap look before the exact one."""
    costs = [day.spend / day.conversions for day in days if day.conversions and day.spend > 0]
    if len(costs) < MIN_NEIGHBOURS:
        return []
    middle = statistics.median(costs)
    return [
        (position, day)
        for position, day in enumerate(days)
        if day.spend > 0
        and max(day.conversions or 0.0, day.spend / middle if middle else 0.0) >= MIN_COUNT
        and not 1.5 / FACTOR < (day.conversions or 0.0) * middle / day.spend < FACTOR / 1.5
    ]


def _fault_finding(
    subject: str, sums: Sums, deviation: tuple[float, float], lines: Sequence[int], identity: str
) -> Finding:
    expected, factor = deviation
    conversions = sums.conversions or 0.0
    cost = f"{sums.spend / conversions:,.2f}" if conversions else "infinite"
    many = f"{factor:,.1f} times as many as" if factor > 1 else "far fewer than"
    message = (
        f"{subject}: {conversions:,.0f} conversions at {cost} each, {many} its neighbours let expect "
        f"({expected:,.0f}). This looks like a fault of tracking, not a success or failure: nothing else is compared "
        f"with it, and where it is far from all that is known it is kept out of learning. If it is real: "
        f"'reflection accept {identity}'."
    )
    return finding("tracking_fault", "warning", message, lines, [identity])
