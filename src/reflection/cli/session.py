"""What commands share: the options they all have, the consoles, and opening the application.

Wiring is imported when a command really runs, so that `--help` answers at once.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, cast

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from reflection.domain.workspaces import WORKSPACE_NAME
from reflection.errors import InvalidInput, ReflectionError
from reflection.explain import formatting
from reflection.settings import Settings

if TYPE_CHECKING:
    from reflection.wiring import Application


def _workspace(value: str) -> str:
    if not WORKSPACE_NAME.match(value):
        raise typer.BadParameter("lower-case letters, digits, - and _, at most 63")
    return value


LARGEST_FILE = 20_000_000
WorkspaceOption = Annotated[
    str,
    typer.Option("--workspace", "-w", callback=_workspace, help="Which workspace to work in.", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]


def _output(path: Path | None) -> Path | None:
    """Where to write, None for standard output; never over a database, which a slip of the hand would end."""
    from reflection.store.database.database_file import is_database

    with suppress(OSError):  # what cannot be read cannot be written either, and that is said then
        if path is not None and is_database(path):
            raise typer.BadParameter(f"{path} is a database, and nothing was written; name another file")
    return None if path == Path("-") else path


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="File to write; standard output where it is - or left out.",
        callback=_output,
    ),
]  # fmt: skip


SECONDS = len("2026-03-01T09:00:00")

_UNSEEN = re.compile(
    "[\\x7f-\\x9f\\xad\\u061c\\u115f\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\ufff9-\\ufffb]"
)
"""Controls, zero width, marks and overrides of direction, separators of lines; not the escape of colours."""

PIPED_WIDTH = 1_000
"""Columns of output that no terminal shows: whoever reads a pipe wants whole lines."""


def visible(text: str) -> str:
    """The text with every sign that hides, or turns round what stands beside it, written as its number.

    Names are data of others: a terminal would show a name with such signs as another one.
    """
    return _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


class _Visible:
    """Standard output without invisible signs."""

    def write(self, text: str) -> int:
        """Write what can be seen."""
        return sys.stdout.write(visible(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


def console() -> Console:
    """Standard output; as wide as its lines, plain text, when it is not a terminal and COLUMNS does not say."""
    piped = not sys.stdout.isatty()
    width = PIPED_WIDTH if piped and "COLUMNS" not in os.environ else None
    return Console(file=cast("TextIO", _Visible()), highlight=False, soft_wrap=piped, width=width)


def text_table(*columns: str, header: bool = True) -> Table:
    """An open table: where the terminal is too narrow a cell goes on below itself, and nothing is cut."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=header)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def heading(out: Console, title: str) -> None:
    """A line that parts what follows from what went before; never wider than its words."""
    out.print(f"\n[bold]{title}[/]", soft_wrap=True)


class _TolerantStream:
    """Standard error that takes what it can: on a full device a remark is lost, not what the command does."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Write it, or not."""
        with suppress(OSError):
            sys.stderr.write(visible(text))
            sys.stderr.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing: every text is flushed."""

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return sys.stderr.isatty()


def messages() -> Console:
    """Standard error: progress and remarks, so that standard output stays clean."""
    return Console(file=cast("TextIO", _TolerantStream()), highlight=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    data = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_INDENT_2)
    sys.stdout.buffer.write(data + b"\n")


def print_json_line(value: Any) -> None:
    """One line of JSON lines on standard output."""
    sys.stdout.buffer.write((value if isinstance(value, bytes) else orjson.dumps(value)) + b"\n")


def as_of(answer: Mapping[str, Any]) -> str:
    """What an answer knows: when that was learnt, and how many campaigns are not in it yet."""
    instant = answer["as_of"]
    known = formatting.as_of(instant and instant[:SECONDS], answer["pending"])
    return f"as of {known}" if instant else known


def as_plain(answer: Any) -> Any:
    """An answer as the HTTP interface gives it: dictionaries, lists and numbers."""
    return orjson.loads(orjson.dumps(answer))


@contextmanager
def open_application(**settings: Any) -> Iterator["Application"]:
    """The application of this command; publishes and sends what is due at the end and closes.

    What cannot be published is a remark on standard error: the command shows what it did all the same.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    loaded = Settings.load(**settings)
    from reflection.wiring import build

    with build(loaded) as application:
        try:
            yield application
        except ReflectionError:  # which may be what somebody is to be told
            with suppress(ReflectionError):
                application.send_alerts()
            raise
        application.send_alerts()
        if problem := application.publisher.publish_and_say():
            messages().print(f"attention: {problem}", markup=False, soft_wrap=True)


def progress_bar() -> Progress:
    """A progress bar on standard error that vanishes when done; silent when nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=messages(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def none_found(text: str, *, stored: bool) -> str:
    """That a list is empty, and how to begin where nothing was ever stored."""
    return text if stored else f"{text} 'reflection analyze FILE' stores campaigns and learns from them."


def text_of(file: Path, kind: str) -> str:
    """The text of a file that a person wrote.

    Raises:
        InvalidInput: it cannot be read, or is far larger than anybody writes.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InvalidInput(f"{file.name} is larger than {LARGEST_FILE // 1_000_000} MB")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"'{file}' cannot be read", hint=f"name a {kind} file in UTF-8") from None
