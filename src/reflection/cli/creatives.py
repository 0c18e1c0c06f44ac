"""`reflection creatives`: creatives before they run, scored and registered, and what texts that ran teach."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_of,
    console,
    messages,
    open_application,
    print_json,
    text_of,
)
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput
from reflection.explain import formatting

app = typer.Typer(no_args_is_help=True, help="Score creatives before they run, and see what texts teach.")
LONGEST = 300


@app.command()
def score(
    headline: Annotated[str | None, typer.Argument(help="The headline of one creative.")] = None,
    text: Annotated[str, typer.Option(help="The text below it.")] = "",
    file: Annotated[Path | None, typer.Option(help="JSON of one or several creatives instead.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Foretell what creatives will get beside the others, 0 to 100; nothing is stored.

    \b
    Examples:
      reflection creatives score "Is your budget wasted?"
      reflection creatives score --file creatives.json
    """
    if (headline is None) == (file is None):
        raise InvalidInput("give a headline or --file, not both", hint="such as: creatives score 'Save 20 % today'")
    _add({"headline": headline, "primary_text": text} if file is None else file, workspace, as_json, register=False)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="JSON of one or several: creative_id, headline, primary_text, hook ...")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Register creatives before they run, so that their scores are judged later; the same file changes nothing.

    \b
    Example:
      reflection creatives add creatives.json
    """
    _add(file, workspace, as_json, register=True)


@app.command("list")
def list_creatives(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 100,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List registered creatives as they are foretold today.

    \b
    Example:
      reflection creatives list --limit 20
    """
    with open_application() as application:
        page = application.creatives.page(workspace, limit=limit)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        console().print("No creative is registered; 'reflection creatives add FILE' registers some.")
    _print(page)


@app.command()
def effects(
    findings_only: Annotated[bool, typer.Option(help="Only what is beyond noise.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """What headlines and texts do to CTR and CVR, learnt from those that ran side by side.

    \b
    Example:
      reflection creatives effects --findings-only
    """
    with open_application() as application:
        page = application.creatives.effects(workspace, findings_only=findings_only)
    if as_json:
        print_json(page)
        return
    out = console()
    for item in page["items"]:
        out.print(item["sentence"], style=None if item["finding"] else "dim", markup=False)
    if page["reason"]:
        out.print(formatting.capital(page["reason"]) + ".", markup=False)
    for judged in page["scores"].values():
        out.print(judged["sentence"], markup=False)
    out.print(as_of(page), style="dim")


@app.command()
def remove(
    creative_id: Annotated[str, typer.Argument(help="The id that 'creatives list' shows.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Take a registered creative back.

    \b
    Example:
      reflection creatives remove crt_0a1b2c3d4e5f6071
    """
    with open_application() as application:
        item = application.creatives.remove(workspace, creative_id)
    messages().print(f"removed: {formatting.plain_name(item['creative_id'])}", markup=False)


def _add(creative: Path | dict[str, Any], workspace: str, as_json: bool, *, register: bool) -> None:
    from reflection.domain.creative_entry import CreativeRequest
    from reflection.domain.validation import read

    body = creative if isinstance(creative, dict) else _body_of(creative)
    if not (isinstance(body, dict) and "creatives" in body):
        body = {"creatives": body if isinstance(body, list) else [body]}
    request = read(CreativeRequest, json.dumps(body))
    with open_application() as application:
        answer = application.creatives.add(workspace, request.creatives, register=register)
    if as_json:
        print_json(answer)
        return
    _print(answer)


def _body_of(file: Path) -> Any:
    """The JSON of a file: one creative, a list, or ``{"creatives": [...]}``."""
    try:
        return json.loads(text_of(file, "JSON"))
    except (ValueError, RecursionError):
        raise InvalidInput(f"{file.name} is no JSON", hint="one creative, or a list of them") from None


def _print(answer: dict[str, Any]) -> None:
    out = console()
    for item in answer["items"]:
        outcome = f", {item['outcome']}" if item.get("outcome") else ""
        title = formatting.plain_name(item["headline"] or item["primary_text"] or item["creative_id"], LONGEST)
        score = "no score" if item["score"] is None else f"score {item['score']} of 100"
        out.print(f"{title} ({item['creative_id']}{outcome}): {score}", markup=False)
        out.print(f"  {formatting.capital(item['sentence'] or item['reason'])}", markup=False)
        for effect in (effect for effect in item["why"] if effect["finding"]):
            out.print(f"  - {effect['sentence']}", markup=False)
    out.print(as_of(answer), style="dim")
