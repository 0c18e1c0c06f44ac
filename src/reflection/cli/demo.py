"""`reflection demo`: the whole loop on a real account, as a marketer would read it.

Reads a real Ads Manager export: its earlier months are history, its last month comes in with the forecast of the month
before. Works in a folder of its own, made anew each time, so that it touches nothing else.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reflection.cli.render import effects_table, kpi_figure, print_analysis, summary_row, summary_table
from reflection.cli.session import console, open_application
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.domain.campaign import Campaign
    from reflection.wiring import Application

SAMPLE = Path("data/samples/meta_export/ads_manager_monthly_cad.csv")
FOLDER = Path("demo-output")
MARK = ".reflection-demo"
MOST_EFFECTS = 12


def demo(
    file: Annotated[
        Path, typer.Argument(help="An Ads Manager export with several months; the last one comes in.")
    ] = SAMPLE,
    folder: Annotated[Path, typer.Option(help="Where the demo works; made anew each time.")] = FOLDER,
) -> None:
    """Run the main job on a real account: learn from its past, judge its last month, say what to do next.

    \b
    Example:
      reflection demo
    """
    from reflection.ingest import ImportOptions, read_export

    if not file.is_file():
        raise InvalidInput(f"{file} is not there", hint="run the demo in the project's folder, or name an export")
    _fresh(folder)
    out = console()
    report = read_export(file, ImportOptions(group_by="month"))
    *history, incoming = report.campaigns
    out.rule("[bold]1. What was read")
    _say_what_was_read(out, report.as_dict(), len(history))
    places = {
        "database_path": folder / "reflection.db",
        "output_dir": folder / "output",
        "weights_path": folder / "weights.json",
        "vector_backend": "local",
    }
    with open_application(**places) as application:
        out.rule("[bold]2. The past: each month against its forecast")
        past = [orjson.loads(application.engine.analyze(campaign).body) for campaign in history]
        out.print(summary_table(summary_row(analysis) for analysis in past))
        application.learner.learn_now(DEFAULT_WORKSPACE)
        out.rule("[bold]3. The last month, foretold from what the past taught")
        out.print(_forecast_table(application, incoming))
        out.rule("[bold]4. The last month: forecast against fact")
        answer = orjson.loads(application.engine.analyze(incoming).body)
        print_analysis(out, answer)
        application.learner.learn_now(DEFAULT_WORKSPACE)
        out.rule("[bold]5. What can be learnt, and what cannot")
        _print_learnt(out, application)
        out.rule("[bold]6. What to do next")
        _print_advice(out, application, incoming.platform)
    out.rule("[bold]7. Where everything is")
    out.print(f"[dim]database[/]   {places['database_path']}")
    out.print(f"[dim]artifacts[/]  {escape(answer['stored_memory']['output_path'])}/")
    out.print(f"[dim]weights[/]    {places['weights_path']}")


def _fresh(folder: Path) -> None:
    """Empty the demo's own folder; never anybody else's.

    Raises:
        InvalidInput: the folder exists and is not a demo's.
    """
    if folder.exists():
        if not (folder / MARK).is_file():
            raise InvalidInput(f"{folder} is not a folder of this demo", hint="name another one with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _say_what_was_read(out: Console, verdict: dict[str, Any], history: int) -> None:
    totals = verdict["totals"]
    out.print(f"{verdict['name']}: {escape(verdict['recognised_by'])}")
    out.print(
        f"{verdict['rows']:,} rows, {verdict['period'][0]} to {verdict['period'][1]}: "
        f"{totals['impressions']:,} impressions, {totals['clicks']:,} clicks, {totals['conversions']:,.0f} conversions "
        f"({verdict['conversions']}), {totals['spend']:,.2f} {verdict['currency']}."
    )
    for finding in verdict["findings"]:
        out.print(f"[dim]- {escape(finding['message'])}[/]")
    out.print(f"{history} months are history; the last one is the campaign that comes in.")


def _forecast_table(application: "Application", incoming: "Campaign") -> Table:
    """What would have been said the day before: the planner's figure, ours with its interval, and whether it held."""
    from reflection.evaluation import hindsight
    from reflection.forecasting import calibration_blob

    knowledge = application.engine.knowledge()
    state = calibration_blob.decode(knowledge.calibration)
    table = Table("", "forecast given", "calibrated", "90 % interval", "happened", "held", box=None, pad_edge=False)
    for check in hindsight.check(incoming, knowledge, state):
        if check.calibrated is None or check.actual is None:
            continue
        figures = (check.planner, check.calibrated, check.low, check.high, check.actual)
        planner, calibrated, low, high, actual = (kpi_figure(check.metric, figure) for figure in figures)
        table.add_row(
            check.metric.upper(), planner, calibrated, f"{low} to {high}", actual, "yes" if check.held else "no"
        )
    return table


def _print_learnt(out: Console, application: "Application") -> None:
    knowledge = application.engine.knowledge()
    findings = [effect for effect in knowledge.effects if effect.finding]
    goal = [
        effect
        for effect in knowledge.effects
        if effect.metric == knowledge.goal_metric and not effect.finding and effect.interval[0] < effect.interval[1]
    ]
    out.print(
        f"From {knowledge.campaigns} campaigns: {len(findings)} effects are beyond noise, "
        f"{len(knowledge.effects) - len(findings)} are not. 1.0 (+0 %) is the average of a group."
    )
    strongest = sorted(findings, key=lambda effect: (effect.lfsr, effect.signal, effect.metric))[:MOST_EFFECTS]
    out.print(effects_table(orjson.loads(orjson.dumps(strongest)), knowledge.spelt))
    open_questions = [effect for effect in goal if effect.signal not in knowledge.aliases]
    widest = sorted(open_questions, key=lambda effect: (-(effect.spend or 0.0), effect.signal))[:5]
    if widest:
        out.print(f"\nNot enough evidence on {knowledge.goal_metric}, most money first:")
        out.print(effects_table(orjson.loads(orjson.dumps(widest)), knowledge.spelt))
    if knowledge.next_test:
        out.print(f"\n[bold]Cheapest way to know more:[/] {escape(knowledge.next_test.description)}")


def _print_advice(out: Console, application: "Application", platform: str) -> None:
    advice = application.recommendations.recommend(platform=platform)
    table = Table("lane", "advice", "P(better)", box=None, pad_edge=False)
    for card in advice["cards"]:
        table.add_row(card["lane"], escape(card["sentence"]), f"{card['p_better']:.2f}")
    out.print(table)
    if not advice["cards"]:
        out.print(escape(str(advice["reason"])))
