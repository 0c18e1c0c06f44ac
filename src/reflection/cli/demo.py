"""`reflection demo`: the whole loop, as a marketer would read it.

First a real account: four months of one campaign, the last of them held against a planner's file (which is invented,
and says so). Then a history of many campaigns, where something can be learnt and advised. Works in a folder of its own,
made anew each time, so that it touches nothing else.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reflection.cli.batch_summary import BatchSummary
from reflection.cli.plan import print_plan
from reflection.cli.render import (
    findings_table,
    kpi_figure,
    print_analysis,
    print_cards,
    summary_row,
    summary_table,
)
from reflection.cli.session import console, heading, open_application, text_table
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput

if TYPE_CHECKING:
    from reflection.domain.campaign import Campaign
    from reflection.wiring import Application

EXPORT = "meta_export/ads_manager_monthly_cad.csv"
PLAN_FILE = "meta_export/plan_september_invented.csv"
NEXT_PLAN = "next_plan.json"
"""Files of the samples."""

FOLDER = Path("demo-output")
MARK = ".reflection-demo"
MANY = "many-campaigns"
"""The workspace of the packaged history: what one account teaches is never mixed with what another does."""

MOST_FINDINGS = 8


def demo(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="An Ads Manager export with several months; the last one comes in.", show_default="a packaged account"
        ),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo works; made anew each time.")] = FOLDER,
) -> None:
    """Run the main job: a real account's last month against its forecast, then what a history of campaigns teaches.

    \b
    Example:
      reflection demo
    """
    from reflection.ingest import ImportOptions, read_export
    from reflection.ingest.sample_account import SAMPLES

    if file is not None and not file.is_file():
        raise InvalidInput(f"{file} is not there", hint="name an export, or none: the demo brings its own")
    _fresh(folder)
    out = console()
    options = ImportOptions(group_by="month")
    if file is None:
        options = replace(options, expected=SAMPLES / PLAN_FILE)
    report = read_export(file or SAMPLES / EXPORT, options)
    places = {
        "database_path": folder / "reflection.db",
        "database_url": None,  # whatever the environment names is somebody's own
        "output_dir": folder / "output",
        "weights_path": folder / "weights.json",
        "vector_backend": "local",
    }
    with open_application(**places) as application:
        heading(out, "1. A real account: what its last month did")
        _say_what_was_read(out, report.as_dict())
        output = _account(out, application, list(report.campaigns))
        heading(out, "2. Many campaigns: what forty of them teach (a packaged, invented history)")
        _history(out, application)
    heading(out, "3. Where everything is")
    out.print(f"database   {places['database_path']}", soft_wrap=True)
    out.print(f"artifacts  {escape(output)}/", soft_wrap=True)
    out.print(f"weights    {places['weights_path']}", soft_wrap=True)
    out.print(f"page       {_page(folder)}", soft_wrap=True)


def _page(folder: Path) -> str:
    """How to look at it in a browser; `make serve` shows the account of the settings, never this one."""
    if folder == FOLDER and Path("Makefile").is_file():
        return "make serve-demo"
    return f"MARKO_DATABASE_PATH={escape(str(folder / 'reflection.db'))} reflection serve"


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


def _say_what_was_read(out: Console, verdict: dict[str, Any]) -> None:
    totals = verdict["totals"]
    out.print(
        f"Read {verdict['name']}: {verdict['rows']:,} rows of {verdict['period'][0]} to {verdict['period'][1]}, "
        f"{totals['spend']:,.2f} {verdict['currency']} spent for {totals['conversions']:,.0f} conversions "
        f"({escape(verdict['conversions'])})."
    )


def _account(out: Console, application: "Application", campaigns: list["Campaign"]) -> str:
    """Its earlier months as history, the last as the campaign that comes in; the folder of what was written."""
    *history, incoming = campaigns
    for campaign in history:
        application.engine.analyze(campaign)
    application.learner.learn_now(DEFAULT_WORKSPACE)
    if incoming.planner:
        out.print(f"Its last month was planned by {escape(incoming.planner)}; the months before are its history.")
    foretold = _forecast_table(application, incoming)
    application.engine.analyze(incoming)
    application.learner.learn_now(DEFAULT_WORKSPACE)
    *past, answer = (orjson.loads(application.engine.show(campaign.campaign_id)) for campaign in campaigns)
    print_analysis(out, answer)
    heading(out, "What would have been foretold the day before, from its past")
    out.print(foretold)
    heading(out, "The months before")
    out.print(summary_table(summary_row(analysis) for analysis in past))
    if len({campaign.unit for campaign in campaigns}) == 1:
        out.print("All of this is one campaign: whatever was seen of its audiences and creatives holds within it only.")
    return str(answer["stored_memory"]["output_path"])


def _forecast_table(application: "Application", incoming: "Campaign") -> Table:
    """What would have been said the day before: the planner's figure, ours with its interval, and whether it held."""
    from reflection.evaluation import hindsight
    from reflection.forecasting import calibration_blob

    knowledge = application.engine.knowledge()
    state = calibration_blob.decode(knowledge.calibration)
    table = text_table("", "planned", "we would have said", "90 % interval", "happened", "inside")
    for check in hindsight.check(incoming, knowledge, state):
        if check.calibrated is None or check.actual is None:
            continue
        figures = (check.planner, check.calibrated, check.low, check.high, check.actual)
        planner, calibrated, low, high, actual = (kpi_figure(check.metric, figure) for figure in figures)
        table.add_row(
            check.metric.upper(), planner, calibrated, f"{low} to {high}", actual, "yes" if check.held else "no"
        )
    return table


def _history(out: Console, application: "Application") -> None:
    """The packaged history learnt at once; what it teaches, what to do next, and a plan judged by it."""
    from reflection.domain.answers import Refusal
    from reflection.domain.plan import PlanRequest
    from reflection.domain.validation import read
    from reflection.ingest.sample_account import SAMPLES, sample_campaigns

    answers = application.engine.analyze_many(iter(sample_campaigns()), workspace=MANY, following=True)
    summary = BatchSummary(answer.body for answer in answers if not isinstance(answer, Refusal))
    application.learner.learn_now(MANY)
    recommendations = application.recommendations.recommend(workspace=MANY)
    knowledge = application.engine.knowledge(workspace=MANY)
    findings = [finding for finding in knowledge.findings if not finding.descriptive]
    summary.print_lines(out, application, MANY)
    heading(out, "What was learnt")
    out.print(findings_table(orjson.loads(orjson.dumps(findings[:MOST_FINDINGS]))))
    heading(out, "What to do next")
    print_cards(out, recommendations)
    heading(out, "A plan, judged before it runs")
    request = read(PlanRequest, {"plans": [orjson.loads((SAMPLES / NEXT_PLAN).read_bytes())]})
    for plan in application.recommendations.evaluate(request, workspace=MANY)["plans"]:
        print_plan(out, plan)
