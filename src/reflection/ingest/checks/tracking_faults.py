"""Jumps that are faults of tracking, not learnings: 1,432 conversions at a CPA of 2.35 where the neighbours
sit at 91.

A period is compared with the median cost per conversion of the campaign's other periods, or of the account's
other periods where it has fewer than three. It is a fault when the count is both far off (a factor of six)
and beyond any chance: expected and observed differ by six standard deviations of a Poisson count with
overdispersion. This file must not know files; it only marks, somebody else decides.
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
        told = {identity for note in notes for identity in note.campaigns}
        notes += [note for note in _of_days(drafts, frame, dialect, accepted) if not told & set(note.campaigns)]
    return notes


def fault(observed: Sums, neighbours: Sequence[Sums]) -> tuple[float, float] | None:
    """(expected conversions, factor) when a count is out of all proportion to its neighbours; else None.

    Expected = spend / median of the neighbours' spend per conversion.
    """
    costs = [n.spend / n.conversions for n in neighbours if n.conversions and n.spend > 0]
    if len(costs) < MIN_NEIGHBOURS or observed.conversions is None or observed.spend <= 0:
        return None
    expected = observed.spend / statistics.median(costs)
    found = observed.conversions
    if max(expected, found) < MIN_COUNT:
        return None
    factor = found / expected if expected else float("inf")
    far = factor >= FACTOR or factor <= 1 / FACTOR
    beyond = abs(found - expected) > SIGMAS * (OVERDISPERSION * max(expected, 1.0)) ** 0.5
    return (expected, factor) if far and beyond else None


def _of_period(draft: Draft, drafts: Sequence[Draft], dialect: str, accepted: frozenset[str]) -> Finding | None:
    same = [d.sums for d in drafts if d is not draft and d.key == draft.key and d.currency == draft.currency]
    peers = [d.sums for d in drafts if d is not draft and (d.platform, d.currency) == (draft.platform, draft.currency)]
    found = fault(draft.sums, same if len(same) >= MIN_NEIGHBOURS else peers)
    identity = draft_id(dialect, draft)
    if found is None or identity in accepted:
        return None
    return _told(f"{draft.name} {draft.label}".strip(), draft.sums, found, draft.lines, identity)


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
            owners = [d for d in drafts if (d.key, d.currency) == (key, currency) and d.first and d.last]
            owner = next((d for d in owners if d.first and d.last and d.first <= first <= d.last), None)
            found = fault(day, [d for d in days if d is not day])
            if owner and found and draft_id(dialect, owner) not in accepted:
                notes.append(_told(f"{owner.name} on {first}", day, found, [line], draft_id(dialect, owner)))
    return notes


def _suspects(days: Sequence[Sums]) -> list[tuple[int, Sums]]:
    """Days far from the median cost per conversion; a cheap look before the exact one."""
    costs = [d.spend / d.conversions for d in days if d.conversions and d.spend > 0]
    if len(costs) < MIN_NEIGHBOURS:
        return []
    middle = statistics.median(costs)
    return [
        (i, d)
        for i, d in enumerate(days)
        if d.spend > 0
        and max(d.conversions or 0.0, d.spend / middle if middle else 0.0) >= MIN_COUNT
        and not 1.5 / FACTOR < (d.conversions or 0.0) * middle / d.spend < FACTOR / 1.5
    ]


def _told(what: str, sums: Sums, found: tuple[float, float], lines: Sequence[int], identity: str) -> Finding:
    expected, factor = found
    conversions = sums.conversions or 0.0
    cost = f"{sums.spend / conversions:,.2f}" if conversions else "infinite"
    many = f"{factor:,.1f} times as many as" if factor > 1 else "far fewer than"
    message = (
        f"{what}: {conversions:,.0f} conversions at {cost} each, {many} its neighbours let expect ({expected:,.0f}). "
        "This looks like a fault of tracking, not a success or failure: nothing else is compared with it, and where "
        f"it is far from all that is known it is kept out of learning. If it is real: 'reflection accept {identity}'."
    )
    return finding("tracking_fault", "warning", message, lines, [identity])
