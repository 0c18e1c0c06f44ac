"""Write docs/api.md, docs/openapi.json and docs/cli.md from the code: every route, every problem, every command.

    python scripts/reference_pages.py             write them; the examples stay as they are
    python scripts/reference_pages.py --examples  make the examples anew too, by calling every route
    python scripts/reference_pages.py --breaking  write a description that breaks callers of the published one too
    python scripts/reference_pages.py --check     say whether all but the examples is as the code is (else exit code 1)

A change of the interface that breaks its callers is refused: it needs `--breaking` and the next major version. Tests
run the checks, so a route or a command that was added is in the pages too.
"""

import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from fastapi.routing import APIRoute

from reflection.api.app import create_app
from reflection.api.policies import LARGE_BODIES, POLICIES, ROUTERS, Right, names_of, routes_of
from reflection.api.routers.problems import FRAMEWORK, kinds
from reflection.cli.main import make_app

DOCS = Path(__file__).resolve().parents[1] / "docs"
NEEDS = {Right.PUBLIC: "nothing", Right.READ: "read", Right.WRITE: "write", Right.OPERATE: "operate"}

API_HEAD = """# HTTP interface

Every route, from the table of rights (`src/reflection/api/policies.py`). The machine-readable description is at
`/openapi.json`, an interactive one at `/docs`. This page is written by `python scripts/reference_pages.py`.

Send a key as `Authorization: Bearer <key>` or `X-API-Key: <key>` ([configuration](configuration.md#keys)). Needs:
*nothing* = not even a key; *read* = any key; *write* = a key that may write; *operate* = a key for every workspace, or
of the scope admin (to change something, one that may write). Without any keys, callers on this machine may do
everything. `X-Workspace` chooses the workspace where the key may choose. `Idempotency-Key` makes a
`POST /analyze-campaign` safe to send again. A query parameter that a route does not have is refused
(422), and so is a field that a body does not have.
"""
EXAMPLES_HEAD = """
## Examples

What every route was asked and what it said, of the forty campaigns in `data/samples` (`scripts/api_examples.py` makes
the calls). Answers are shortened: the first item of a list, the first keys of a large object, the opening of a text.
"""
PROBLEMS_HEAD = """
## Problems

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `instance`, `errors`
(the fields at fault), `hint` (what to do next) and `request_id` (which names the request in the server's log).
"""
CLI_HEAD = """# Command line

Every command. `reflection COMMAND --help` shows its options with examples. Exit codes: 0 done, 1 done but something
needs attention, 2 refused (one line says why), 130 interrupted. This page is written by
`python scripts/reference_pages.py`.
"""


def api_page(anew: bool = False) -> str:
    """docs/api.md; its examples as they stand there, or made anew."""
    lines = [API_HEAD, "| Route | Needs | What |", "|---|---|---|"]
    routes = {name: route for router in ROUTERS for route in routes_of(router) for name in names_of(route)}
    lines += [f"| `{name}` | {NEEDS[right]} | {_summary(routes[name])} |" for name, right in POLICIES.items()]
    if LARGE_BODIES:
        taken = ", ".join(f"`{path}` {limit:,} bytes" for path, limit in LARGE_BODIES.items())
        lines.append(f"\nBodies are limited to `MARKO_MAX_BODY_BYTES`, except: {taken}.")
    lines += [PROBLEMS_HEAD, "| Type | Status | Meaning |", "|---|---|---|"]
    lines += [f"| `/problems/{code}` | {status} | {meaning} |" for code, status, meaning in sorted(_problems())]
    written = _read(DOCS / "api.md").partition(EXAMPLES_HEAD)[2]
    return "\n".join(lines) + "\n" + EXAMPLES_HEAD + ("\n" + "\n".join(_examples()) + "\n" if anew else written)


def _examples() -> Iterator[str]:
    examples = runpy.run_path(str(Path(__file__).with_name("api_examples.py")))["examples"]
    for name, example in examples().items():
        yield from (f"### {name}", "", "```text", f"{name.split(' ', 1)[0]} {example.path}")
        if example.body is not None:
            body = example.body if isinstance(example.body, str) else json.dumps(example.body, indent=2)
            yield from ("", body)
        yield from ("```", "", f"{example.status}:", "", "```text", example.answer, "```", "")


def outline(page: str) -> list[str]:
    """What of the examples no machine's rounding changes: their headings and the names of fields."""
    return re.findall(r'^### .*|"[^"]+":', page.partition(EXAMPLES_HEAD)[2], re.MULTILINE)


def cli_page() -> str:
    """docs/cli.md."""
    lines = [CLI_HEAD, "| Command | What |", "|---|---|"]
    lines += [f"| `reflection {name}` | {_cell(text)} |" for name, text in _commands(make_app(), ())]
    return "\n".join(lines) + "\n"


def description() -> str:
    """docs/openapi.json: what /openapi.json answers."""
    return json.dumps(create_app().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def broken_promises(current: str) -> list[str]:
    """What callers of the published description would notice of the current one."""
    published = _read(DOCS / "openapi.json")
    breaking = runpy.run_path(str(Path(__file__).with_name("openapi_contract.py")))["breaking"]
    return list(breaking(json.loads(published), json.loads(current))) if published else []


def _summary(route: APIRoute) -> str:
    return _cell(route.summary or (route.endpoint.__doc__ or "").strip().splitlines()[0])


def _problems() -> Iterator[tuple[str, int, str]]:
    for code, kind in kinds().items():
        yield code, kind.status, _cell((kind.__doc__ or "").strip().splitlines()[0])
    for code, (status, _, meaning) in FRAMEWORK.items():
        yield code, status, _cell(meaning)


def _commands(app: typer.Typer, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for command in app.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield " ".join((*above, name)), (command.callback.__doc__ or "").strip().splitlines()[0]
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from _commands(group.typer_instance, (*above, str(group.name)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write or check the pages; the exit code."""
    pages = {"api.md": api_page(anew="--examples" in arguments), "openapi.json": description(), "cli.md": cli_page()}
    if broken := [] if "--breaking" in arguments else broken_promises(pages["openapi.json"]):
        print("callers of docs/openapi.json would notice:", *broken, sep="\n- ")
        return 1
    if "--check" in arguments:
        old = [name for name, text in pages.items() if _read(DOCS / name) != text]
        if old:
            print(f"docs/{', docs/'.join(old)} are not as the code is: run python scripts/reference_pages.py")
        return 1 if old else 0
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
