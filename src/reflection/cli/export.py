"""`reflection export`: campaigns, findings and effects as files that other programs open and nothing in them runs."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reflection.cli.session import WorkspaceOption, messages, open_application
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.domain.knowledge import Effect
    from reflection.domain.results import Finding
    from reflection.wiring import Application

FINDING_COLUMNS = (
    "finding_id", "category", "title", "description", "signal_key", "metric", "direction", "effect", "low",
    "high", "probability", "lfsr", "effective_campaigns", "evidence_count", "spend", "impact_score", "grade",
    "status", "supporting", "contradicting",
)  # fmt: skip
EFFECT_COLUMNS = (
    "signal", "group", "metric", "effect", "low", "high", "raw_lift",
    "probability", "lfsr", "campaigns", "spend", "finding", "reason",
)  # fmt: skip
EVENT_COLUMNS = ("event_id", "day", "until", "scope", "kind", "text", "created_at")
PAGE = 1_000


class Subject(StrEnum):
    """What can be exported, by the word the command line takes for it."""

    CAMPAIGNS = "campaigns"
    FINDINGS = "findings"
    EFFECTS = "effects"
    EVENTS = "events"


def export(
    what: Annotated[Subject, typer.Argument(help="campaigns (JSON lines), findings, effects or events (CSV).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output otherwise.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Export campaigns as JSON lines, or findings, effects and events as CSV.

    What 'export campaigns' writes, 'analyze' reads again. CSV cells cannot run as formulas in a spreadsheet.

    \b
    Examples:
      reflection export campaigns -o campaigns.jsonl
      reflection export effects > effects.csv
    """
    with open_application() as application:
        records = _write(_LINES[what](application, workspace), output)
    header = 0 if what is Subject.CAMPAIGNS else 1
    messages().print(f"{records - header} {what.value} exported")


def _campaigns(application: "Application", workspace: str) -> Iterator[str]:
    after = ""
    while page := application.store.campaigns(workspace, after=after, limit=PAGE):
        for stored in page:
            yield stored.campaign_json + "\n"
        after = page[-1].campaign_id


def _findings(application: "Application", workspace: str) -> Iterator[str]:
    findings = application.engine.knowledge(workspace=workspace).findings
    return csv_lines(map(_row, findings), FINDING_COLUMNS)


def _effects(application: "Application", workspace: str) -> Iterator[str]:
    effects = application.engine.knowledge(workspace=workspace).effects
    return csv_lines(map(_row, effects), EFFECT_COLUMNS)


def _events(application: "Application", workspace: str) -> Iterator[str]:
    return csv_lines(_all_events(application, workspace), EVENT_COLUMNS)


def _all_events(application: "Application", workspace: str) -> Iterator[dict[str, Any]]:
    items, after = application.events.list(workspace, limit=PAGE)
    yield from items
    while after is not None:
        items, after = application.events.list(workspace, after=after, limit=PAGE)
        yield from items


def _row(item: "Finding | Effect") -> dict[str, Any]:
    """A value as a row; its interval as two columns."""
    low, high = item.interval or (None, None)
    return {**asdict(item), "low": low, "high": high}


_LINES = {
    Subject.CAMPAIGNS: _campaigns,
    Subject.FINDINGS: _findings,
    Subject.EFFECTS: _effects,
    Subject.EVENTS: _events,
}


def _write(lines: Iterator[str], output: Path | None) -> int:
    """Write all records; returns how many."""
    try:
        target = output.open("w", encoding="utf-8", newline="") if output else sys.stdout
    except OSError as error:
        raise InvalidInput(f"cannot write {output}: {error.strerror}", hint="choose another file") from None
    count = 0
    try:
        for line in lines:
            target.write(line)
            count += 1
    finally:
        if output:
            target.close()
    return count


_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that a spreadsheet may take for a formula; the last four are the full-width forms."""


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs."""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith((*_DANGEROUS, "'")) else value
    if isinstance(value, (list, tuple)):
        return safe("; ".join(str(item) for item in value))
    return "" if value is None else value


def plain(text: str) -> str:
    """The text that `safe` was given."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith((*_DANGEROUS, "'")) else text


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """CSV text, a record at a time: the header of `columns`, then each row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe(row.get(column)) for column in columns])
        yield buffer.getvalue()
