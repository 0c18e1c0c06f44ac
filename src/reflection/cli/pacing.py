"""`reflection pacing`: where the running month ends."""

from typing import Any

from reflection.cli.plan import interval, number
from reflection.cli.session import JsonOption, WorkspaceOption, console, open_application, print_json, text_table
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain import formatting

SHOWN = 20


def pacing(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show spend and conversions of the running month so far, and where they will probably end.

    \b
    Example:
      reflection pacing
    """
    from reflection.ingest.jobs import pacing as month

    with open_application() as application:
        answer = application.days.get(workspace, "pacing", month.pacing)
    if as_json:
        print_json(answer)
        return
    out = console()
    if answer["day"] is None:
        out.print("No imported file speaks of single days; 'reflection import FILE' with daily rows does.")
        return
    out.print(f"{answer['period_start']} to {answer['period_end']}, known up to {answer['day']}")
    table = text_table("", "spend so far", "at the end", "90 % interval", "conversions so far", "at the end", "90 %")
    for item in answer["items"][:SHOWN]:
        name = item["campaign"] or f"all of {item['platform']}"
        table.add_row(formatting.plain_name(name), *_cells(item["spend"]), *_cells(item["conversions"]))
    out.print(table)
    for metric, row in answer["coverage"].items():
        if row["coverage_90"] is not None:
            share = formatting.percent(100 * row["coverage_90"], decimals=0)
            out.print(f"{metric}: such intervals held {share} of {row['forecasts']} times in the past", style="dim")


def _cells(pace: dict[str, Any]) -> tuple[str, str, str]:
    """So far, at the end, and the interval; why not where it cannot be told."""
    return number(pace["so_far"]), number(pace["projected"]), pace["reason"] or interval(pace["interval"])
