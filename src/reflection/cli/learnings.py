"""`reflection learnings`, `reflection search`, `reflection reindex`: what is believed, finding it, and its vectors."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_plain,
    console,
    none_found,
    open_application,
    print_json,
    progress_bar,
)
from reflection.cli.session import as_of as as_of_line
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput

ID_WIDTH = 20
"""An id is what one asks for next, so it is never cut."""

_STYLES = {"established": "bold", "contested": "yellow", "superseded": "dim strike", "retired": "dim strike"}


def learnings(
    learning_id: Annotated[str | None, typer.Argument(help="Show one learning with its history and evidence.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only emerging, established, contested, superseded or retired.")
    ] = None,
    signal: Annotated[str | None, typer.Option(help="A signal key, or a group such as audience.age.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only one metric, such as ctr.")] = None,
    as_of: Annotated[str | None, typer.Option(help="What was believed then, such as 2026-03-01.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what is believed, how surely, and on how many campaigns.

    \b
    Examples:
      reflection learnings --state established
      reflection learnings --as-of 2026-03-01
      reflection learnings lrn_44519ddcb40714a5
    """
    from reflection.learnings.lifecycle import STANDING

    if state is not None and state not in STANDING:
        raise InvalidInput(f"--state is one of {', '.join(STANDING)}", field="state")
    instant = _instant(as_of)
    with open_application() as application:
        freshness = application.engine.freshness(workspace=workspace)
        if learning_id is not None:
            answer = as_plain({**freshness, **application.book.get(workspace, learning_id, instant)})
        else:
            items, _ = application.book.list(
                workspace, state=state, signal=signal, metric=metric, as_of=instant, limit=limit
            )
            answer = as_plain({"items": items, **freshness})
        stored = application.store.last_seq(workspace) > 0
    if as_json:
        print_json(answer)
    elif learning_id is not None:
        _print_learning(answer)
    elif answer["items"]:
        console().print(_table(answer["items"]))
    else:
        console().print(none_found("No learning matches.", stored=stored))
    if not as_json:
        console().print(f"[dim]{as_of_line(answer)}[/]")


def search(
    question: Annotated[str, typer.Argument(help="Plain words, or the id of a campaign or learning.")],
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    objective: Annotated[str | None, typer.Option(help="Only this objective.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only campaign or learning.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 10,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Search campaigns and learnings by meaning; says why each was found and how it turned out.

    \b
    Examples:
      reflection search "what works for students in summer?"
      reflection search cmp_007_meta_summer_bootcamp
    """
    if kind not in (None, "campaign", "learning"):
        raise InvalidInput("--kind is campaign or learning", field="kind")
    with open_application() as application:
        freshness = application.engine.freshness(workspace=workspace)
        result = application.memory.search(
            workspace, question, platform=platform, objective=objective, kind=kind, limit=limit
        )
        application.retention.forget_due()  # a search is remembered; what remembers forgets
    page = as_plain(result) | freshness
    if as_json:
        print_json(page)
        return
    out = console()
    for item in page["items"]:
        outcome = item["outcome"].get("text") or item["outcome"].get("verdict") or ""
        out.print(
            f"{item['rank']:>3}. [bold]{escape(item['id'])}[/] ({item['kind']}, {item['score']:.2f}) {escape(outcome)}"
        )
        out.print(f"     [dim]{escape('; '.join(item['why']))}[/]")
    if not page["items"]:
        out.print("Nothing was found.")
    if page["degraded"]:
        out.print(f"[yellow]degraded:[/] {', '.join(page['degraded'])}; answered from {page['index']}")
    out.print(f"[dim]{as_of_line(page)}[/]")


def reindex(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Embed every memory that has no vector of the current model; goes on where it stopped.

    Needed after the embedding model was changed. Safe beside a running server.

    \b
    Example:
      reflection reindex
    """
    from reflection.memory.reindexing import reindex as embed_missing

    with open_application() as application, progress_bar() as bar:
        task = bar.add_task("embedding", total=None)
        memory = application.memory
        count = embed_missing(
            memory.rows, memory.embedder, memory.index, workspace, lambda done: bar.advance(task, done)
        )
    if as_json:
        print_json({"embedded": count})
    else:
        console().print(f"Embedded {count} memories.")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"'{text}' is not a date", hint="such as 2026-03-01", field="as_of") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _table(items: list[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("id", "learning", "state", "for", "against", "since"):
        justify: Literal["left", "right"] = "right" if name in ("for", "against") else "left"
        table.add_column(name, justify=justify, no_wrap=name == "id", min_width=ID_WIDTH if name == "id" else None)
    for item in items:
        votes = (str(item["supporting"]), str(item["contradicting"]))
        row = (item["id"], escape(item["text"]), item["state"], *votes, item["since"] or "-")
        table.add_row(*row, style=_STYLES.get(item["state"], ""))
    return table


def _print_learning(learning: dict[str, Any]) -> None:
    out = console()
    out.print(f"[bold]{escape(learning['text'])}[/]")
    out.print(f"{learning['state']}: {escape(learning['reason'])}")
    for row in learning["history"]:
        out.print(f"  {row['recorded_at'][:19]}  {row['state']:<12} {escape(row['text'])}")
    for row in learning["evidence"]:
        side = "for" if row["supports"] else "against"
        out.print(f"  {side:<8} {escape(row['campaign_id'])}  lift {row['estimate']:.2f} (sd {row['sd']:.2f})")
    for row in learning["reviews"]:
        out.print(f"  {row['verdict']} by {escape(row['author'] or 'somebody')}: {escape(row['note'])}")
