"""Several files of one import that speak of the same campaign-days: taken once, never added.

This file must not know how files are read.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reflection.ingest.import_report import ImportReport, Reject, Snapshot, finding

Day = tuple[str, dt.date, dt.date]


def compare(reports: Sequence[ImportReport], previous: Mapping[str, Snapshot]) -> list[ImportReport]:
    """Keep the first report of each campaign-day; later ones lose campaigns that have such days.

    Args:
        previous: what earlier imports said, by dialect; the same dialect restates, another is a second source.
    """
    sources: dict[Day, str] = {}
    results: list[ImportReport] = []
    hashes: dict[str, str] = {}
    for report in reports:
        if report.snapshot is None:
            results.append(report)
            continue
        if report.sha256 in hashes:
            ids = {campaign.campaign_id for campaign in report.campaigns}
            report = _without(report, ids, hashes[report.sha256], "same_file_twice")
        else:
            earlier = {
                day: f"the {name} import"
                for name, old in previous.items()
                if name != report.dialect
                for day in old.cells
            }
            report = _without(report, *_reported(report, {**earlier, **sources}), "two_sources")
        hashes[report.sha256] = report.name
        for day in report.snapshot.cells if report.snapshot else ():
            sources.setdefault(day, report.name)
        results.append(report)
    return results


def _reported(report: ImportReport, sources: Mapping[Day, str]) -> tuple[set[str], str]:
    """Ids of campaigns of which some days were reported before, under the same name; and by whom."""
    assert report.snapshot is not None
    doubles = [day for day in report.snapshot.cells if day in sources]
    ids = {identity for name, _, _ in doubles for identity in report.snapshot.ids.get(name, ())}
    return ids, sources[doubles[0]] if doubles else ""


def _without(report: ImportReport, ids: set[str], other: str, code: str) -> ImportReport:
    if not ids:
        return report
    message = (
        f"{len(ids)} campaigns of {report.name} have days that {other} already reports: they are left out, never "
        "added. Import the source you trust alone."
    )
    campaigns = tuple(campaign for campaign in report.campaigns if campaign.campaign_id not in ids)
    rejects = tuple(Reject(0, "its days are reported by another source", identity) for identity in sorted(ids))
    note = finding(code, "error", message, (), sorted(ids))
    return replace(report, campaigns=campaigns, findings=(note, *report.findings), rejects=(*report.rejects, *rejects))
