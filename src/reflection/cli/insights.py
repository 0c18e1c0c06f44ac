"""`reflection insights`, `patterns` and `recommend`: what was learnt, what stands out, and what to do next."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from reflection.cli.render import under_headings
from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_of,
    as_plain,
    console,
    heading,
    none_found,
    open_application,
    print_json,
)
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.results import Category, InsightKind
from reflection.domain.workspaces import DEFAULT_WORKSPACE

Platform = Annotated[str | None, typer.Option(help="Only what rests on a campaign of this platform.")]
Objective = Annotated[str | None, typer.Option(help="Only what rests on a campaign with this objective.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was made since this day (UTC).")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="How many.")]
Past = Annotated[bool, typer.Option("--past", help="Also what holds no longer.")]
CursorOption = Annotated[str | None, typer.Option("--cursor", help="Go on where an earlier list ended.")]

ABOUT = {
    "winning_audience": "audience",
    "high_performing_creative": "creative",
    "budget_inefficiency": "budget",
    "cross_platform_pattern": "platform",
    "platform_trend": "change over time",
    "cluster": "group of campaigns",
}
"""What the patterns of a category are about; they may be for the better or the worse."""


def insights(
    kind: Annotated[InsightKind | None, typer.Option(help="Only this kind.")] = None,
    platform: Platform = None,
    objective: Objective = None,
    since: Since = None,
    past: Past = False,
    limit: Limit = 20,
    cursor: CursorOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what was learnt and what to do, then what single campaigns say of themselves.

    \b
    Examples:
      reflection insights
      reflection insights --kind recommendation --platform Meta
    """
    query = _query(kind, platform, objective, since, past, limit, cursor)
    with open_application() as application:
        page = as_plain(application.engine.insight_page(query, workspace=workspace))
        nothing = none_found("No insight matches.", stored=application.store.last_seq(workspace) > 0)
    _print_page(page, lambda row: (row["content"], _origin(row)), nothing, as_json)


def patterns(
    kind: Annotated[Category | None, typer.Option(help="Only this category.")] = None,
    platform: Platform = None,
    objective: Objective = None,
    since: Since = None,
    past: Past = False,
    limit: Limit = 20,
    cursor: CursorOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what stands out beyond chance: audiences, creatives, platforms, changes, budgets and groups.

    \b
    Example:
      reflection patterns --kind winning_audience
    """
    query = _query(kind, platform, objective, since, past, limit, cursor)
    with open_application() as application:
        page = as_plain(application.engine.pattern_page(query, workspace=workspace))
        nothing = none_found("No pattern matches.", stored=application.store.last_seq(workspace) > 0)
    _print_page(page, lambda row: (row["summary"], _standing(row)), nothing, as_json)


def recommend(
    platform: Annotated[str | None, typer.Option(help="The platform that is settled already.")] = None,
    objective: Annotated[str | None, typer.Option(help="The objective that is settled already.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say what to do next: where to put more and less of the budget, what to test, and what cannot be told yet.

    \b
    Examples:
      reflection recommend
      reflection recommend --platform Meta --objective Sales
    """
    with open_application() as application:
        answer = as_plain(
            application.recommendations.recommend(workspace=workspace, platform=platform, objective=objective)
        )
    if as_json:
        print_json(answer)
    else:
        _print_recommendations(console(), answer)


def _query(
    kind: str | None,
    platform: str | None,
    objective: str | None,
    since: datetime | None,
    past: bool,
    limit: int,
    cursor: str | None,
) -> ListQuery:
    return ListQuery(
        kind=kind,
        platform=platform,
        objective=objective,
        since=since.replace(tzinfo=UTC) if since is not None else None,
        past=past,
        limit=limit,
        after=Place.of_cursor(cursor) if cursor is not None else None,
    )


def _origin(row: Mapping[str, Any]) -> str:
    """Of whom a sentence speaks."""
    return row["campaign_id"] if isinstance(row["id"], int) else f"newest of its campaigns: {row['campaign_id']}"


def _standing(row: Mapping[str, Any]) -> str:
    """What a pattern is about, and how far it may be believed."""
    return ABOUT[row["category"]] + (f", {row['state']}" if row["state"] else "")


def _print_page(
    page: Mapping[str, Any], line: Callable[[Mapping[str, Any]], tuple[str, str]], nothing: str, as_json: bool
) -> None:
    """A page as JSON, or a sentence a row with what stands below it."""
    if as_json:
        print_json(page)
        return
    out = console()
    for text, below in map(line, page["items"]):
        out.print(f"- {escape(text)}")
        out.print(f"  [dim]{escape(below)}[/]")
    if not page["items"]:
        out.print(nothing)
    if page["next_cursor"]:
        out.print(f"[dim]more with --cursor {page['next_cursor']}[/]")
    out.print(f"[dim]{as_of(page)}[/]")


def _print_recommendations(out: Console, answer: Mapping[str, Any]) -> None:
    for row in answer["no_longer"]:
        if row["state"] == "reversed":
            out.print(f"- {escape(row['text'])}")
    for title, sentences in under_headings(answer):
        heading(out, title)
        for sentence in sentences:
            out.print(f"- {escape(sentence)}")
    if answer["reason"]:
        out.print(f"Nothing can be recommended yet: {escape(answer['reason'])}.")
    out.print(f"[dim]{as_of(answer)}[/]")
