"""Several sources of one import that speak of the same campaign-days: taken once, never added.

This file must not know how files are read.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from reflection.domain.number_of import number_of
from reflection.domain.steps import step
from reflection.ingest.import_report import CampaignDay, ImportReport, Reject, Snapshot, finding

Campaigns = set[tuple[str, str]]
"""Platforms and names in lower case."""

Sources = dict[tuple[str, str], dict[dt.date, str]]
"""Platform and name of a campaign -> its days, and who reports them."""

ANY = "unspecified"
"""The platform of rows that do not say theirs: they may be anybody's."""

_EVERY = ""
NAMELESS = "campaign_not_named"
_MAY_BE_ONE = "It names no campaign, so its money may be the same. If it is other money, say --campaign NAME."


def without_nameless(reports: Sequence[ImportReport]) -> list[ImportReport]:
    """The reports; one whose rows name no campaign loses them where another names those of its platform on such days.

    Its money may be theirs, and nobody can tell.
    """
    named = [(one.name, one.snapshot.cells) for one in reports if one.snapshot is not None and not is_nameless(one)]
    return [beside_others(report, named) if is_nameless(report) else report for report in reports]


def is_nameless(report: ImportReport) -> bool:
    """Whether a file named no campaign, nor did anybody say which it is."""
    return any(note.code == NAMELESS for note in report.findings)


def beside_others(
    report: ImportReport, others: Iterable[tuple[str, Iterable[CampaignDay]]], remedy: str = _MAY_BE_ONE
) -> ImportReport:
    """A report without its campaigns where one of the others says days of its platform, of which one names none."""
    if report.snapshot is None:
        return report
    days = {(cell[0], day) for cell in report.snapshot.cells for day in _days(cell[2], cell[3])}
    for name, cells in others:
        if any((cell[0], day) in days for cell in cells for day in _days(cell[2], cell[3])):
            every = set(report.snapshot.ids)
            return _forgetting(_left_out(report, every, name, "two_sources", remedy), every)
    return report


def compare(reports: Sequence[ImportReport], previous: Mapping[str, Snapshot]) -> list[ImportReport]:
    """Keep the first source of each campaign-day; later ones lose campaigns that have such days.

    Files of one kind are no two sources: of a day that several say, the latest export counts (`day_sets`); unless one
    tells a campaign by its id and the other by its name, which nobody can put together.

    Args:
        previous: what earlier imports said, by dialect; the same dialect restates, another is a second source.
    """
    sources: dict[tuple[str, str, bool], Sources] = {}
    results: list[ImportReport] = []
    hashes: dict[str, str] = {}
    for place, report in enumerate(reports, start=1):
        snapshot = report.snapshot
        if snapshot is None:
            results.append(report)
            continue
        parts = {(report.dialect, report.conversions, by_id): part for by_id, part in _by_key(snapshot)}
        if report.sha256 in hashes:
            report = _left_out(report, set(snapshot.ids), hashes[report.sha256], "same_file_twice")
        else:
            earlier: Sources = {}
            for name, old in previous.items():
                if name != report.dialect:
                    _note(earlier, old.cells, f"the {name} import")
            doubles: Campaigns = set()
            by = ""
            for kind, part in parts.items():
                others = [days for other, days in sources.items() if other != kind]
                again, who = _reported(part, [earlier, *others])
                doubles, by = doubles | again, by or who
            report = _forgetting(_left_out(report, doubles, by, "two_sources"), doubles)
        hashes[report.sha256] = report.name
        for kind, part in parts.items() if place < len(reports) else ():  # nobody asks what the last one reports
            _note(sources.setdefault(kind, {}), part, report.name)
        results.append(report)
    return results


def _by_key(snapshot: Snapshot) -> Iterator[tuple[bool, list[CampaignDay]]]:
    """The days of campaigns that have a name alone, and of those that have an id."""
    for by_id in (False, True):
        yield by_id, [cell for cell in snapshot.cells if (cell[:2] in snapshot.by_id) is by_id]


def _note(sources: Sources, cells: Iterable[CampaignDay], name: str) -> None:
    """Who reports a campaign's days, of its platform and of any."""
    for platform, campaign, first, last in cells:
        for place in (platform, _EVERY):
            days = sources.setdefault((place, campaign), {})
            for day in _days(first, last):
                days.setdefault(day, name)


def _reported(cells: Iterable[CampaignDay], sources: Sequence[Sources]) -> tuple[Campaigns, str]:
    """Campaigns of which some days were reported before, alone or within a longer time, on the same platform under the
    same name; by whom."""
    step()
    campaigns: Campaigns = set()
    by = ""
    for platform, name, first, last in cells if any(sources) else ():
        places = (platform, ANY, _EVERY) if platform == ANY else (platform, ANY)
        calendars = [days for source in sources for place in places if (days := source.get((place, name)))]
        who = next((days[day] for days in calendars for day in _days(first, last) if day in days), None)
        if who is not None:
            campaigns.add((platform, name))
            by = by or who
    return campaigns, by


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(number) for number in range((last - first).days + 1))


_TRUSTED = "Import the source you trust alone; files of one platform all with campaign ids, or all without."


def _left_out(report: ImportReport, doubles: Campaigns, other: str, code: str, remedy: str = _TRUSTED) -> ImportReport:
    """The report without campaigns that another source reports."""
    assert report.snapshot is not None
    ids = {identity for place in doubles for identity in report.snapshot.ids.get(place, ())}
    if not ids:
        return report
    message = (
        f"{number_of(len(ids), 'campaign')} of {report.name} left out, never added: {other} already reports "
        f"the same days. {remedy}"
    )
    campaigns = tuple(campaign for campaign in report.campaigns if campaign.campaign_id not in ids)
    rejects = tuple(Reject(0, "its days are reported by another source", identity) for identity in sorted(ids))
    note = finding(code, "error", message, (), sorted(ids))
    return replace(report, campaigns=campaigns, findings=(note, *report.findings), rejects=(*report.rejects, *rejects))


def _forgetting(report: ImportReport, doubles: Campaigns) -> ImportReport:
    """The report without days and rows of campaigns that did not count: they stand in nobody's way later."""
    if not doubles or report.snapshot is None or report.reported is None:
        return report
    cells = {day: sums for day, sums in report.snapshot.cells.items() if day[:2] not in doubles}
    frame = report.reported.frame
    names = frame.select(pl.col("platform").cast(pl.String), pl.col("name").cast(pl.String).str.to_lowercase())
    rest = frame.filter([place not in doubles for place in names.iter_rows()])
    return replace(
        report, snapshot=replace(report.snapshot, cells=cells), reported=replace(report.reported, frame=rest)
    )
