"""Answers of APIs and JSON lines as rows: nested keys become headers with points, lists stay JSON in their cell.

Envelopes are opened (`data`, `results`, `list` ...), also one within another and several in one file, as pages that
were written one after the other. Must not know platforms, nor what a key means.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source

_BEGINNING = re.compile(r"\ufeff?\s*(?:\[\s*[\[{]|\{\s*(?:\"[^\"\n]*\"\s*:|\}))")
_AFTER = re.compile(r"[\s,]*")
_ENVELOPES = ("data", "results", "elements", "list", "rows", "items", "records")
_SAMPLE = 4_000
_MOST_DEEP = 6
Row = dict[str, str | float | None]


def records(source: Source) -> list[Row] | None:
    """The rows of a JSON text; None where it is none.

    Raises:
        ImportFileError: it is broken, has no rows, is one page of several, or holds more than the limits allow.
    """
    with source.open() as stream:
        sample = stream.read(_SAMPLE)
    if not _BEGINNING.match(sample.decode(json.detect_encoding(sample), errors="ignore")):
        return None
    documents = list(_documents(source))
    if any(_is_continued(document) for document in documents[-1:]):
        raise ImportFileError(
            f"{source.name} is one page of several: more of its rows follow, which are not in it.",
            hint="Fetch all pages and write them into one file, one after the other.",
        )
    rows = [_flat(record) for document in documents for record in _opened(document)]
    if not any(rows):
        raise ImportFileError(f"{source.name} is JSON and holds no rows.")
    return rows


def _documents(source: Source) -> Iterator[Any]:
    """Each JSON value of the text: one, or one after the other."""
    data = source.read(source.limits.max_workbook)
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{source.name} is JSON in an unknown encoding.", hint="Save it as UTF-8.") from error
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    place = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    while place < len(text):
        try:
            document, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", place)) + 1
            raise ImportFileError(
                f"{source.name}, line {line}: broken JSON.", hint="It may be cut off; fetch it again."
            ) from error
        yield document
        place = end + len(match[0]) if (match := _AFTER.match(text, end)) else end


def _opened(document: Any) -> Iterator[Mapping[str, Any]]:
    """The records of a value, without what they are wrapped in."""
    if isinstance(document, list):
        for item in document:
            yield from _opened(item)
    elif isinstance(document, dict):
        inner = next((document[name] for name in _ENVELOPES if isinstance(document.get(name), (list, dict))), None)
        if inner is None:
            yield document
        else:
            yield from _opened(inner)


def _is_continued(document: Any) -> bool:
    """Whether an API says that more pages follow."""
    if isinstance(document, list):
        return bool(document) and _is_continued(document[-1])
    if not isinstance(document, dict):
        return False
    paging, page = document.get("paging"), document.get("page_info")
    numbers = [page.get(name) for name in ("page", "total_page")] if isinstance(page, dict) else []
    return (
        bool(document.get("nextPageToken") or document.get("next_page_token"))
        or (isinstance(paging, dict) and bool(paging.get("next")))
        or (all(isinstance(number, int) for number in numbers) and numbers[:1] < numbers[1:])
        or _is_continued(document.get("data"))
    )


def _flat(record: Mapping[str, Any], before: str = "", depth: int = 0) -> Row:
    row: Row = {}
    for name, value in record.items():
        header = f"{before}{name}"
        if isinstance(value, dict) and depth < _MOST_DEEP:
            row |= _flat(value, f"{header}.", depth + 1)
        elif isinstance(value, (list, dict)):
            row[header] = json.dumps(value, ensure_ascii=False)
        else:
            row[header] = str(value).lower() if isinstance(value, bool) else value
    return row
