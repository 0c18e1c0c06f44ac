"""`reflection worker`: learning, publishing, embedding and imports without a server."""

import sys
from typing import Annotated

import typer

from reflection.cli.session import messages
from reflection.settings import Settings


def worker(
    watched: Annotated[
        bool, typer.Option("--watched", hidden=True, help="Started by a server: settings come on standard input.")
    ] = False,
) -> None:
    """Learn, publish files, make vectors and go on with imports, behind servers that answer only.

    A server starts its own; this is for servers that run with --no-background. One works on a database at a time.

    \b
    Example:
      reflection worker
    """
    settings = Settings.from_server(sys.stdin.buffer.readline()) if watched else Settings.load()
    from reflection.api import logging
    from reflection.store.database.place import database_name
    from reflection.worker.process import run

    logging.own_process()
    logging.configure(settings)
    if not watched:
        messages().print(f"working on {database_name(settings.database)}; Ctrl+C stops", highlight=False)
    run(settings, watched=watched)
