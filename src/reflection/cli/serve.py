"""`reflection serve`: the HTTP interface."""

from typing import Annotated, Any

import typer

from reflection.cli.session import messages
from reflection.settings import Settings, check_listening

DRAIN_SECONDS = 10
"""How long running requests may take after a stop was asked for."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (MARKO_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one (MARKO_PORT).")] = None,
    no_background: Annotated[
        bool, typer.Option("--no-background", help="Answer only; 'reflection worker' learns, publishes and imports.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that answer at this address (MARKO_WORKERS).")
    ] = None,
) -> None:
    """Serve the page and the HTTP interface; its documentation at /docs.

    It starts a worker beside it, which learns, publishes files, makes vectors and goes on with imports: one, however
    many processes answer.
    Without any key it listens on this machine only and refuses to do otherwise.

    \b
    Examples:
      reflection serve
      reflection serve --workers 4
      MARKO_API_KEYS=acme=$(openssl rand -hex 24) reflection serve --host 0.0.0.0 --port 8080
    """
    overrides = {"background": "none"} if no_background else {}
    settings = Settings.load(**overrides, **({} if workers is None else {"workers": workers}))
    check_listening(settings, host, any_stored=_any_stored)
    import uvicorn

    from reflection.api.app import create_app
    from reflection.api.connections import ACCEPTED_AT_ONCE, BoundedConnection
    from reflection.api.logging import own_process

    address, number = host or settings.host, settings.port if port is None else port
    own_process()
    options: dict[str, Any] = {
        "host": address,
        "port": number,
        "http": BoundedConnection,
        "backlog": ACCEPTED_AT_ONCE,
        "log_config": None,  # its lines are ours; at port 0 the server's own line says which port it got
        "log_level": "warning" if number else "info",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }
    app = create_app(settings=settings) if settings.workers == 1 else None
    messages().print(
        f"the page is on http://{address}:{number or '(a free port)'}; documentation at /docs; Ctrl+C stops"
    )
    if app is not None:
        uvicorn.run(app, **options)
        return
    from reflection.api.processes import run

    run(settings, options)


def _any_stored() -> bool:
    """Whether 'reflection keys create' ever made a key here; nothing else is opened, published or learnt for it."""
    from reflection.store.api_keys import KeyBook
    from reflection.store.database.open import database_as_it_is

    database = database_as_it_is(Settings.load().database)
    if database is None:
        return False
    try:
        return bool(KeyBook(database).ring())
    finally:
        database.close()
