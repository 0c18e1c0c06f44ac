"""`reflection mcp`: the agents' door over standard input and output, for a client that starts its servers itself."""

from typing import Annotated

import typer

from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.settings import Settings
from reflection.version import __version__


def mcp(
    write: Annotated[
        bool, typer.Option("--write", help="Offer the tools that write too, and learn from what they write.")
    ] = False,
    workspace: Annotated[str, typer.Option(help="The workspace to work in.")] = DEFAULT_WORKSPACE,
) -> None:
    """Answer an agent over standard input and output (Model Context Protocol); reads only, unless told to write.

    \b
    Examples:
      reflection mcp
      reflection mcp --write --workspace acme
    """
    import anyio

    settings = Settings.load(**({} if write else {"background": "none"}))
    anyio.run(_serve, settings, workspace, write)


async def _serve(settings: Settings, workspace: str, write: bool) -> None:
    from reflection.api.access import Caller
    from reflection.api.app import create_app
    from reflection.mcp.in_process import Routes
    from reflection.mcp.server import make_server

    app = create_app(settings=settings)
    async with app.router.lifespan_context(app):
        routes = Routes(app, Caller("stdio", workspace, writes=write), workspace)
        await make_server(lambda _: routes, __version__, write=write).run_stdio_async()
