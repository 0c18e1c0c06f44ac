"""`reflection import` and `reflection imports`: exports of ad platforms in, their verdict out, and back again."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from reflection.cli.reading_options import reading_options, with_reading_options
from reflection.cli.session import JsonOption, WorkspaceOption, console, open_application, print_json, progress_bar
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.ingest.jobs.import_verdict import verdict

if TYPE_CHECKING:
    from reflection.ingest import ImportOptions
    from reflection.wiring import Application

NEEDS_ATTENTION = 1
REFUSED = 2


@with_reading_options
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Exports: CSV, TSV, XLSX, JSON, also gzipped or zipped.")],
    reading: dict[str, Any],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; store nothing.")] = False,
    suggest: Annotated[
        bool, typer.Option("--suggest-mapping", help="Print a column mapping for the file to start from; read nothing.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Import exports of ad platforms: recognised, checked, grouped into campaigns, and analysed.

    Several files complete each other. The same file again changes nothing; a later file for the same days
    replaces, and the difference is shown. 'reflection imports --undo ID' takes an import back.

    \b
    Examples:
      reflection import ads_manager.csv --group-by month
      reflection import report.csv --expected plan.csv --conversions Purchases
      reflection import any_table.xlsx --suggest-mapping > columns.json
      reflection import any_table.xlsx --mapping columns.json --dry-run
      reflection import ads.csv --campaign-names '{year}_{platform}_{audience}_{type}'
    """
    if suggest:
        from reflection.ingest import suggest_mapping

        print_json(suggest_mapping(files[0]))
        return
    options = reading_options(**reading)
    with open_application() as application:
        answer = imported(application, workspace, files, options, dry_run=dry_run)
    if as_json:
        print_json(answer)
    else:
        print_verdict(console(), answer)
    _conclude(answer)


def imports(
    undo: Annotated[str | None, typer.Option("--undo", metavar="ID", help="Take this import back.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to list.")] = 20,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List the last imports, or take one back.

    Campaigns that the import brought are retracted; those it replaced get back what they were before.

    \b
    Examples:
      reflection imports
      reflection imports --undo imp_4d3cf17f18e4ed93c1439b1b
    """
    with open_application() as application:
        if undo is not None:
            answer: dict[str, Any] = application.imports.undo(workspace, undo)
            application.learner.learn_now(workspace)
        else:
            answer = {"items": application.imports.recent(workspace, limit)}
    if as_json:
        print_json(answer)
    elif undo is not None:
        print_verdict(console(), answer)
    else:
        console().print(imports_table(answer["items"]))


def imported(
    application: "Application", workspace: str, files: list[Path], options: "ImportOptions", *, dry_run: bool
) -> dict[str, Any]:
    """Read, and unless it is a dry run, analyse and learn; the import as the API would show it."""
    reports = application.imports.read(workspace, files, options, alerting=not dry_run)
    if dry_run:
        return {"import_id": "", "state": "dry-run", **verdict(reports)}
    import_id = application.imports.begin(workspace, reports, options)
    with ExitStack() as stack:
        bar = stack.enter_context(progress_bar())
        task = bar.add_task("analysing")

        def show(done: int, total: int) -> bool:
            bar.update(task, completed=done, total=total)
            return True

        answer = application.imports.run(workspace, import_id, show)
    application.learner.learn_now(workspace)
    return answer


def _conclude(answer: dict[str, Any]) -> None:
    """Exit codes: 2 when nothing could be taken, 1 when something was left out, 0 when all is well."""
    if not answer["campaigns"]:
        raise typer.Exit(REFUSED)
    failure = any(note["severity"] == "error" for note in answer["findings"])
    if failure or answer["rejects"] or answer.get("refused"):
        raise typer.Exit(NEEDS_ATTENTION)


SHOWN = 10
UNDONE_AS = ("retracted", "restored", "kept")
"""What can become of a campaign when its import is taken back."""

_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}
_NONE = "-"


def print_verdict(console: Console, answer: Mapping[str, Any]) -> None:
    """One import: table, findings, rejects, changes, and what became of its campaigns."""
    console.print(_facts(answer))
    for note in answer["findings"]:
        console.print(_finding(note))
    _print_rejects(console, answer)
    for change in answer.get("changes", ())[:SHOWN]:
        console.print(f"[yellow]replaced[/] {escape(change['campaign_id'])}: {_difference(change['difference'])}")
    for refusal in answer.get("refused", ())[:SHOWN]:
        console.print(f"[red]refused[/] {escape(refusal['campaign_id'])}: {escape(refusal['reason'])}")
    console.print(_closing(answer))


def imports_table(items: Sequence[Mapping[str, Any]]) -> Table:
    """A table with a line for each import: id, state, files, platform, period, campaigns and time."""
    table = Table(box=None, pad_edge=False)
    for name in ("import", "state", "files", "platform", "period", "campaigns", "when"):
        table.add_column(name, no_wrap=name == "import", overflow="fold")
    for item in items:
        table.add_row(
            item["import_id"], item["state"], Text(item["name"]), Text(item["platform"]), _period(item),
            str(len(item["campaigns"])), item["created_at"][:16],
        )  # fmt: skip
    return table


def _facts(answer: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    totals, currency = answer["totals"], answer["currency"] or ""
    rows = {
        "file": answer["name"],
        "recognised": f"{answer['dialect']}: {answer['recognised_by']}",
        "read as": f"{answer['encoding']}, {answer['rows']:,} row{'' if answer['rows'] == 1 else 's'}",
    }
    figures = {
        "period": f"{_period(answer)} ({answer['granularity']}, {answer['timezone']})",
        "impressions": _number(totals["impressions"]),
        "clicks": _number(totals["clicks"]),
        "conversions": f"{_number(totals['conversions'])} ({answer['conversions'] or 'none chosen'})",
        "spend": f"{_number(totals['spend'])} {currency}".strip(),
        "revenue": f"{_number(totals['revenue'])} {currency}".strip() if totals["revenue"] is not None else _NONE,
        "campaigns": _names(answer["campaigns"]),
    }
    for name, value in (rows | (figures if answer["kind"] == "performance" else {})).items():
        table.add_row(name, Text(value))
    return table


def _finding(note: Mapping[str, Any]) -> Text:
    lines = f" (lines {', '.join(map(str, note['rows'][:5]))}{' ...' if len(note['rows']) > 5 else ''})"
    text = Text(f"{note['severity']}: ", style=_STYLES[note["severity"]])
    text.append(note["message"], style="default")
    return text.append(lines if note["rows"] else "", style="dim")


def _print_rejects(console: Console, answer: Mapping[str, Any]) -> None:
    rejects = answer["rejects"]
    for reject in rejects[:SHOWN]:
        where = f"line {reject['line']}" if reject["line"] else reject["campaign"]
        console.print(f"[red]left out[/] {escape(where)}: {escape(reject['reason'])}")
    if len(rejects) > SHOWN:
        console.print(f"[dim]... and {len(rejects) - SHOWN} more; --json lists them all[/]")


def _closing(answer: Mapping[str, Any]) -> Text:
    if answer["state"] == "dry-run":
        return Text("dry run: nothing was stored", style="dim")
    outcomes = UNDONE_AS if answer["state"] == "undone" else answer["outcome"]
    done = ", ".join(f"{count} {name}" for name in outcomes if (count := answer["outcome"][name])) or "no campaigns"
    text = Text(f"{answer['state']}: {done}", style="bold")
    if answer["state"] == "done" and answer["campaigns"]:
        text.append(f"; 'reflection imports --undo {answer['import_id']}' takes it back", style="dim")
    return text


def _difference(changed: Mapping[str, Sequence[float | None]]) -> str:
    parts = (f"{name} {_number(old)} -> {_number(new)}" for name, (old, new) in changed.items())
    return ", ".join(parts) or "its facts are the same, what was expected or said of it is not"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)}: {', '.join(names[:SHOWN])}{more}" if names else "none"


def _period(answer: Mapping[str, Any]) -> str:
    return " to ".join(answer["period"]) if answer["period"] else "no dates"


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:,.2f}".removesuffix(".00")
