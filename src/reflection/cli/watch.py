"""`reflection watch`: files dropped into a folder are imported, and moved to done/ or failed/ with their verdict."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from reflection.cli.imports import NEEDS_ATTENTION, imported, print_verdict
from reflection.cli.reading_options import reading_options, with_reading_options
from reflection.cli.session import WorkspaceOption, messages, open_application
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput, ReflectionError, Unavailable

if TYPE_CHECKING:
    from reflection.ingest.watched_folder import WatchedFolder

WIDTH = 100
"""Columns of a verdict that is written into a file."""


@with_reading_options
def watch(
    folder: Annotated[Path, typer.Argument(help="Where exports are dropped.")],
    reading: dict[str, Any],
    settle: Annotated[float, typer.Option(min=0.1, help="Seconds for which a file must not change.")] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Stop when everything that is there has been read.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Import whatever is dropped into a folder, as `reflection import` would.

    A file that has not changed for some seconds is read and moved to done/ or failed/, its verdict beside it. While the
    database is away it stays and is read later. The same file again changes nothing; 'reflection imports' lists what
    came, and takes it back. With --once the exit code is 1 where a file failed.

    \b
    Examples:
      reflection watch exports
      reflection watch exports --once --expected plan.csv --currency EUR
    """
    from reflection.ingest.watched_folder import WatchedFolder

    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder", hint="make it first: reflection watch DIR")
    options = reading_options(**reading)
    watched = WatchedFolder(folder, settle=settle, clock=time.monotonic)
    failed = 0
    with open_application() as application:
        _say(f"watching {folder}; Ctrl+C stops")
        while True:
            failed += _look(watched, lambda path: imported(application, workspace, [path], options, dry_run=False))
            if once and not watched.waiting():
                break
            time.sleep(min(settle, 1.0))
    if failed:
        raise typer.Exit(NEEDS_ATTENTION)


def _look(watched: "WatchedFolder", run: Callable[[Path], dict[str, Any]]) -> int:
    """Import every whole file and put it away; how many failed.

    Raises:
        Unavailable: the folder cannot be read, or files cannot be moved within it.
    """
    try:
        return sum(_failed(watched, path, run) for path in watched.whole())
    except OSError as error:
        raise Unavailable(
            f"{watched.folder} cannot be watched: {error.strerror}",
            hint="files are moved within it: who runs this must be allowed to write there",
        ) from error


def _failed(watched: "WatchedFolder", path: Path, run: Callable[[Path], dict[str, Any]]) -> bool:
    """Import one file and put it away; it stays while the store is away."""
    try:
        answer = run(path)
    except Unavailable as error:
        _say(f"{path.name} waits: {error.message}")
        return False
    except ReflectionError as error:
        if path.exists():  # else somebody took it away while it was read
            watched.put_away(path, f"{error.message}\n{error.hint}".rstrip() + "\n", read=False)
        _say(f"{path.name} failed: {error.message}")
        return True
    count = len(answer["campaigns"])
    target = watched.put_away(path, _verdict(answer), read=count > 0)
    _say(f"{path.name}: {count} campaign{'' if count == 1 else 's'}, now in {target.parent.name}/{target.name}")
    return not count


def _verdict(answer: dict[str, Any]) -> str:
    words = io.StringIO()
    print_verdict(Console(file=words, width=WIDTH), answer)
    return words.getvalue()


def _say(line: str) -> None:
    messages().print(line, highlight=False, markup=False, soft_wrap=True)
