"""Answers of APIs and JSON lines as rows: nested keys become headers with points, lists stay JSON in their cell.

Envelopes are opened (`data`, `results`, `list` ...), also one within another and several in one file, as pages that
were written one after the other; rows whose names stand apart from them are named. A day in parts is a day, and a URN
is the id of what it says. Must not know platforms, nor what a key means.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source

_BEGINNING = re.compile(r"\ufeff?\s*(?:\[\s*[\[{]|\{\s*(?:\"[^\"\n]*\"\s*:|\}))")
_AFTER = re.compile(r"[\s,]*")
_ENVELOPES = ("data", "results", "elements", "list", "rows", "items", "records", "reports", "values")
_NAMES = ("columns", "cols", "columnHeaders", "headers", "fields", "meta")
_URN = re.compile(r"urn:\w+:(\w+):([^,()]+)")
"""RFC 8141: a namespace, here with what the id is of."""

_DAY = {"year", "month", "day"}
_SAMPLE = 4_000
_MOST_DEEP = 6
Row = dict[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a JSON text, and what its metadata say of all of them, as lines above a table (`currency: EUR`)."""

    rows: Sequence[Row]
    above: Sequence[str] = ()


def answer(source: Source) -> Answer | None:
    """The rows of a JSON text; None where it is none.

    Raises:
        ImportFileError: it is broken, has no rows, is one page of several, or holds more than the limits allow.
    """
    with source.open() as stream:
        sample = stream.read(_SAMPLE)
    if not _BEGINNING.match(sample.decode(json.detect_encoding(sample), errors="ignore")):
        return None
    documents = list(_documents(source))
    rows = [_flat(record) for document in documents for record in _opened(document)]
    if any(map(_is_continued, documents[-1:])) or len(rows) < max(map(_count, documents), default=0):
        raise ImportFileError(
            f"{source.name} is one page of several: more of its rows follow, which are not in it.",
            hint="Fetch all pages and write them into one file, one after the other.",
        )
    if not any(rows):
        raise ImportFileError(f"{source.name} is JSON and holds no rows.")
    return Answer(rows, _above(documents, source.name))


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
        if len(document) > 1 and all(map(_is_line, document)):
            yield from _lines(document[0], document[1:])
            return
        for item in document:
            yield from _opened(item)
    elif isinstance(document, dict):
        inner = next((document[name] for name in _ENVELOPES if isinstance(document.get(name), (list, dict))), None)
        if inner is None:
            yield from _columns(document) or [document]
        elif isinstance(inner, list) and (rows := _apart_from_names(document, inner)) is not None:
            yield from rows
        else:
            yield from _opened(inner)


def _columns(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The records of a document that holds them column by column, or by number, as pandas writes frames; empty where it
    is one record."""
    parts = list(document.values())
    if len(parts) > 2 and all(map(_is_line, parts)) and len(set(map(len, parts))) == 1:
        return list(_lines(list(document), list(zip(*parts, strict=True))))
    if not parts or not all(isinstance(part, dict) and part for part in parts):
        return ()
    if all(map(str.isdigit, document)):
        return parts
    numbers = list(parts[0])
    if all(map(str.isdigit, numbers)) and all(list(part) == numbers for part in parts):
        return [{name: column[number] for name, column in document.items()} for number in numbers]
    return ()


def _is_line(item: Any) -> bool:
    """Whether an item is a line of a table: values alone."""
    return isinstance(item, list) and not any(isinstance(_value(value), (list, dict)) for value in item)


def _apart_from_names(document: Mapping[str, Any], rows: Sequence[Any]) -> Iterator[Mapping[str, Any]] | None:
    """Rows of values whose names stand elsewhere in the document; None where they have their own.

    A row is a list, beside a list of names (`columns`), or holds lists, each beside names of its own
    (`dimensionValues` and `dimensionHeaders`, `f` and `schema.fields`).
    """
    names = next((document[name] for name in _NAMES if isinstance(document.get(name), list)), None)
    if names and rows and all(map(_is_line, rows)):
        return _lines(names, rows)
    if not all(isinstance(row, dict) and row and all(map(_is_line, row.values())) for row in rows) or not rows:
        return None
    schema = document.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    headers = [document.get(f"{part.removesuffix('Values')}Headers", fields) for part in rows[0]]
    if not all(isinstance(header, list) for header in headers):
        return None
    parts = [name for header in headers for name in header]
    return _lines(parts, [[value for part in row.values() for value in part] for row in rows])


def _lines(names: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Iterator[Mapping[str, Any]]:
    """Rows of values as records.

    Raises:
        ImportFileError: a row has more or fewer values than there are names.
    """
    texts = [str(name.get("name", "")) if isinstance(name, dict) else str(name) for name in names]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(texts):
            raise ImportFileError(f"Row {number} has {len(row)} values for {len(texts)} names.", hint="Fetch it again.")
        yield {text: _value(value) for text, value in zip(texts, row, strict=True)}


def _value(value: Any) -> Any:
    """A value without its wrapping: `{"value": 3}` and `{"v": 3}` are 3."""
    return next(iter(value.values())) if isinstance(value, dict) and set(value) in ({"value"}, {"v"}) else value


def _count(document: Any) -> int:
    """How many rows a document says that there are in all; 0 where it does not say."""
    if isinstance(document, list):
        return max(map(_count, document), default=0)
    count = document.get("rowCount") if isinstance(document, dict) else 0
    return count if isinstance(count, int) else 0


def _above(documents: Sequence[Any], name: str) -> Sequence[str]:
    """What the documents' metadata say, as lines.

    Raises:
        ImportFileError: they contradict each other.
    """
    stated: dict[str, str] = {}
    every = [one for document in documents for one in (document if isinstance(document, list) else [document])]
    for document in every:
        metadata = document.get("metadata") if isinstance(document, dict) else None
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            if isinstance(value, str) and stated.setdefault(key, value) != value:
                raise ImportFileError(
                    f"{name} says both {stated[key]} and {value} ({key}) of its rows.", hint="Import them one by one."
                )
    return [f"{key}: {value}" for key, value in stated.items()]


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
    for name, wrapped in record.items():
        header, value = f"{before}{name}", _value(wrapped)
        if isinstance(value, dict) and set(value) == _DAY and all(isinstance(part, int) for part in value.values()):
            row[header] = f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
        elif isinstance(value, dict) and depth < _MOST_DEEP:
            row |= _flat(value, f"{header}.", depth + 1)
        elif urns := _urns(value):
            row |= urns
        elif isinstance(value, (list, dict)):
            row[header] = json.dumps(value, ensure_ascii=False)
        else:
            row[header] = str(value).lower() if isinstance(value, bool) else value
    return row


def _urns(value: Any) -> dict[str, str | float | None]:
    """What URNs are the ids of -> ids; empty where a value is anything else.

    >>> _urns(["urn:li:sponsoredCampaign:7"])
    {'sponsoredCampaign': '7'}
    """
    parts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    matches = [_URN.fullmatch(part) if isinstance(part, str) else None for part in parts]
    return {match[1]: match[2] for match in matches if match} if matches and all(matches) else {}
