"""`reflection plan`: what a plan will probably do."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from reflection.cli.render import lift, lift_interval
from reflection.cli.session import JsonOption, WorkspaceOption, as_of, console, open_application, print_json, text_table
from reflection.domain.metrics import METRICS, RATES, as_read
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput
from reflection.explain import formatting


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

    request = read(PlanRequest, as_request(file))
    with open_application() as application:
        answer = application.recommendations.evaluate(request, workspace=workspace)
    if as_json:
        print_json(answer)
        return
    out = console()
    for evaluated in answer["plans"]:
        print_plan(out, evaluated)
    if answer["total"] is not None and answer["total"]["conversions"] is not None:
        whole = answer["total"]["conversions"]
        doubt = "" if whole["identified"] else ", not identified: see the notes"
        bounds = interval(whole["intervals"]["90"])
        out.print(f"All plans: {number(whole['calibrated'])} conversions (90 % interval {bounds}{doubt}).")
    out.print("Beating the usual and reaching a target are probabilities; ?: we cannot tell yet, see the notes.")
    out.print(f"[dim]{escape(formatting.capital(answer['holdback']))}.[/]")
    out.print(f"[dim]{as_of(answer)}[/]")


def as_request(file: Path) -> dict[str, Any]:
    """One plan, or a list of plans, of a file in the form of a request.

    Raises:
        InvalidInput: there is no such file, or it holds no plan.
    """
    if not file.is_file():
        raise InvalidInput(f"{file} is not there", hint="name a JSON file with plans")
    try:
        value = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInput("the file is not JSON", hint="a plan is a JSON object") from error
    if isinstance(value, list):
        return {"plans": value}
    if isinstance(value, dict) and "plans" not in value:
        return {"plans": [value]}
    if not isinstance(value, dict):
        raise InvalidInput("a plan is a JSON object", hint="give platform, objective and budget at least")
    return value


def print_plan(out: Console, evaluated: Mapping[str, Any]) -> None:
    """One evaluated plan: its figures with their intervals and odds, what it differs by, what to know."""
    out.print(f"[bold]{escape(evaluated['plan_id'])}[/]")
    targets = any(metric["p_target"] is not None for metric in evaluated["metrics"].values())
    table = text_table("", "planner", "to expect", "90 % interval", "beats the usual", *(["reaches target"] * targets))
    for name, metric in evaluated["metrics"].items():
        rate = name in RATES
        cells = [
            METRICS[name].label if metric["identified"] else f"{METRICS[name].label} [dim]?[/]",
            number(metric["planner"], rate),
            number(metric["calibrated"], rate),
            interval(metric["intervals"]["90"], rate),
            _chance(metric["p_better"]),
            _chance(metric["p_target"]),
        ]
        table.add_row(*cells[: len(table.columns)])
    out.print(table)
    if evaluated["drivers"]:
        out.print("What sets it apart, other things equal, from the average platform, audience or creative:")
    for driver in evaluated["drivers"][:5]:
        low, high = driver["interval"]
        style = "" if driver["finding"] else "dim"
        metric, size, bounds = as_read(driver["metric"], driver["effect"], (low, high))
        on = METRICS[metric].label
        out.print(f"  {escape(driver['label'])}: {on} {lift(size)} ({lift_interval(bounds)})", style=style)
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
    return formatting.probability(value)
