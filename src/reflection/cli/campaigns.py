"""`reflection show` and `reflection accept`: one stored campaign, seen again or let into learning."""

from typing import Annotated

import orjson
import typer

from reflection.cli.render import print_analysis
from reflection.cli.session import JsonOption, WorkspaceOption, console, open_application, print_json
from reflection.domain.workspaces import DEFAULT_WORKSPACE


def accept(
    campaign_id: Annotated[str, typer.Argument(help="The campaign that is kept out of learning.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Learn from a campaign although its figures looked like a fault of tracking; somebody has looked at it.

    \b
    Example:
      reflection accept meta_autumn_2026-03
    """
    with open_application() as application:
        answer = application.engine.accept(campaign_id, workspace=workspace)
        application.learner.learn_now(workspace)
    if as_json:
        print_json(answer)
    else:
        console().print(f"{campaign_id} is learnt from.", markup=False)


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
