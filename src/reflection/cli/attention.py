"""`reflection attention`: what needs somebody, the most surprising money first."""

from typing import Annotated

import typer
from rich.markup import escape

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_of,
    console,
    none_found,
    open_application,
    print_json,
    text_table,
)
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain.formatting import money, plain_name


def attention(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what needs somebody: held campaigns, missed forecasts, learnings that ended, remarks of imports.

    \b
    Example:
      reflection attention --limit 5
    """
    with open_application() as application:
        answer = application.attention(workspace, limit)
        stored = application.store.last_seq(workspace) > 0
    if as_json:
        print_json(answer)
        return
    if not answer["items"]:
        console().print(none_found("Nothing needs you.", stored=stored))
        return
    table = text_table("money", "what", "about")
    for item in answer["items"]:
        amount = "" if item["money"] is None else money(item["money"], item["currency"], whole=True)
        table.add_row(amount, escape(plain_name(item["name"] or "")), escape(item["text"]))
    console().print(table)
    rest = answer["total"] - len(answer["items"])
    console().print(f"[dim]{f'{rest} more; ' if rest else ''}{as_of(answer)}[/]")
