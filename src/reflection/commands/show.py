"""`reflection show`: the stored retrospective of one campaign."""

from typing import Annotated

import orjson
import typer

from reflection.commands.render import print_analysis
from reflection.commands.session import JsonOption, WorkspaceOption, console, open_application, print_json
from reflection.domain.workspaces import DEFAULT_WORKSPACE


def show(
    campaign_id: Annotated[str, typer.Argument(help="The id the campaign was stored under.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what was said about a stored campaign.

    \b
    Example:
      reflection show cmp_007_meta_summer_bootcamp
    """
    with open_application() as application:
        body = application.engine.show(campaign_id, workspace=workspace)
    if as_json:
        print_json(body)
    else:
        print_analysis(console(), orjson.loads(body))
