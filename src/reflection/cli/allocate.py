"""`reflection allocate`: how to spread a budget over plans."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reflection.cli.plan import as_request, interval, number
from reflection.cli.session import JsonOption, WorkspaceOption, as_of, console, open_application, print_json, text_table
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain import formatting


def allocate(
    file: Annotated[Path, typer.Argument(help='JSON: a list of plans, or {"plans": [...], "bounds": {...}}.')],
    budget: Annotated[float | None, typer.Option(min=0.0, help="The money to spread; else that of the plans.")] = None,
    risk: Annotated[float, typer.Option(min=0.0, max=0.9, help="0 by what is expected, .5 by the worse half.")] = 0.0,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Spread a budget over plans by what each brings, and how that grows with money.

    \b
    Example:
      reflection allocate next_quarter.json --budget 20000
    """
    from reflection.domain.allocation import AllocationRequest
    from reflection.domain.validation import read

    money = {} if budget is None else {"budget": budget}
    request = read(AllocationRequest, {"risk": risk, **as_request(file), **money})
    with open_application() as application:
        answer = application.engine.allocate(request, workspace=workspace)
    if as_json:
        print_json(answer)
        return
    _print(answer)


def _print(answer: dict[str, Any]) -> None:
    out = console()
    what, currency = answer["metric"], answer["currency"]
    table = text_table("plan", "gets", "was", f"brings {what}", "90 % interval", f"the next {NEXT[what]} costs")
    for item in answer["items"]:
        mark = " *" if item["extrapolated"] else ""
        table.add_row(
            formatting.plain_name(item["plan_id"]),
            f"{formatting.money(item['amount'], currency, whole=True)}{mark}",
            formatting.money(item["was"], currency, whole=True),
            number(item["brings"]),
            interval(item["interval"]),
            "-" if item["next_costs"] is None else formatting.money(item["next_costs"], currency),
        )
    out.print(table)
    new, old = answer["total"], answer["as_planned"]
    out.print(
        f"All: about {number(new['brings'])} {what} (90 %: {interval(new['interval'])}); split as planned "
        f"{number(old['brings'])}; more than that with a probability of {formatting.probability(answer['p_better'])}.",
        markup=False,
    )
    for note in answer["notes"]:
        out.print(f"- {note}", markup=False)
    if any(item["extrapolated"] for item in answer["items"]):
        out.print("* far outside of what campaigns there ever spent: a guess.")
    out.print(as_of(answer), style="dim")


NEXT = {"conversions": "conversion", "revenue": "unit of revenue"}
