"""Several sources of one import that speak of the same campaign-days: taken once, never added.

This file must not know how files are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from reflection.domain.number_of import number_of
from reflection.ingest.import_report import CampaignDay, ImportReport, Reject, Snapshot, finding

ANY = "unspecified"
"""The platform of rows that do not say theirs: they may be anybody's."""

_EVERY = ""


def compare(reports: Sequence[ImportReport], previous: Mapping[str, Snapshot]) -> list[ImportReport]:
    """Keep the first source of each campaign-day; later ones lose campaigns that have such days.

    Files of one kind are no two sources: of a day that several say, the latest export counts (`day_sets`).

    Args:
        previous: what earlier imports said, by dialect; the same dialect restates, another is a second source.
    """
    sources: dict[tuple[str, str], dict[CampaignDay, str]] = {}
    results: list[ImportReport] = []
    hashes: dict[str, str] = {}
    for report in reports:
        snapshot = report.snapshot
        if snapshot is None:
            results.append(report)
            continue
        if report.sha256 in hashes:
            ids = {campaign.campaign_id for campaign in report.campaigns}
            report = _without(report, ids, hashes[report.sha256], "same_file_twice")
        else:
            earlier: dict[CampaignDay, str] = {}
            for name, old in previous.items():
                if name != report.dialect:
                    _note(earlier, old, f"the {name} import")
            kind = report.dialect, report.conversions
            others = [days for other, days in sources.items() if other != kind]
            doubles = _reported(snapshot, reduce(or_, others, earlier))
            report = _without(report, *doubles, "two_sources")
        hashes[report.sha256] = report.name
        _note(sources.setdefault((report.dialect, report.conversions), {}), snapshot, report.name)
        results.append(report)
    return results


def _note(sources: dict[CampaignDay, str], snapshot: Snapshot, name: str) -> None:
    """Who reports a campaign's day, of its platform and of any."""
    for day in snapshot.cells:
        sources.setdefault(day, name)
        sources.setdefault((_EVERY, *day[1:]), name)


def _reported(snapshot: Snapshot, sources: Mapping[CampaignDay, str]) -> tuple[set[str], str]:
    """Ids of campaigns of which some days were reported before, on the same platform under the same name; by whom."""
    ids: set[str] = set()
    by = ""
    for platform, name, first, last in snapshot.cells:
        places = (platform, ANY, _EVERY) if platform == ANY else (platform, ANY)
        source = next((sources[day] for place in places if (day := (place, name, first, last)) in sources), None)
        if source is not None:
            ids.update(snapshot.ids.get((platform, name), ()))
            by = by or source
    return ids, by


def _without(report: ImportReport, ids: set[str], other: str, code: str) -> ImportReport:
    if not ids:
        return report
    message = (
        f"{number_of(len(ids), 'campaign')} of {report.name} left out, never added: {other} already reports "
        "the same days. Import the source you trust alone."
    )
    campaigns = tuple(campaign for campaign in report.campaigns if campaign.campaign_id not in ids)
    rejects = tuple(Reject(0, "its days are reported by another source", identity) for identity in sorted(ids))
    note = finding(code, "error", message, (), sorted(ids))
    return replace(report, campaigns=campaigns, findings=(note, *report.findings), rejects=(*report.rejects, *rejects))
