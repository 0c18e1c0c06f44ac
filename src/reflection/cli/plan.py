"""`reflection plan`: what a plan will probably do."""

import math
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reflection.cli.session import JsonOption, WorkspaceOption, as_of, console, open_application, print_json
from reflection.domain.metrics import RATES
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput


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
    from reflection.domain.plan import PlanRequest
    from reflection.domain.validation import read

    if not file.is_file():
        raise InvalidInput(f"{file} is not there", hint="name a JSON file with a plan")
    request = read(PlanRequest, _as_request(file.read_bytes()))
    with open_application() as application:
        answer = application.recommendations.evaluate(request, workspace=workspace)
    if as_json:
        print_json(answer)
        return
    out = console()
    for evaluated in answer["plans"]:
        _print(out, evaluated)
    if answer["total"] is not None and answer["total"]["conversions"] is not None:
        whole = answer["total"]["conversions"]
        doubt = "" if whole["identified"] else ", not identified: see the notes"
        bounds = interval(whole["intervals"]["90"])
        out.print(f"All plans: {number(whole['calibrated'])} conversions (90 % interval {bounds}{doubt}).")
    out.print("target, better: probability of reaching your target, and of beating what is usual here;")
    out.print("?: not identified, see the notes")
    out.print(f"[dim]{as_of(answer)}[/]")


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
    columns = ("metric", "planner", "signals", "calibrated", "90 % interval", "target", "better")
    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.no_wrap = True
    for name, metric in evaluated["metrics"].items():
        rate = name in RATES
        table.add_row(
            name if metric["identified"] else f"{name} [dim]?[/]", number(metric["planner"], rate),
            number(metric["signals"], rate), number(metric["calibrated"], rate),
            interval(metric["intervals"]["90"], rate), _chance(metric["p_target"]), _chance(metric["p_better"]),
        )  # fmt: skip
    out.print(table)
    for driver in evaluated["drivers"][:5]:
        low, high = driver["interval"]
        style = "" if driver["finding"] else "dim"
        text = f"{escape(driver['label'])}: {driver['effect'] - 1:+.0%} ({low - 1:+.0%} to {high - 1:+.0%})"
        out.print(f"  {text} on {driver['metric']}", style=style)
    for note in evaluated["notes"]:
        out.print(f"- {escape(note)}")


def number(value: float | None, rate: bool = False) -> str:
    """Three figures, millions as M, never in scientific notation; a rate in per cent."""
    if value is None:
        return "-"
    if rate:
        return f"{number(value * 100)} %"
    if abs(value) >= 1e6:
        return f"{number(value / 1e6)} M"
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 6)}f}"


def interval(bounds: list[float] | None, rate: bool = False) -> str:
    """Both ends of an interval, the unit once."""
    if bounds is None:
        return "-"
    scale = 100 if rate else 1
    return f"{number(bounds[0] * scale)}–{number(bounds[1] * scale)}" + (" %" if rate else "")


def _chance(value: float | None) -> str:
    if value is None:
        return "-"
    return ">0.99" if value > 0.995 else "<0.01" if value < 0.005 else f"{value:.2f}"
