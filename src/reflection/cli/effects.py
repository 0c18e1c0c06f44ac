"""`reflection effects`: what was learnt about each signal."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.markup import escape

from reflection.cli.render import effects_table, lift, lift_interval
from reflection.cli.session import JsonOption, WorkspaceOption, as_of, as_plain, console, open_application, print_json
from reflection.domain.metrics import METRICS
from reflection.domain.number_of import number_of
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain.formatting import capital, plain_name


def effects(
    metric: Annotated[
        str | None, typer.Option(help="Only cpm, ctr, cvr, aov, cpa, roas or conversions_per_spend.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Only one group of signals, such as audience.age.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only signals seen on this platform.")] = None,
    findings: Annotated[bool, typer.Option("--findings", help="Only what may be called a finding.")] = False,
    goal: Annotated[str | None, typer.Option(help="Campaigns that count this, such as lead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show the learnt effect of every signal, with its interval.

    An effect is a multiplicative lift: +12 % CTR means 1.12 times the average. Grey rows are not findings.

    \b
    Examples:
      reflection effects --metric ctr
      reflection effects --findings --json
    """
    from reflection.ingest.jobs.weekdays import beside_fit, weekdays

    with open_application() as application:
        answer = application.engine.effects(
            workspace=workspace,
            metric=metric,
            group=group,
            platform=platform,
            findings_only=findings,
            goal=goal,
            limit=limit,
        )
        answer = beside_fit(answer, application.days.get(workspace, "weekdays", weekdays))
        spellings = application.store.knowledge(workspace).spellings
    page = as_plain(answer)
    if as_json:
        print_json(page)
        return
    out = console()
    if page["items"]:
        out.print(effects_table(page["items"], spellings))
        for line in _beneath(page):
            out.print(line)
        out.print(f"[dim]{as_of(page)}[/]")
    elif page["as_of"] is None and not page["pending"]:
        out.print("Nothing has been learnt yet; 'reflection analyze FILE' stores campaigns and learns from them.")
    else:
        out.print(f"{capital(page['reason'])} ({as_of(page)}).")


def _beneath(page: dict[str, Any]) -> Iterator[str]:
    """What stands beneath the table: what is not in it, how to read it, and what goes with more than one row."""
    if page["next_cursor"]:
        yield "[dim]there is more: --limit, or --metric and --group for some of it[/]"
    if any("*" in item["group"] for item in page["items"]):
        yield "[dim]of two together: what they do beyond what each of them does alone[/]"
    for name, size in page["size"].items():
        low, high = size["interval"]
        yield f"[dim]{size_line(name, size['doubling'], low, high)}[/]"
    for name, wear in page["wear"].items():
        yield f"[dim]{wear_line(name, wear)}[/]"
    for turn, times in (("year", page["season"]), ("week", page["weekdays"])):
        parts = ((name, part) for name, parts in times.items() for part in parts)
        recurring = [(name, part) for name, part in parts if part["finding"] or part.get("settled_in")]
        yield from (f"[dim]{recurring_line(name, part, turn)}[/]" for name, part in recurring)
    if page["season_outlook"]:
        yield f"[dim]{page['season_outlook']}[/]"
    for event in page["events"]:
        yield f"[dim]{escape(event_line(event))}[/]"
    if page["delivery"]:
        yield f"[dim]audiences and creatives: {page['delivery']['reason']}[/]"
    if page["spread"]:
        yield f"[dim]normal spread: CPA of nine in ten campaigns {lift_interval(page['spread'])} of its signals'[/]"
    if page["waiting"]:
        yield f"[dim]{waiting_line(page['waiting'])}[/]"
    if page["approximate"]:
        yield f"[yellow]{page['approximate']}[/]"


def waiting_line(waiting: dict[str, Any]) -> str:
    """Whose conversions are not learnt yet, and until when."""
    until = waiting["first"] if waiting["first"] == waiting["last"] else f"{waiting['first']} to {waiting['last']}"
    campaigns = number_of(waiting["campaigns"], "campaign")
    return f"conversions of {campaigns} still come in: CVR, CPA and ROAS of these wait until {until}"


def wear_line(metric: str, wear: dict[str, Any]) -> str:
    """What a month of age does to creatives, in one line."""
    change = f"{lift(wear['a_month'])} ({lift_interval(wear['interval'])})"
    return f"{METRICS[metric].label} of creatives a month older: {change}"


def recurring_line(metric: str, part: dict[str, Any], turn: str) -> str:
    """What a part of the year or week does to all campaigns, in one line."""
    change = f"{lift(part['effect'])} ({lift_interval(part['interval'])})"
    return f"{part['name']}: {METRICS[metric].label} {change} against the {turn}'s average, {part['reason']}"


def event_line(event: dict[str, Any]) -> str:
    """What an event did to a metric, in one line, or why that cannot be said."""
    name = f"{event['name']} ({plain_name(event['text'])})"
    if event["metric"] is None:
        return f"{name}: {event['reason']}"
    change = f"{METRICS[event['metric']].label} {lift(event['effect'])} ({lift_interval(event['interval'])})"
    return f"{name}: {change}" if event["finding"] else f"{name}: {change}, {event['reason']}"


def size_line(metric: str, doubling: float, low: float, high: float) -> str:
    """What goes with the planned size, in one line; noise is called noise."""
    noise = " (noise)" if low <= 1.0 <= high else ""
    return f"campaigns planned twice as large: {metric.upper()} x {doubling:.2f}, 90 % {low:.2f} to {high:.2f}{noise}"
