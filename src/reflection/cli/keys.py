"""`reflection keys`: API keys that are made, listed and revoked while the server runs."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from reflection.cli.session import JsonOption, console, messages, open_application, print_json, text_table
from reflection.domain.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


class KeyScope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@app.command()
def create(
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Which it opens; '*' for any.")] = (
        DEFAULT_WORKSPACE
    ),
    scope: Annotated[
        KeyScope, typer.Option(help="read; write (and read); admin (also what concerns the installation: /metrics).")
    ] = KeyScope.WRITE,
    name: Annotated[str, typer.Option(help="Who or what it is for.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, once: only a salted digest of it is kept.

    From the first key on every caller needs one. A running server knows it within a second.

    \b
    Examples:
      reflection keys create --workspace acme --scope read --name dashboard
      reflection keys create --workspace '*' --scope read --name prometheus
    """
    with open_application() as application:
        key, text = application.keys.create(workspace, scope.value, name)
    if as_json:
        print_json({**asdict(key), "key": text})
        return
    messages().print(
        f"key {key.key_id} for workspace {workspace}, scope {scope.value}; it is shown this once", markup=False
    )
    console().print(text, markup=False)


@app.command("list")
def list_keys(as_json: JsonOption = False) -> None:
    """List the keys made here, the revoked ones too. Those of MARKO_API_KEYS are shown by 'reflection doctor'.

    \b
    Example:
      reflection keys list
    """
    with open_application() as application:
        rows = [asdict(key) for key in application.keys.list()]
    if as_json:
        print_json(rows)
        return
    table = text_table("id", "workspace", "scope", "name", "made", "revoked")
    for row in rows:
        created_at, revoked_at = row["created_at"][:16], (row["revoked_at"] or "")[:16]
        table.add_row(row["key_id"], row["workspace"], row["scope"], escape(row["name"]), created_at, revoked_at)
    console().print(table)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id that 'keys list' shows.")]) -> None:
    """Let a key open nothing any longer. A running server refuses it within a second.

    \b
    Example:
      reflection keys revoke 0a1b2c3d4e5f
    """
    with open_application() as application:
        key = application.keys.revoke(key_id)
    messages().print(f"key {key.key_id} of workspace {key.workspace} opens nothing any longer", markup=False)
