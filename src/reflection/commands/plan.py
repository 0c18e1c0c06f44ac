"""`reflection plan`: what a plan will probably do."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reflection.commands.session import JsonOption, WorkspaceOption, console, open_application, print_json
from reflection.errors import InvalidInput
from reflection.workspaces import DEFAULT_WORKSPACE


def plan(
    file: Annotated[Path, typer.Argument(help='JSON: one plan, a list of plans, or {"plans": [...]}.')],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Evaluate plans: the planner's figure, ours, the blend with its intervals, and the odds.

    A plan has platform, objective, budget, and if known audiences, creatives, expected figures and targets.

    \b
    Example:
      reflection plan next_quarter.json
    """
    from reflection.intake import read
    from reflection.plan import PlanRequest

    if not file.is_file():
        raise InvalidInput(f"{file} is not there", hint="name a JSON file with a plan")
    request = read(PlanRequest, _as_request(file.read_bytes()))
    with open_application() as application:
        answer = application.advisor.evaluate(request, workspace=workspace)
    if as_json:
        print_json(answer)
        return
    out = console()
    for evaluated in answer["plans"]:
        _print(out, evaluated)
    if answer["total"] is not None and answer["total"]["conversions"] is not None:
        whole = answer["total"]["conversions"]
        low, high = whole["intervals"]["90"]
        out.print(f"All plans: {whole['calibrated']:,.1f} conversions ({low:,.1f} to {high:,.1f}).")
    out.print(f"[dim]as of {answer['as_of'] or 'nothing learnt yet'}[/]")


def _as_request(body: bytes) -> dict[str, Any]:
    """One plan and a list of plans, in the form of a request."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the file is not JSON", hint="a plan is a JSON object") from error
    if isinstance(value, list):
        return {"plans": value}
    if isinstance(value, dict) and "plans" not in value:
        return {"plans": [value]}
    if not isinstance(value, dict):
        raise InvalidInput("a plan is a JSON object", hint="give platform, objective and budget at least")
    return value


def _print(out: Console, evaluated: dict[str, Any]) -> None:
    out.rule(f"[bold]{escape(evaluated['plan_id'])}")
    table = Table(
        "metric", "planner", "signals", "calibrated", "50 %", "90 %", "P(target)", "P(better)", box=None, pad_edge=False
    )
    for name, metric in evaluated["metrics"].items():
        mark = "" if metric["identified"] else " [dim](not identified)[/]"
        table.add_row(
            name + mark, _number(metric["planner"]), _number(metric["signals"]), _number(metric["calibrated"]),
            _interval(metric["intervals"]["50"]), _interval(metric["intervals"]["90"]),
            _chance(metric["p_target"]), _chance(metric["p_better"]),
        )  # fmt: skip
    out.print(table)
    for driver in evaluated["drivers"][:5]:
        low, high = driver["interval"]
        style = "" if driver["finding"] else "dim"
        text = f"{escape(driver['label'])}: {driver['effect'] - 1:+.0%} ({low - 1:+.0%} to {high - 1:+.0%})"
        out.print(f"  {text} on {driver['metric']}", style=style)
    for note in evaluated["notes"]:
        out.print(f"- {escape(note)}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _interval(bounds: list[float] | None) -> str:
    return "-" if bounds is None else f"{bounds[0]:,.4g} to {bounds[1]:,.4g}"


def _chance(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
