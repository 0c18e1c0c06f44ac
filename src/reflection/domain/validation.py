"""From what a caller gives (bytes, text, a mapping) to a validated model, with errors a person can act on.

Every door reads its input here: the API's bodies, the library's arguments, the lines of a file. Knows
pydantic and the error tree; must not know where the input came from. Echoes no input: it may be NaN, huge,
or a secret.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reflection.errors import InvalidInput

MAX_FIELD_ERRORS = 20
"""More would not help a person, and would make a hostile body expensive to answer."""

_BRANCHES = 5
"""Errors that one wrong field may have, one for each kind of value that it takes."""

_NO_ADDRESS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^Value error, ", ""),
        (r"^Input should", "should"),
        (r"a valid dictionary(?: or (?:instance of|object to extract fields from) ?\w*)?", "an object"),
        (r"a valid (?:list|tuple|set)\b", "a valid array"),
        (r"a valid boolean(?:, unable to .*)?", "true or false"),
        (r", (?:unable to (?:parse|interpret)|input is) .*", ""),
        (
            r"^(?:List|Tuple|Set|Dictionary) should have at (\w+) (\d+) \w+ after validation, not (.*)",
            r"has \3, takes at \1 \2",
        ),
        (r"^String should have at least 1 character", "is empty"),
        (r"^String should match pattern '\^\[A-Z\]\{3\}\$'", "should be a currency's ISO code, such as EUR"),
        (r"^String should match pattern '(.*)'", r"is not of the form it takes: \1"),
        (r"^String ", ""),
        (r"^Extra inputs are not permitted", "is no field that is known here"),
        (r"^Field required", "is missing"),
        (r"^Datetimes provided to dates .*", "should be a day, without a time"),
        (r"should have timezone info", "should have a time zone, such as Z at its end"),
    )
]
"""What pydantic says in words of Python, and what a caller is told."""

HOPELESS = 1_000
"""From this many errors on, listing them takes longer than finding them."""

Model = TypeVar("Model", bound=BaseModel)


class FieldErrors(InvalidInput):
    """One or more fields are wrong; `errors` lists the first of them as {field, problem}."""

    def __init__(self, errors: Sequence[dict[str, str]], total: int) -> None:
        first = errors[0]
        where = f"{first['field']}: " if first["field"] else ""
        more = f" (and {total - 1} more)" if total > 1 else ""
        super().__init__(
            f"{where}{first['problem']}{more}",
            hint="correct the input and send it again; nothing was stored",
            field=first["field"] or None,
        )
        self.errors = list(errors)


def read(model: type[Model], value: bytes | str | Mapping[str, Any] | Model) -> Model:
    """JSON (bytes or text), a mapping or an instance, as a validated instance.

    Raises:
        FieldErrors: it is not JSON, or fields are wrong; says which.
    """
    if isinstance(value, model):
        return value
    try:
        if isinstance(value, (bytes, str)):
            return model.model_validate_json(value)
        return model.model_validate(value)
    except ValidationError as error:
        total = error.error_count()
        if total > HOPELESS:
            raise FieldErrors(
                [{"field": "", "problem": f"{total} things are wrong; is it another format?"}], 1
            ) from None
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise field_errors(errors, document_of(value)) from None


def document_of(value: object) -> Any:
    """What the sender wrote, to find fields in; None where it is no JSON at all."""
    if not isinstance(value, (bytes, str)):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def field_errors(errors: Sequence[Any], document: Any = None) -> FieldErrors:
    """Pydantic's errors (mappings with `type`, `loc` and `msg`) as ours; those of a choice's branches are one.

    Args:
        document: what the sender wrote; a field is named as it stands there.
    """
    by_field: dict[str, list[str]] = {}
    misspelt_first = sorted(errors, key=lambda item: item["type"] != "extra_forbidden")  # what is missing follows
    for item in misspelt_first[: MAX_FIELD_ERRORS * _BRANCHES]:
        problems = by_field.setdefault(field_path(_as_written(item, document)), [])
        if (problem := plain_problem(item["msg"]) + _refunds(item)) not in problems:
            problems.append(problem)
    listed = [{"field": field, "problem": ", or ".join(problems)} for field, problems in by_field.items()]
    total = len({field_path(_as_written(item, document)) for item in errors})
    return FieldErrors(listed[:MAX_FIELD_ERRORS], total=total)


def _refunds(item: Mapping[str, Any]) -> str:
    """What to do with more refunds than sales, which is what a figure below zero mostly is."""
    below_zero = item["type"] == "greater_than_equal" and item["loc"][-1:] in (("revenue",), ("conversions",))
    return ": take refunds off the sales that they belong to, down to 0" if below_zero else ""


def _as_written(item: Mapping[str, Any], document: Any) -> list[str | int]:
    """The place of an error without what only the model knows of: branches of a union, validators, marks of keys."""
    location: Sequence[str | int] = item["loc"]
    if document is None:
        return list(location)
    path: list[str | int] = []
    for number, part in enumerate(location):
        missing = item["type"] == "missing" and number == len(location) - 1
        inside = (isinstance(document, Mapping) and part in document) or (
            isinstance(document, Sequence)
            and not isinstance(document, (str, bytes))
            and isinstance(part, int)
            and part < len(document)
        )
        if inside or missing:
            path.append(part)
        if inside:
            document = document[part]
    return path


def field_path(location: Iterable[str | int]) -> str:
    """``("audiences", 0, "name")`` -> ``audiences[0].name``; names of the sender's own making are cut."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part[:100]}" if path else part[:100]
    return path


def plain_problem(message: str) -> str:
    """One of pydantic's messages as every door says it."""
    for pattern, words in _PLAIN:
        message = pattern.sub(words, message)
    return message


def check_address(name: str, field: str) -> None:
    """Refuse an id that no address can name: it would be stored, and never again be read or deleted over HTTP.

    Raises:
        InvalidInput: it has a line break, a tab or the like, or a part that addresses read as a folder.
    """
    if _NO_ADDRESS.search(name):
        raise FieldErrors([{"field": field, "problem": "stands in addresses: no line break and no tab"}], 1)
    if {".", ".."} & set(name.split("/")):
        raise FieldErrors([{"field": field, "problem": "stands in addresses, where '.' and '..' are folders"}], 1)
