"""What earlier imports said of the same days: restated by the same dialect, or reported by another source as well.

Only sources of the same platform are compared: two platforms may both have a campaign called "Brand". Must not know
how imports are stored.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from reflection.importers import restatements, sources
from reflection.importers.verdict import ImportReport, Snapshot


class Reported(Protocol):
    """The days that an earlier import reported: `rows` as `Snapshot.as_list` gives them."""

    @property
    def dialect(self) -> str:
        """Which kind of file said it."""

    @property
    def platform(self) -> str:
        """Of which platform; several joined by a comma."""

    @property
    def rows(self) -> list[list[Any]]:
        """Campaign, first day, last day, and the metrics."""


def beside_earlier(reports: Sequence[ImportReport], earlier: Sequence[Reported]) -> list[ImportReport]:
    """The reports with what they change of, or double in, earlier imports; the latest import is last in `earlier`."""
    return [_beside(report, earlier) for report in reports]


def _beside(report: ImportReport, earlier: Sequence[Reported]) -> ImportReport:
    if report.snapshot is None:
        return report
    platforms = _parts(report.platform)
    merged: dict[str, Snapshot] = {}
    for item in earlier:
        if platforms & _parts(item.platform):
            said = Snapshot.from_list(item.dialect, item.rows)
            before = merged.get(item.dialect)
            merged[item.dialect] = replace(before, cells={**before.cells, **said.cells}) if before else said
    own = merged.get(report.dialect)
    notes = restatements.findings(own, report.snapshot) if own else []
    done = sources.compare([report], merged)[0]
    return replace(done, findings=(*notes, *done.findings))


def _parts(platform: str) -> set[str]:
    return {part.strip().casefold() for part in platform.split(",") if part.strip()}
