"""`reflection backtest`: would the engine have forecast this history well?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from reflection.cli.output_file import output_file
from reflection.cli.session import JsonOption, console, open_application, print_json, progress_bar, text_table
from reflection.cli.track_record import share
from reflection.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from reflection.domain.campaign import Campaign

FOLDER = Path("backtest-output")
JSON_NAMES = (".json", ".jsonl", ".ndjson", ".gz")


def backtest(
    source: Annotated[
        Path | None, typer.Argument(help="A file of campaigns (JSON) or an export (CSV, XLSX), or a folder.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where report.html and report.json go.")] = FOLDER,
    workspace: Annotated[str | None, typer.Option(help="Replay what this workspace holds.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Replay every workspace, each as a task of its own on the cluster.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Replay a history in time order and compare our forecasts with simpler ones.

    Every campaign of a file is predicted from the campaigns before it, then learned; of a workspace, from those of the
    days before. Nothing is stored in any workspace. With MARKO_CLUSTER a large workspace is replayed in parts, and
    `--all` replays workspaces beside each other; the report is the same, bit for bit.

    \b
    Examples:
      reflection backtest data/samples/campaign_history.json
      reflection backtest exports/ --folder out
      reflection backtest --workspace default
      MARKO_CLUSTER=local:4 reflection backtest --all
    """
    if [source is not None, workspace is not None, every].count(True) != 1:
        raise InvalidInput("name a file, or --workspace, or --all", hint="reflection backtest --help shows examples")
    if every:
        _print_every(_stored_reports(folder), as_json=as_json)
        return
    report = _report_of_file(source) if source is not None else _stored_report(str(workspace))
    _write(report, folder)
    if as_json:
        print_json({name: part for name, part in report.items() if name != "forecasts"})
    else:
        _print(report, folder)


def _report_of_file(source: Path) -> dict[str, Any]:
    from reflection.evaluation import backtest as core

    campaigns = read(source)
    if not campaigns:
        raise InvalidInput(
            f"there are no campaigns in {source}", hint="name a file of campaigns, an export, or a folder"
        )
    with progress_bar() as bar:
        task = bar.add_task("replaying", total=len(campaigns))
        forecasts = core.replay(campaigns, lambda done, _: bar.update(task, completed=done))
    return core.summary(forecasts, len(campaigns))


def _stored_report(workspace: str) -> dict[str, Any]:
    from reflection.worker.backtesting import backtest as of_workspace

    with open_application() as application, progress_bar() as bar:
        if workspace not in application.store.workspaces():
            raise NotFound(f"there is no workspace {workspace!r}", hint="reflection workspace list names them")
        task = bar.add_task("replaying", total=None)
        return of_workspace(application, workspace, lambda done, total: bar.update(task, completed=done, total=total))


def _stored_reports(folder: Path) -> dict[str, dict[str, Any]]:
    from reflection.worker.backtesting import backtest_every

    with open_application() as application, progress_bar() as bar:
        task = bar.add_task("workspaces", total=None)
        reports = backtest_every(application, lambda done, total: bar.update(task, completed=done, total=total))
    for workspace, report in reports.items():
        _write(report, folder / workspace)
    return reports


def _write(report: dict[str, Any], folder: Path) -> None:
    from reflection.reports.backtest import page

    files = {"report.json": orjson.dumps(report, option=orjson.OPT_INDENT_2), "report.html": page(report).encode()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with output_file(folder / name) as file:
            file.write(content)


def _print(report: dict[str, Any], folder: Path) -> None:
    from reflection.evaluation.backtest_sums import METHODS

    out = console()
    table = text_table("metric", "n", *METHODS, "90 % held")
    table.columns[0].no_wrap = True
    for metric, rows in report["metrics"].items():
        errors = [rows["methods"].get(method, {}).get("mae_log") for method in METHODS]
        cells = ["-" if error is None else f"{error:.3f}" for error in errors]
        table.add_row(metric, str(rows["n"]), *cells, share(rows["coverage"]["90"]))
    out.print("Mean absolute log error of each forecast, on the same campaigns (0.10 is about 10 %):")
    out.print(table)
    if not report["metrics"]:
        out.print("Too few campaigns: at least a handful are needed before anything is foretold.")
    if report.get("changed"):
        out.print(f"{report['changed']} changes came meanwhile: the figures may mix what was stored before and after.")
    out.print(f"[dim]{folder / 'report.html'}, {folder / 'report.json'}[/]")


def _print_every(reports: dict[str, dict[str, Any]], *, as_json: bool) -> None:
    """A line of each workspace."""
    if as_json:
        print_json({name: {k: part for k, part in one.items() if k != "forecasts"} for name, one in reports.items()})
        return
    table = text_table("workspace", "campaigns", "90 % held")
    for name, report in reports.items():
        table.add_row(name, str(report["campaigns"]), share(report["coverage"]["all"]["90"]))
    console().print(table)


def read(source: Path) -> "list[Campaign]":
    """Every campaign of a file or folder; a campaign that occurs twice counts as it was given last.

    Raises:
        InvalidInput: there is no such file, or a campaign in it is refused.
    """
    if not source.exists():
        raise InvalidInput(f"{source} is not there", hint="name a file of campaigns, an export, or a folder of them")
    files = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else [source]
    campaigns: dict[str, Campaign] = {}
    for file in files:
        campaigns |= {campaign.campaign_id: campaign for campaign in _campaigns(file)}
    return list(campaigns.values())


def _campaigns(file: Path) -> "list[Campaign]":
    from reflection.ingest import ImportOptions, iterate_campaigns, read_export

    if file.suffix.casefold() not in JSON_NAMES:
        return list(read_export(file, ImportOptions(group_by="month")).campaigns)
    lines = list(iterate_campaigns(file))
    for line in lines:
        if line.error is not None:
            raise line.error
    return [line.campaign for line in lines if line.campaign is not None]
