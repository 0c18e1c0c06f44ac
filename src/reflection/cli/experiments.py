"""`reflection experiment`: randomised tests and studies, written down, ordered, listed and taken back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json,
    text_of,
)
from reflection.domain.experiment import TestOrder
from reflection.domain.validation import read
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain import formatting

app = typer.Typer(no_args_is_help=True, help="Write down, order, list and take back randomised tests and studies.")
LONGEST = 300
STATES = {
    "ordered": "ordered, no results yet",
    "waiting": "not learnt from yet",
    "learnt": "learnt from",
    "held": "held",
}
VERDICTS = {
    "higher": "decided, it may be stopped",
    "lower": "decided, it may be stopped",
    "alike": "no difference worth knowing, it may be stopped",
    "open": "not decided yet",
}
"""What may be said however often somebody looked."""


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="JSON of one or several, or a CSV file with one arm a row.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write experiments down and learn from them; the same file again changes nothing.

    \b
    Examples:
      reflection experiment add tests.csv       columns: experiment, arm, creative, units, impressions, clicks ...
      reflection experiment add study.json
    """
    experiments = _experiments(file)
    with open_application() as application:
        answer = application.experiments.add(workspace, experiments)
        application.learner.learn_now(workspace)
        items = [
            application.experiments.show(workspace, item["experiment_id"]) | {"outcome": item["outcome"]}
            for item in answer["items"]
        ]
    if as_json:
        print_json({"items": items})
        return
    _print(items)


@app.command("list")
def list_experiments(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 100,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List experiments with what came out, and how far they bear out what campaigns show.

    \b
    Example:
      reflection experiment list
    """
    with open_application() as application:
        page = application.experiments.page(workspace, limit=limit)
        knowledge = application.store.knowledge(workspace)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("There is no experiment; 'reflection experiment add FILE' writes some down.")
        return
    _print(page["items"])
    for line in trust_lines(knowledge.experiments.trust, knowledge.experiments.attribution.get("")):
        console().print(line, style="dim")


@app.command()
def order(
    signal: Annotated[str | None, typer.Argument(help="What to test; without it what is worth most.")] = None,
    against: Annotated[str | None, typer.Option(help="What to compare it with.")] = None,
    budget: Annotated[float | None, typer.Option(min=0.0, help="What it may cost, of both arms.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=1000, help="How long it runs.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the next test down; add results with its id when there are some, as often as you like.

    \b
    Examples:
      reflection experiment order
      reflection experiment order creative:crt_video --against creative:crt_image --budget 500 --days 14
    """
    wanted = {"signal": signal, "against": against, "budget": budget, "days": days}
    request = read(TestOrder, {key: value for key, value in wanted.items() if value is not None})
    with open_application() as application:
        item = application.experiments.order(workspace, request)
    if as_json:
        print_json(item)
        return
    _print([item])
    needed = formatting.count(item["events_needed"])
    messages().print(
        f"Each arm needs about {needed} clicks (for CTR) or conversions (for CVR) to settle a difference of "
        f"{formatting.signed_lift(1 + item['smallest_effect'])}; stop as soon as it says so.",
        markup=False,
    )


@app.command()
def remove(
    experiment_id: Annotated[str, typer.Argument(help="The id that 'experiment list' shows.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Take an experiment back, and learn without it.

    \b
    Example:
      reflection experiment remove exp_0a1b2c3d4e5f6071
    """
    with open_application() as application:
        item = application.experiments.remove(workspace, experiment_id)
        application.learner.learn_now(workspace)
    messages().print(f"removed: {formatting.plain_name(item['name'])}", markup=False)


def trust_lines(trust: Any, attribution: Any) -> list[str]:
    """What experiments say of what is observed, a line each; nothing where they say nothing yet."""
    lines = []
    for told, sentence in (
        (
            trust,
            "Of a difference that campaigns show, about {} was there in a test (90 %: {} to {}; {} comparisons).",
        ),
        (
            attribution,
            "Of the conversions that platforms claim, about {} came from the ads (90 %: {} to {}; {} studies).",
        ),
    ):
        if told and told["factor"] is not None:
            shares = (formatting.percent(100 * value, decimals=0) for value in (told["factor"], *told["interval"]))
            lines.append(sentence.format(*shares, told["experiments"]))
    return lines


def _experiments(file: Path) -> Any:
    from reflection.ingest.experiment_rows import experiments_of_csv, experiments_of_json

    text = text_of(file, "JSON or CSV")
    looks_json = text.lstrip()[:1] in ("{", "[")
    return experiments_of_json(text) if looks_json else experiments_of_csv(text)


def _print(items: list[dict[str, Any]]) -> None:
    out = console()
    for item in items:
        outcome = f" ({item['outcome']})" if item.get("outcome") else ""
        why = f": {formatting.plain_name(item['reason'], LONGEST)}" if item["reason"] else ""
        out.print(f"{formatting.plain_name(item['name'])}, {item['experiment_id']}{outcome}", markup=False)
        out.print(f"  {STATES[item['state']]}{why}", markup=False)
        for line in [] if item["state"] == "held" else _result_lines(item) or [_design(item)]:
            out.print(f"  {line}", markup=False)


def _result_lines(item: dict[str, Any]) -> list[str]:
    """What came out, a line for each comparison or study."""
    lines = []
    for one in item["comparisons"]:
        low, high = (formatting.signed_lift(bound) for bound in one["interval"])
        arms = " against ".join(formatting.plain_name(one[name]) for name in ("arm", "against"))
        lines.append(
            f"{arms}: {one['metric'].upper()} {formatting.signed_lift(one['lift'])} (90 %: {low} to {high}); "
            f"{VERDICTS[one['verdict']]}"
        )
    for one in item["studies"]:
        low, high = (formatting.count(round(value)) for value in one["interval"])
        came = formatting.count(round(one["incremental"]))
        lines.append(f"{formatting.plain_name(one['arm'])} brought {came} conversions (90 %: {low} to {high})")
    return lines


def _design(item: dict[str, Any]) -> str:
    """What is to be run."""
    shares = [arm.get("share") or 1.0 for arm in item["arms"]]
    parts = (formatting.percent(100 * share / sum(shares), decimals=0) for share in shares)
    names = (formatting.plain_name(arm["name"]) for arm in item["arms"])
    arms = " and ".join(f"{part} {name}" for part, name in zip(parts, names, strict=True))
    days = f", {item['days']} days" if item["days"] else ""
    money = f", {formatting.money(item['budget'], item['currency'], whole=True)}" if item["budget"] else ""
    return f"to run: {arms}{days}{money}"
