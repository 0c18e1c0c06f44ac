"""`reflection backtest`: would the engine have forecast this history well?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from reflection.cli.session import JsonOption, console, print_json, progress_bar, text_table
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.domain.campaign import Campaign

FOLDER = Path("backtest-output")
JSON_NAMES = (".json", ".jsonl", ".ndjson", ".gz")


def backtest(
    source: Annotated[Path, typer.Argument(help="A file of campaigns (JSON) or an export (CSV, XLSX), or a folder.")],
    folder: Annotated[Path, typer.Option(help="Where report.html and report.json go.")] = FOLDER,
    as_json: JsonOption = False,
) -> None:
    """Replay a history in time order and compare our forecasts with simpler ones.

    Every campaign is predicted from the campaigns before it, then learned. Nothing is stored in any workspace.

    \b
    Examples:
      reflection backtest data/samples/campaign_history.json
      reflection backtest exports/ --folder out
    """
    from reflection.evaluation import backtest as core
    from reflection.reports.backtest import page

    campaigns = read(source)
    if not campaigns:
        raise InvalidInput(
            f"there are no campaigns in {source}", hint="name a file of campaigns, an export, or a folder"
        )
    with progress_bar() as bar:
        task = bar.add_task("replaying", total=len(campaigns))
        forecasts = core.replay(campaigns, lambda done, _: bar.update(task, completed=done))
    report = core.summary(forecasts, len(campaigns))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    (folder / "report.html").write_text(page(report), encoding="utf-8")
    if as_json:
        print_json({name: part for name, part in report.items() if name != "forecasts"})
        return
    out = console()
    table = text_table("metric", "n", *core.METHODS, "90 % held")
    table.columns[0].no_wrap = True
    for metric, rows in report["metrics"].items():
        errors = [rows["methods"].get(method, {}).get("mae_log") for method in core.METHODS]
        coverage = rows["coverage"]["90"]
        cells = ["-" if error is None else f"{error:.3f}" for error in errors]
        table.add_row(metric, str(rows["n"]), *cells, "-" if coverage is None else f"{coverage:.0%}")
    out.print("Mean absolute log error of each forecast, on the same campaigns (0.10 is about 10 %):")
    out.print(table)
    if not report["metrics"]:
        out.print("Too few campaigns: at least a handful are needed before anything is foretold.")
    out.print(f"[dim]{folder / 'report.html'}, {folder / 'report.json'}[/]")


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
