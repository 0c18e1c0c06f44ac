"""`reflection events`: promotions, price and tracking changes and the like, which are learnt from and shown."""

from typing import Annotated

import typer
from rich.markup import escape

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json,
    text_table,
)
from reflection.domain.events import EVERYTHING, Event
from reflection.domain.validation import read
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain.formatting import plain_name

app = typer.Typer(no_args_is_help=True, help="Write down, list and take back what happened beside the campaigns.")
LONGEST_TEXT = 500


@app.command()
def add(
    day: Annotated[str, typer.Argument(help="When, or the first day of it: 2026-03-01.")],
    text: Annotated[str, typer.Argument(help="What happened.")],
    kind: Annotated[str, typer.Option(help="promotion, price, tracking, site, stock, season or other.")] = "other",
    scope: Annotated[str, typer.Option(help="all, platform:<name>, objective:<name> or campaign:<id>.")] = EVERYTHING,
    until: Annotated[str | None, typer.Option(help="The last day of it.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write an event down; the same again changes nothing.

    \b
    Examples:
      reflection events add 2026-03-01 "20 % off everything" --kind promotion --until 2026-03-07
      reflection events add 2026-04-02 "new pixel" --kind tracking --scope platform:Meta
    """
    event = read(Event, {"day": day, "until": until, "scope": scope, "kind": kind, "text": text})
    with open_application() as application:
        stored, new = application.events.add(workspace, event)
    if as_json:
        print_json(stored)
        return
    messages().print(f"event {stored['event_id']} {'is written down' if new else 'was there already'}", markup=False)


@app.command("list")
def list_events(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 100,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List events, the latest day first.

    \b
    Example:
      reflection events list
    """
    with open_application() as application:
        items, following = application.events.list(workspace, limit=limit)
    if as_json:
        print_json({"items": items, "next_cursor": following})
        return
    table = text_table("day", "until", "kind", "scope", "what", "id")
    for item in items:
        words = (plain_name(item["scope"]), plain_name(item["text"], LONGEST_TEXT))
        table.add_row(item["day"], item["until"] or "", item["kind"], *map(escape, words), item["event_id"])
    console().print(table if items else "No event is written down.")


@app.command()
def remove(
    event_id: Annotated[str, typer.Argument(help="The id that 'events list' shows.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Take an event back.

    \b
    Example:
      reflection events remove evt_0a1b2c3d4e5f6071
    """
    with open_application() as application:
        event = application.events.remove(workspace, event_id)
    messages().print(f"removed: {event['day']} {plain_name(event['text'], LONGEST_TEXT)}", markup=False)
