"""`reflection report`: a campaign's retrospective, or the portfolio of a period, as a file to hand on."""

import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from reflection.cli.output_file import output_file
from reflection.cli.session import OutputOption, WorkspaceOption, messages, open_application
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput


class Kind(StrEnum):
    """The formats a report can be written in, by the word the command line takes for each."""

    HTML = "html"
    MD = "md"
    PDF = "pdf"
    JSON = "json"


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of the period, such as 2026-03-31.")]


def report(
    campaign_id: Annotated[str | None, typer.Argument(help="The id the campaign was stored under.")] = None,
    kind: Annotated[Kind, typer.Option("--format", "-f", help="html, pdf, md or json.")] = Kind.HTML,
    output: OutputOption = None,
    portfolio: Annotated[bool, typer.Option("--portfolio", help="All campaigns of a period.")] = False,
    start: Day = None,
    end: Day = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Write a report: one self-contained file with plots and their numbers.

    \b
    Examples:
      reflection report cmp_007_meta_summer_bootcamp -o report.html
      reflection report cmp_007_meta_summer_bootcamp --format pdf -o report.pdf
      reflection report --portfolio --start 2026-01-01 --end 2026-03-31 -o quarter.html
    """
    from reflection.reports.service import campaign_report, portfolio_report

    if output is None and kind is Kind.PDF and sys.stdout.isatty():
        raise InvalidInput("a PDF cannot be shown in a terminal", hint="add --output report.pdf")
    if portfolio == (campaign_id is not None):
        raise InvalidInput("name a campaign, or give --portfolio with --start and --end")
    if portfolio and (start is None or end is None or end < start):
        raise InvalidInput("a portfolio needs --start and --end, the first and the last day")
    with open_application() as application:
        store, service = application.store, application.recommendations
        if campaign_id is not None:
            body = campaign_report(store, service, workspace, campaign_id, kind.value)
        elif start is not None and end is not None:
            body = portfolio_report(store, service, workspace, start.date(), end.date(), kind.value)
    if output is None:
        sys.stdout.buffer.write(body)
        return
    with output_file(output) as file:
        file.write(body)
    messages().print(f"wrote {output}")
