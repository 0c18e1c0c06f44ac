"""`reflection campaigns`, `held`, `accept` and `show`: what is stored, and what is kept out of learning."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from reflection.cli.render import print_analysis
from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_of,
    as_plain,
    console,
    open_application,
    print_json,
    text_table,
)
from reflection.domain.campaign_list import CampaignState
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.explain import formatting

_NONE = "-"
_ENTRY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def campaigns(
    search: Annotated[str | None, typer.Argument(help="Words in a campaign's name or id.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    objective: Annotated[str | None, typer.Option(help="Only this objective.")] = None,
    state: Annotated[CampaignState | None, typer.Option(help="Only what the learning makes of it.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only campaigns that count this, such as lead.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=_ENTRY, help="From this day on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_ENTRY, help="Before the end of this day (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on where an earlier list ended.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List stored campaigns, the newest first, each with what the learning makes of it.

    \b
    Examples:
      reflection campaigns
      reflection campaigns autumn --platform Meta --since 2026-01-01
      reflection campaigns --state held --json
    """
    from reflection.engine.campaign_list import ListRequest

    end = None if until is None else until.replace(hour=23, minute=59, second=59) if until.hour == 0 else until
    request = ListRequest(platform, objective, state, kind, search, _utc(since), _utc(end), limit, cursor)
    with open_application() as application:
        page = as_plain(application.engine.campaigns(request, workspace=workspace))
    if as_json:
        print_json(page)
    else:
        _print_page(console(), page)


def held(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List campaigns that are kept out of learning because they look like a fault of tracking, and why.

    They count in no total and in no finding. 'reflection accept' lets one in once somebody has looked at it.

    \b
    Example:
      reflection held
    """
    with open_application() as application:
        reasons = application.engine.held(workspace=workspace)
    if as_json:
        print_json({"items": [{"campaign_id": name, "reason": reason} for name, reason in reasons.items()]})
    else:
        print_held(console(), reasons)


def print_held(out: Console, reasons: Mapping[str, str]) -> None:
    """Held campaigns, one line each, and what to do about them."""
    if not reasons:
        out.print("No campaign is held out of learning.")
        return
    for name, reason in reasons.items():
        out.print(f"{name}: {reason}", markup=False)
    out.print("[dim]'reflection accept CAMPAIGN_ID' learns from one all the same; --undo takes that back.[/]")


def accept(
    campaign_id: Annotated[str, typer.Argument(help="The campaign that is kept out of learning.")],
    undo: Annotated[bool, typer.Option("--undo", help="Judge it by its figures again.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Learn from a campaign although its figures looked like a fault of tracking; somebody has looked at it.

    \b
    Examples:
      reflection accept meta_autumn_2026-03
      reflection accept meta_autumn_2026-03 --undo
    """
    with open_application() as application:
        application.learner.learn_now(workspace)
        decide = application.engine.unaccept if undo else application.engine.accept
        answer = decide(campaign_id, workspace=workspace)
        application.learner.learn_now(workspace)
    if as_json:
        print_json(answer)
        return
    sentence = answer["note"] or ("accepted: it is learnt from" if answer["accepted"] else "no longer accepted")
    console().print(f"{campaign_id}: {sentence}.", markup=False)


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


def _print_page(out: Console, page: Mapping[str, Any]) -> None:
    if not page["items"]:
        out.print("No campaign matches.")
    else:
        table = text_table("campaign", "day", "platform", "objective", "counts", "spend", "CPA", "ROAS", "state")
        for item in page["items"]:
            table.add_row(*map(escape, _cells(item)))
        out.print(table)
    if page["held"]:
        count = page["held"]
        out.print(f"[dim]{count} held out of learning: 'reflection held' says why.[/]")
    if page["next_cursor"]:
        out.print(f"[dim]more with --cursor {page['next_cursor']}[/]")
    if page["items"] or page["pending"]:
        out.print(f"[dim]{as_of(page)}[/]")


def _cells(item: Mapping[str, Any]) -> list[str]:
    name, campaign_id, currency = item["name"], item["campaign_id"], item["currency"]
    money = (_NONE if item[key] is None else formatting.money(item[key], currency) for key in ("spend", "cpa"))
    return [
        campaign_id if name == campaign_id else f"{name} ({campaign_id})",
        item["timestamp"][:10],
        item["platform"],
        item["objective"],
        (item["conversion_kind"] or _NONE).replace("_", " "),
        *money,
        _NONE if item["roas"] is None else formatting.ratio(item["roas"]),
        item["state"],
    ]


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)
