"""`reflection export`: campaigns, findings and effects as files that other programs open and nothing in them runs."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflection.cli.output_file import output_file
from reflection.cli.session import OutputOption, WorkspaceOption, messages, open_application
from reflection.domain.number_of import number_of
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.reports.tables import csv_lines

if TYPE_CHECKING:
    from reflection.wiring import Application

PAGE = 1_000


class Subject(StrEnum):
    """What can be exported, by the word the command line takes for it."""

    CAMPAIGNS = "campaigns"
    FINDINGS = "findings"
    EFFECTS = "effects"
    LEARNINGS = "learnings"
    MONTHS = "months"
    SCORES = "scores"
    EVENTS = "events"


def export(
    what: Annotated[Subject, typer.Argument(help="campaigns (JSON lines), or a table (CSV).")],
    output: OutputOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Export campaigns as JSON lines; findings, effects, learnings, months, scores or events as CSV.

    What 'export campaigns' writes, 'analyze' reads again. CSV cells cannot run as formulas in a spreadsheet.

    \b
    Examples:
      reflection export campaigns -o campaigns.jsonl
      reflection export effects > effects.csv
    """
    with open_application() as application:
        lines = (
            _campaigns(application, workspace) if what is Subject.CAMPAIGNS else _table(application, workspace, what)
        )
        records = _write(lines, output)
    header = 0 if what is Subject.CAMPAIGNS else 1
    messages().print(f"{number_of(records - header, what.value.removesuffix('s'), what.value)} exported")


def _campaigns(application: "Application", workspace: str) -> Iterator[str]:
    after = ""
    while page := application.store.campaigns(workspace, after=after, limit=PAGE):
        for stored in page:
            yield stored.campaign_json + "\n"
        after = page[-1].campaign_id


def _table(application: "Application", workspace: str, what: Subject) -> Iterator[str]:
    from reflection.reports.table_service import TABLES

    columns, rows = TABLES[what.value]
    return csv_lines(rows(application, workspace), columns)


def _write(lines: Iterator[str], output: Path | None) -> int:
    """Write all records; returns how many."""
    if output is None:
        return sum(sys.stdout.write(line) >= 0 for line in lines)
    with output_file(output) as file:
        return sum(file.write(line.encode()) >= 0 for line in lines)
