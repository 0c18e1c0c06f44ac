"""`reflection workspace`: workspaces are made, listed, and taken out without a trace."""

from typing import Annotated

import typer

from reflection.cli.session import JsonOption, console, messages, open_application, print_json, text_table
from reflection.domain.number_of import number_of
from reflection.domain.workspaces import WORKSPACE_NAME
from reflection.errors import InvalidInput, NotFound

app = typer.Typer(no_args_is_help=True, help="Make, list and purge workspaces.")
Name = Annotated[str, typer.Argument(help="Lower-case letters, digits, - and _, at most 63.")]


@app.command()
def create(name: Name) -> None:
    """Make a workspace; making it twice changes nothing. The first submission makes one, too.

    \b
    Example:
      reflection workspace create acme
    """
    if not WORKSPACE_NAME.match(name):
        raise InvalidInput("a workspace name has lower-case letters, digits, - and _, at most 63")
    with open_application() as application:
        new = application.store.add_workspace(name)
    messages().print(f"workspace {name} {'is there now' if new else 'was there already'}")


@app.command("list")
def list_workspaces(as_json: JsonOption = False) -> None:
    """List the workspaces with what each knows.

    \b
    Example:
      reflection workspace list
    """
    with open_application() as application:
        rows = [
            {
                "workspace": name,
                "campaigns_learnt": application.store.knowledge(name).campaigns,
                "learning_lag": application.learner.lag(name),
            }
            for name in application.store.workspaces()
        ]
    if as_json:
        print_json(rows)
        return
    table = text_table("workspace", "campaigns learnt", "entries behind")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console().print(table)


@app.command()
def purge(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove everything of a workspace: rows, history, keys, vectors, files. It cannot be undone.

    When it says done, no byte of it is in the database, its log, the vectors or the output folder, beside a running
    server, too; else it says what is left, and may be run again at any time. Backups made before and what was logged
    keep it; take care of those yourself. Others write meanwhile; of a file of more than 64 MB all bytes are gone only
    when it is purged while no server is running. The database is written anew, which takes room for a second copy.

    \b
    Example:
      reflection workspace purge acme --yes
    """
    with open_application() as application:
        present = name in application.store.workspaces()
        if present and not yes:
            answer = typer.prompt(f"Type the name of the workspace to remove everything of it ({name})")
            if answer != name:
                raise InvalidInput("that is another name; nothing was removed")
        purged = application.purge(name, scrubbed=True)  # also where it is gone: an earlier purge may have been killed
    if purged.left:
        messages().print(
            f"removed {number_of(purged.rows, 'row')} of workspace {name}; it may be run again, for this is left:"
        )
        for line in purged.left:
            messages().print(f"  {line}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    if not present and not purged.rows:
        hint = "'reflection workspace list' shows them"
        raise NotFound(f"there is no workspace '{name}', and nothing of one is left", hint=hint)
    messages().print(f"removed workspace {name}: {number_of(purged.rows, 'row')}, its vectors and its files")
