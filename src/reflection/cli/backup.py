"""`reflection backup`, `restore`, `verify` and `migrate`: whole copies, places to put them, proof that all is well."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflection.cli.session import JsonOption, console, messages, open_application, print_json
from reflection.domain.number_of import number_of
from reflection.errors import Conflict, NotFound
from reflection.settings import Settings

if TYPE_CHECKING:
    from reflection.wiring import Application


def backup(target: Annotated[Path, typer.Argument(help="File to write; an earlier backup there is replaced.")]) -> None:
    """Copy the database into one file while others go on writing.

    The copy is the state after some commit. An earlier backup is replaced only once the new one is whole.

    \b
    Example:
      reflection backup backups/monday.db
    """
    from reflection.store.maintenance.backup import backup as copy

    with open_application() as application:
        copy(application.database, target)
    messages().print(f"wrote {target}")


def restore(
    source: Annotated[Path, typer.Argument(help="The backup.")],
    target: Annotated[Path, typer.Argument(help="Where the database shall be; nothing may be there.")],
) -> None:
    """Prove a backup sound and put it at a new place. Nothing is ever replaced.

    It must be ours, whole, of a version this one knows, and every row must be sound, before anything is put in place.
    Artifacts are written again by 'reflection rebuild'.

    \b
    Example:
      reflection restore backups/monday.db reflection.db
    """
    from reflection.store.maintenance.backup import restore as put

    rest = put(source, target)
    messages().print(f"restored {target}; its rows are sound, and 'reflection rebuild' writes the artifacts")
    if rest:
        messages().print(f"But {unsealed_sentence(rest)}", soft_wrap=True)


def verify(as_json: JsonOption = False) -> None:
    """Check every row of the database, and learn everything again to compare it bit for bit with what is stored.

    Exit code 1 when something is wrong. Safe beside a running server.

    \b
    Examples:
      reflection verify
      MARKO_DATABASE_PATH=restored.db reflection verify
    """
    from reflection.store.maintenance.sealing import unsealed_rows

    if not (path := Settings.load().database_path).exists():
        raise NotFound(f"there is no database at {path}", hint="MARKO_DATABASE_PATH names it")
    with open_application() as application:
        problems = problems_of(application)
        rest = None if problems else unsealed_rows(application.database)  # what is damaged cannot be counted
        workspaces = application.store.workspaces()
    if as_json:
        print_json({"workspaces": len(workspaces), "problems": problems, "unsealed": rest})
    elif problems:
        for problem in problems:
            console().print(problem, markup=False)
    else:
        known = number_of(len(workspaces), "workspace knows", "workspaces know")
        console().print(f"Sound: rows, references, full text, and what {known}.")
        if rest:
            console().print(f"But {unsealed_sentence(rest)}", soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def migrate(
    to: Annotated[str, typer.Option(help="Address of an empty Postgres database: postgresql+psycopg://...")],
    as_json: JsonOption = False,
) -> None:
    """Copy the SQLite file (MARKO_DATABASE_PATH) into an empty Postgres database, and compare both bit for bit.

    Stop the server first: where something is written to the file meanwhile, nothing is stored. The file stays as it is.
    Stopped at any moment, all of it is there or nothing, and it can be run again, which then says so.

    \b
    Example:
      reflection migrate --to 'postgresql+psycopg://reflection:...@db.example/reflection'
    """
    from reflection.store.database.open import open_database
    from reflection.store.database.place import database_name
    from reflection.store.maintenance.copying import copy_into
    from reflection.store.worker_lock import worker_lock

    path = Settings.load().database_path
    if not path.is_file():
        raise NotFound(f"there is no file {path}", hint="MARKO_DATABASE_PATH names the one to copy")
    if worker_lock(path).state().running:
        raise Conflict(f"somebody works on {path}", hint="stop the server and its worker; nothing was copied")
    with closing(open_database(path)) as source, closing(open_database(to)) as target:
        copied = copy_into(source, target)
    count = sum(copied.rows.values())
    if as_json:
        print_json({"rows": copied.rows, "sha256": copied.digest})
    else:
        console().print(f"Copied {count:,} rows of {len(copied.rows)} tables into {database_name(to)}.", soft_wrap=True)
        console().print(f"Both say the same, bit for bit (SHA-256 {copied.digest[:16]}).")
        console().print(
            "Now set MARKO_DATABASE_URL and start the server; 'reflection verify' learns all again to compare."
        )


def unsealed_sentence(count: int) -> str:
    """What there is to say where rows have no seal."""
    rows = number_of(count, "row has no seal: it is", "rows have no seal: they are")
    return (
        f"{rows} older than seals, or somebody took the seal away. 'reflection rebuild' seals what is there: what was "
        "changed before that is never found, a later change is, and no row is let in without a seal any longer."
    )


def problems_of(application: "Application") -> list[str]:
    """Everything that is wrong with the stored truth, one sentence each; empty when it is sound."""
    from reflection.inference.recheck import differences
    from reflection.store.maintenance.agreement import contradictions
    from reflection.store.maintenance.verify import verify as rows_against_the_rules

    problems = rows_against_the_rules(application.database) or contradictions(application.database)
    if problems:
        return problems  # learning from rows that are wrong would only repeat them
    return [line for name in application.store.workspaces() for line in differences(application.store, name)]
