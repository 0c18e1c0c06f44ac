"""Jumps that are faults of tracking, not learnings: conversions at a CPA of 2.35 where the neighbours sit at 91.

A period is compared with the median cost per conversion of the campaign's other periods, or where it has fewer than
three of the account's other periods of its kind (platform, currency, what is counted, whom it meets). It is a fault
when the count is both far off (a factor of six) and beyond any chance: expected and observed differ by six standard
deviations of a Poisson count with overdispersion. This file must not know files; it only marks, somebody else decides.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import polars as pl

from reflection.domain.audience_role import role_of
from reflection.domain.conversion_kind import kind_of_objective
from reflection.explain.formatting import money
from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.drafts import Draft, Sums, metric_sums
from reflection.ingest.import_report import Finding, Granularity, finding

FACTOR = 6.0
SIGMAS = 6.0
OVERDISPERSION = 4.0
MIN_NEIGHBOURS = 2
MIN_COUNT = 20.0
DAYS_OF_A_WEEK = 7
SILENT_DAYS, SILENT_COUNT = 3, 30.0
"""Days on end without a conversion, and how many were due on them, from which that is no chance."""

Place = tuple[str | None, ...]


def findings(
    drafts: Sequence[Draft],
    frame: pl.DataFrame,
    granularity: Granularity,
    dialect: str,
    accepted: frozenset[str],
) -> list[Finding]:
    """One finding per suspicious campaign period (and, in daily files, per campaign with suspicious days)."""
    notes = _of_periods(drafts, dialect, accepted)
    if granularity == "day":
        ids = {identity for note in notes for identity in note.campaigns}
        of_days = [*_of_days(drafts, frame, dialect, accepted), *_silences(drafts, frame, dialect, accepted)]
        notes += [note for note in of_days if not ids & set(note.campaigns)]
    return notes


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
        factor = actual / expected if expected else float("inf")
        far = factor >= FACTOR or factor <= 1 / FACTOR
        beyond = abs(actual - expected) > SIGMAS * (OVERDISPERSION * max(expected, 1.0)) ** 0.5
        return (expected, factor) if far and beyond else None

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


def _of_days(drafts: Sequence[Draft], frame: pl.DataFrame, dialect: str, accepted: frozenset[str]) -> list[Finding]:
    """Days that are unlike the campaign's other days, where it has a week of them."""
    place = ["key", "currency"]
    daily = _suspicious(frame.group_by(*place, "first").agg(*metric_sums(frame), pl.col("line").min()), place)
    suspects = daily.filter("suspicious").sort("key", "first")
    if suspects.is_empty():
        return []
    days = daily.join(suspects.select(place).unique(), on=place, nulls_equal=True)
    around = {
        where: Neighbours(Sums(conversions=c, spend=s) for c, s in group.select("conversions", "spend").iter_rows())
        for where, group in days.partition_by(place, as_dict=True).items()
    }
    owners: dict[Place, list[Draft]] = defaultdict(list)
    for draft in drafts:
        owners[(draft.key, draft.currency)].append(draft)
    notes: list[Finding] = []
    for row in suspects.iter_rows(named=True):
        where, first = (row["key"], row["currency"]), row["first"]
        day = Sums(conversions=row["conversions"], spend=row["spend"])
        owner = next((one for one in owners[where] if one.first and one.last and one.first <= first <= one.last), None)
        deviation = around[where].fault(day)
        if owner and deviation and draft_id(dialect, owner) not in accepted:
            subject, identity = f"{owner.name} on {first}", draft_id(dialect, owner)
            notes.append(_fault_finding(subject, day, row["currency"], deviation, [row["line"]], identity))
    return notes


def _silences(drafts: Sequence[Draft], frame: pl.DataFrame, dialect: str, accepted: frozenset[str]) -> list[Finding]:
    """Days on end without a conversion, in a campaign whose other days had too many for that to be chance."""
    place, spend, conversions = ["key", "currency"], pl.col("spend"), pl.col("conversions")
    daily = frame.group_by(*place, "first").agg(*metric_sums(frame), pl.col("line").min()).sort(*place, "first")
    silent = ((spend > 0) & (conversions == 0)).fill_null(False)
    ran = daily.with_columns(
        silent.alias("silent"),
        silent.rle_id().over(place).alias("run"),
        (spend.filter(conversions > 0).sum() / conversions.filter(conversions > 0).sum()).over(place).alias("cost"),
        pl.col("first").max().over(place).alias("end"),
    )
    runs = ran.filter("silent").group_by(*place, "run", maintain_order=True).agg(
        spend.sum(), pl.col("cost").first(), pl.col("end").first(), pl.len().alias("days"),
        pl.col("first").min().alias("since"), pl.col("first").max().alias("until"), pl.col("line").min(),
    )  # fmt: skip
    open_end = pl.col("until") == pl.col("end")  # conversions of the last days may be still to come
    faults = runs.filter((pl.col("days") >= SILENT_DAYS) & (spend / pl.col("cost") >= SILENT_COUNT) & ~open_end)
    notes: list[Finding] = []
    for row in faults.iter_rows(named=True):
        owners = [one for one in drafts if (one.key, one.currency) == (row["key"], row["currency"])
                  and one.first and one.last and one.first <= row["until"] and row["since"] <= one.last]  # fmt: skip
        ids = [identity for one in owners if (identity := draft_id(dialect, one)) not in accepted]
        if ids:
            message = (
                f"{owners[0].name}: no conversion from {row['since']} to {row['until']}, with "
                f"{money(row['spend'], row['currency'])} spent, where its other days would have brought "
                f"{row['spend'] / row['cost']:,.0f}. This looks like tracking that was off, not a failure: nothing "
                f"else is compared with it. Repair these days and import them again; if they are real, accept the "
                f"campaign on its page, or by 'reflection accept {ids[0]}'."
            )
            notes.append(finding("tracking_fault", "warning", message, [row["line"]], ids))
    return notes


def _suspicious(daily: pl.DataFrame, place: Sequence[str]) -> pl.DataFrame:
    """Days of campaigns with a week of them, and which lie far from the median cost: a cheap look before the exact."""
    spend, conversions = pl.col("spend"), pl.col("conversions")
    cost = pl.when((spend > 0) & (conversions > 0)).then(spend / conversions)
    middle = cost.median().over(place)
    share = conversions * middle / spend
    far = (spend > 0) & (pl.max_horizontal(conversions, spend / middle) >= MIN_COUNT)
    far &= ~share.is_between(1.5 / FACTOR, FACTOR / 1.5, closed="none")
    weeks = daily.filter(pl.len().over(place) >= DAYS_OF_A_WEEK)
    return weeks.with_columns(far.fill_null(False).alias("suspicious"))


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
