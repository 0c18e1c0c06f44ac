"""What a later file says differently about the same days: platforms restate the past for up to 90 days.

A later file replaces, it is never added. Two snapshots are compared here, of one call or of an earlier import; must not
know how either was read.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.domain.number_of import number_of
from reflection.domain.steps import step
from reflection.ingest.checks import overlaps, restatements
from reflection.ingest.import_report import Finding, ImportReport, Snapshot, finding
from reflection.ingest.jobs.register import Days

_SHOWN = 3


def snapshot(frame: pl.DataFrame, dialect: str) -> Snapshot:
    """Per platform, campaign name and day span, the sums of identified rows."""
    place = [pl.col("platform").cast(pl.String), pl.col("name").cast(pl.String).str.to_lowercase()]
    sums = frame.drop_nulls(["first", "last"]).group_by("platform", "name", "first", "last").agg(_stated_sums())
    grouped = sums.group_by(*place, "first", "last").agg(_stated_sums())  # a name in another case is the same one
    step()
    cells = {(row[0], row[1], row[2], row[3]): tuple(row[4:]) for row in grouped.iter_rows()}
    campaigns = frame.select(*place, key=pl.col("key").cast(pl.String).str.to_lowercase()).unique()
    by_id = {
        (row[0], row[1]) for row in campaigns.iter_rows() if row[2] not in (row[1], f"{row[0].lower()} / {row[1]}")
    }
    return Snapshot(dialect, cells, by_id=frozenset(by_id))


def _stated_sums() -> list[pl.Expr]:
    """The sum of each count, null where no row states it."""
    return [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum().round(6)).alias(name) for name in COUNTS]


def findings(before: Snapshot, now: Snapshot, *, monthly: bool, joined: bool = False) -> list[Finding]:
    """The restated days, with the differences of their sums, and those left out; nothing where all is the same.

    Args:
        joined: whether campaigns keep the days of earlier files (`day_sets`).
        monthly: a campaign is a calendar month of it, else all its days: what a later file replaces as a whole.
    """
    notes = [] if joined else [*_overlapping(before, now), *_left_out(before, now, monthly=monthly)]
    common = before.cells.keys() & now.cells.keys()
    changed = sorted(key for key in common if before.cells[key] != now.cells[key])
    if common and not changed and len(common) == len(now.cells):
        notes.append(finding("nothing_new", "info", "Every day of this file is known and says the same as before."))
    if not changed:
        return notes
    parts = []
    for position, name in enumerate(COUNTS):
        stays = joined and all(sums[position] is None for sums in now.cells.values())
        parts += _restated(name, [(before.cells[key][position], now.cells[key][position]) for key in changed], stays)
    how = f" ({'; '.join(parts)})" if parts else ""
    examples = "; ".join(_day(*key) for key in changed[:_SHOWN]) + (" ..." if len(changed) > _SHOWN else "")
    message = (
        f"{len(changed)} campaign-days known from an earlier file are restated{how}: the new figures "
        f"replace the old ones. First: {examples}."
    )
    ids = sorted({identity for key in changed for identity in now.ids.get(key[:2], ())})
    return [*notes, finding("restated", "warning", message, (), ids)]


def _restated(name: str, days: Sequence[tuple[float | None, float | None]], stays: bool) -> list[str]:
    """What a figure was and is on the days of which both files say it, and was on those of which only the earlier
    does; it `stays` where the later one has no such figure at all."""
    both = [(old, new) for old, new in days if old is not None and new is not None]
    lost = [old for old, new in days if old is not None and new is None]
    was, now = f"{sum(old for old, _ in both):,.2f}", f"{sum(new for _, new in both):,.2f}"
    parts = [f"{name} was {was}, is {now}"] if was != now else []
    if lost:
        known = "is not in this file and stays as it was" if stays else "is not known there"
        parts.append(f"{name} was {sum(lost):,.2f} on {number_of(len(lost), 'day')}, {known}")
    return parts


def _overlapping(before: Snapshot, now: Snapshot) -> list[Finding]:
    """Days of this file inside longer (or shorter) periods imported earlier."""
    spans = _spans(before)
    inside = [
        (platform, name, first, last)
        for platform, name, first, last in now.cells
        if any(
            (start, end) != (first, last) and (start <= first <= end or first <= start <= last)
            for start, end in spans.get((platform, name), ())
        )
    ]
    if not inside:
        return []
    message = (
        f"{len(inside)} campaign periods overlap, without being the same, periods imported earlier (first: "
        f"{_day(*inside[0])}): undo the earlier import, or the same spend is learnt twice."
    )
    ids = sorted({identity for day in inside for identity in now.ids.get(day[:2], ())})
    return [finding("overlaps_earlier", "warning", message, (), ids)]


def _left_out(before: Snapshot, now: Snapshot, *, monthly: bool) -> list[Finding]:
    """Days that earlier files reported of a campaign that this one replaces without them."""
    spans = _spans(now)
    months = {(place, day.year, day.month) for place, days in spans.items() for span in days for day in span}
    lost = sorted(
        (platform, name, first, last)
        for platform, name, first, last in before.cells
        if (days := spans.get((platform, name)))
        and not any(start <= last and first <= end for start, end in days)
        and (not monthly or ((platform, name), first.year, first.month) in months)
    )
    if not lost:
        return []
    whole = "every day of its month" if monthly else "all its days, or whole months with --group-by month"
    message = (
        f"{len(lost)} campaign-days known from earlier files are not in this one (first: {_day(*lost[0])}): a campaign "
        f"is replaced as a whole, so they no longer count. Import {whole}."
    )
    ids = sorted({identity for day in lost for identity in now.ids.get(day[:2], ())})
    return [finding("days_left_out", "warning", message, (), ids)]


def _spans(snapshot: Snapshot) -> dict[tuple[str, str], list[tuple[dt.date, dt.date]]]:
    """Platform and campaign name -> first and last day of each period it was reported for."""
    spans: dict[tuple[str, str], list[tuple[dt.date, dt.date]]] = {}
    for platform, name, first, last in snapshot.cells:
        spans.setdefault((platform, name), []).append((first, last))
    return spans


def _day(_platform: str, name: str, first: dt.date, last: dt.date) -> str:
    return f"{name} {first}" if first == last else f"{name} {first} to {last}"


def beside_earlier(reports: Sequence[ImportReport], earlier: Sequence[Days]) -> list[ImportReport]:
    """The reports with what they change of, or double in, earlier imports; the latest import is last in `earlier`."""
    return _beside_each_other([_beside(_named_beside(report, earlier), earlier) for report in reports])


def _named_beside(report: ImportReport, earlier: Sequence[Days]) -> ImportReport:
    """A report that names no campaign loses them where earlier imports say such days under other names."""
    if report.snapshot is None or not overlaps.is_nameless(report):
        return report
    own = {cell[1] for cell in report.snapshot.cells}
    rows = ((item, [row for row in item.rows if row[0] not in own]) for item in earlier)
    others = (Snapshot.from_list(item.dialect, item.platform, some).cells for item, some in rows)
    return overlaps.beside_others(report, (("an earlier import", cells) for cells in others))


def _beside_each_other(reports: Sequence[ImportReport]) -> list[ImportReport]:
    """The reports, where two files of one import have other days of the same campaign: the later one's are taken."""
    files: dict[str, tuple[str, str]] = {}
    results = []
    for report in reports:
        ids = [campaign.campaign_id for campaign in report.campaigns]
        twice = sorted(name for name in set(ids) & files.keys() if not _are_one(files[name][1], report))
        if twice:
            message = (
                f"{number_of(len(twice), 'campaign')} of {report.name} came with other days in {files[twice[0]][0]} "
                f"(first: {twice[0]}): a campaign is replaced as a whole, so only the later file's count. Import whole "
                "months with --group-by month, or give each campaign's days in one file."
            )
            note = finding("days_left_out", "error", message, (), twice)
            report = replace(report, findings=(note, *report.findings))
        files.update(dict.fromkeys(ids, (report.name, "" if report.reported is None else report.reported.counted)))
        results.append(report)
    return results


def _are_one(counted: str, report: ImportReport) -> bool:
    """Whether a report's campaigns hold the days of another file that counts so."""
    return report.reported is not None and report.reported.dated and report.reported.counted == counted


def _beside(report: ImportReport, earlier: Sequence[Days]) -> ImportReport:
    if report.snapshot is None:
        return report
    platforms = _parts(report.platform)
    merged: dict[str, Snapshot] = {}
    for item in earlier:
        if platforms & _parts(item.platform):
            _add(merged, item.dialect, item, item.rows)
            if item.dialect == report.dialect:
                _add(merged, "earlier", item, report.snapshot.of_other_keys(item.rows))
    own = merged.get(report.dialect)
    monthly = any(campaign.unit_id for campaign in report.campaigns)
    names = {day[1] for day in report.snapshot.cells}
    same = [
        item
        for item in earlier
        if item.dialect == report.dialect
        and platforms & _parts(item.platform)
        and any(row[0] in names for row in item.rows)
    ]
    joined = report.reported is not None and all(item.counted == {report.reported.counted} for item in same)
    notes = restatements.findings(own, report.snapshot, monthly=monthly, joined=joined) if own else []
    result = overlaps.compare([report], merged)[0]
    return replace(result, findings=(*notes, *result.findings))


def _add(merged: dict[str, Snapshot], name: str, item: Days, rows: Sequence[Sequence[Any]]) -> None:
    """Put what an earlier import said to what others did under the same name; the later counts."""
    before = merged[name].cells if name in merged else {}
    addition = Snapshot.from_list(item.dialect, item.platform, rows)
    merged[name] = replace(addition, cells={**before, **addition.cells})


def _parts(platform: str) -> set[str]:
    return {part.strip().casefold() for part in platform.split(",") if part.strip()}
