"""Streaming campaigns out of JSON: one object, a list, or JSON lines, from a file or standard input.

JSON lines are read one at a time, so memory does not grow with the file; an object or a list is read whole and bounded.
Every campaign comes with its line, and a bad one comes as an error, so that the caller can write a rejects file and go
on. This file must not know what is done with campaigns.
"""

import codecs
import gzip
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from reflection.domain.campaign import Campaign
from reflection.domain.validation import field_errors
from reflection.errors import ImportFileError, InvalidInput

MAX_LINE = 8 << 20
MAX_WHOLE = 256 << 20
MAX_BLANK = 10_000


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign, or why it is none.

    Attributes:
        line: 1-based line of the file; for a list, the position of the element, counted from 1.
        text: the JSON it came from, for a rejects file; at most 2,000 characters of it.
        offset: bytes read once this line is done, to resume or to show progress.
    """

    line: int
    campaign: Campaign | None
    error: InvalidInput | None
    text: str
    offset: int


def iterate_campaigns(source: Path | str | BinaryIO, *, after_line: int = 0) -> Iterator[CampaignLine]:
    """Campaigns of a JSON file, one after the other.

    Args:
        source: a path (.gz is unpacked), '-' for standard input, or an open binary stream.
        after_line: lines (or elements) to pass over, to resume.

    Raises:
        ImportFileError: the file cannot be opened, or is neither JSON nor JSON lines.
    """
    with _opened(source) as (stream, name):
        early = _first_lines(stream, name)
        items = (_lines if _are_lines(early) else _whole)(stream, early, name)
        for line, body, text, offset in items:
            if line > after_line:
                yield _campaign(line, body, text, offset)


def _campaign(line: int, body: Any, text: str, offset: int) -> CampaignLine:
    if isinstance(body, InvalidInput):
        return CampaignLine(line, None, body, text[:2_000], offset)
    try:
        return CampaignLine(line, Campaign.model_validate(body), None, text[:2_000], offset)
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False), body)
        return CampaignLine(line, None, wrong, text[:2_000], offset)
    except RecursionError:
        return CampaignLine(line, None, InvalidInput("nested too deeply"), text[:2_000], offset)


def _lines(stream: io.BufferedReader, early: list[bytes], name: str) -> Iterator[tuple[int, Any, str, int]]:
    offset = 0
    following = iter(lambda: stream.readline(MAX_LINE + 1), b"")
    for number, raw in enumerate(chain(early, following), start=1):
        offset += len(raw)
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            offset += _skip_line(stream, name)
            error = InvalidInput(f"a line longer than {MAX_LINE:,} bytes")
            yield number, error, raw[:2_000].decode("utf-8", "replace"), offset
        elif content := (raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw).strip():
            yield number, _parsed(content), content.decode("utf-8", "replace"), offset


def _skip_line(stream: io.BufferedReader, name: str) -> int:
    skipped = 0
    while piece := stream.readline(1 << 20):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
        if skipped > MAX_WHOLE:
            raise ImportFileError(f"{name} has a line of more than {MAX_WHOLE >> 20} MiB.")
    return skipped


def _whole(stream: io.BufferedReader, early: list[bytes], name: str) -> Iterator[tuple[int, Any, str, int]]:
    raw = b"".join(early) + stream.read(MAX_WHOLE + 1)
    if len(raw) > MAX_WHOLE:
        raise ImportFileError(
            f"{name} is one JSON value of more than {MAX_WHOLE >> 20} MiB.",
            hint="Write one campaign per line instead.",
        )
    if not raw.strip():
        raise ImportFileError(f"{name} is empty.")
    body = _parsed(raw.removeprefix(codecs.BOM_UTF8))
    if isinstance(body, InvalidInput):
        raise ImportFileError(f"{name} is no JSON: {body.message}.")
    elements = body if isinstance(body, list) else [body]
    for position, element in enumerate(elements, start=1):
        text = json.dumps(element, ensure_ascii=False) if isinstance(element, dict) else str(element)
        yield position, element, text, len(raw)


def _parsed(raw: bytes) -> Any:
    """The JSON value, or an InvalidInput saying why there is none; NaN and Infinity are none."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_distinct)
    except UnicodeDecodeError:
        return InvalidInput("not UTF-8")
    except json.JSONDecodeError as error:
        return InvalidInput(f"{error.msg} (column {error.colno})")
    except RecursionError:
        return InvalidInput("nested too deeply")
    except InvalidInput as error:
        return error
    except ValueError as error:
        return InvalidInput(str(error))


def _refuse(constant: str) -> Any:
    raise InvalidInput(f"{constant} is no number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidInput("a field is given twice")
    return members


def _first_lines(stream: io.BufferedReader, name: str) -> list[bytes]:
    """Lines up to the first that is not blank, and the one after it where only that tells what the file is.

    Read, not peeked: a pipe may hold no more than one line yet.
    """
    early: list[bytes] = []
    size = 0
    while raw := stream.readline(MAX_LINE + 1):
        early.append(raw)
        size += len(raw)
        if raw.removeprefix(codecs.BOM_UTF8).strip():
            break
        if size > MAX_LINE or len(early) > MAX_BLANK:
            raise ImportFileError(f"{name} begins with nothing but blank lines.")
    if _content(early).startswith(b"{") and _content(early).endswith(b"}") and not _is_object(_content(early)):
        early.append(stream.readline(MAX_LINE + 1))
    return early


def _content(early: list[bytes]) -> bytes:
    """The first line that is not blank."""
    return next((text for raw in early if (text := raw.removeprefix(codecs.BOM_UTF8).strip())), b"")


def _are_lines(early: list[bytes]) -> bool:
    """JSON lines: the first line is an object, or is meant to be one, as the next begins another."""
    first = _content(early)
    if _is_object(first) or len(first) > MAX_LINE:
        return True
    if first.startswith(b"{"):
        return first.endswith(b"}") and early[-1].lstrip().startswith(b"{") and early[-1].strip() != first
    return bool(first) and not first.startswith(b"[")


def _is_object(text: bytes) -> bool:
    return isinstance(_parsed(text), dict)


@contextmanager
def _opened(source: Path | str | BinaryIO) -> Iterator[tuple[io.BufferedReader, str]]:
    if source == "-":
        yield _buffered(sys.stdin.buffer), "standard input"
        return
    if not isinstance(source, (str, Path)):
        yield _buffered(source), str(getattr(source, "name", "stream"))
        return
    path = Path(source)
    try:
        opened: BinaryIO = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[assignment]  # noqa: SIM115
    except OSError as error:
        raise ImportFileError(f"{path.name} cannot be opened: {error.strerror}.") from error
    with opened:
        try:
            yield _buffered(opened), path.name
        except (EOFError, gzip.BadGzipFile) as error:
            raise ImportFileError(f"{path.name} is damaged or cut off: {error}.") from error


def _buffered(stream: Any) -> io.BufferedReader:
    return io.BufferedReader(stream, 1 << 17)
