"""Experiments from what people have: JSON of one or many, or rows (a CSV file) with one arm each.

Headers may be those of the testing tools people use ("variant", "visitors", "cost"). Must not know what is done with an
experiment.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from reflection.domain.experiment import MOST_AT_ONCE, Arm, Experiment
from reflection.domain.validation import FieldErrors, read
from reflection.errors import InvalidInput

_HEADERS = {
    "test": "experiment", "study": "experiment", "name": "experiment", "variant": "arm", "variation": "arm",
    "group": "arm", "cell": "arm", "users": "units", "people": "units", "participants": "units", "assigned": "units",
    "sample_size": "units", "visitors": "visitors", "sessions": "visitors", "cost": "spend", "amount_spent": "spend",
    "value": "revenue", "purchases": "conversions", "type": "kind", "ci_low": "low", "ci_high": "high",
    "se": "standard_error", "is_control": "control",
}  # fmt: skip
_OF_EXPERIMENT = ("experiment_id", "kind", "platform", "conversion_kind", "metric", "start", "end", "smallest_effect")
_TEXTS = frozenset({"audience", "creative", "platform"})
_CONTROLS = frozenset({"control", "holdout", "original", "baseline"})
_YES, _NO = frozenset({"yes", "true", "1", "control", "x"}), frozenset({"no", "false", "0", "", "treatment", "test"})


def experiments_of_json(body: bytes | str) -> list[Experiment]:
    """One experiment, a list of them, or ``{"experiments": [...]}`` or ``{"rows": [...]}``.

    Raises:
        InvalidInput: it is none of these, or fields are wrong; says which.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("this is no JSON", hint="send one experiment, a list of them, or rows") from None
    if isinstance(value, Mapping) and set(value) == {"rows"}:
        return experiments_of_rows(value["rows"])
    if isinstance(value, Mapping) and set(value) == {"experiments"}:
        value = value["experiments"]
    items = value if isinstance(value, list) else [value]
    _check_count(len(items))
    return [_numbered(item, number, isinstance(value, list)) for number, item in enumerate(items)]


def experiments_of_csv(text: str) -> list[Experiment]:
    """Rows of a CSV file, one arm each; as `experiments_of_rows`."""
    sample = text[:5_000]
    separator = max(",;\t", key=sample.partition("\n")[0].count)
    return experiments_of_rows(list(csv.DictReader(io.StringIO(text), delimiter=separator)))


def experiments_of_rows(rows: Iterable[Any]) -> list[Experiment]:
    """Experiments from rows of one arm each; rows with the same `experiment` are one experiment.

    Raises:
        InvalidInput: a row names no experiment or no arm, or has a number that is none; says which row.
    """
    experiments: dict[str, dict[str, Any]] = {}
    rows = list(rows) if isinstance(rows, Iterable) and not isinstance(rows, (str, bytes, Mapping)) else []
    if not rows:
        raise InvalidInput("there are no rows", hint="one row per arm, with experiment, arm and counts")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise InvalidInput(f"row {number} is no row", hint="one object per arm")
        arm = _cells(row, number)
        name = arm.pop("experiment", None) or arm.get("experiment_id")
        if not name or not arm.get("arm"):
            raise InvalidInput(f"row {number} names no {'arm' if name else 'experiment'}", hint="say both in every row")
        item = experiments.setdefault(str(name), {"name": str(name), "arms": []})
        for key in _OF_EXPERIMENT:
            value = arm.get(key) if key == "platform" else arm.pop(key, None)
            if value is not None and item.setdefault(key, value) != value and key != "platform":
                raise InvalidInput(f"row {number}: {key} differs from the rows before of '{name}'")
        item["arms"].append({"name": arm.pop("arm"), **arm})
    _check_count(len(experiments))
    return [_numbered(_completed(item), number, False) for number, item in enumerate(experiments.values())]


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_AT_ONCE:
        raise InvalidInput(f"{count:,} experiments given, 1 to {MOST_AT_ONCE:,} are accepted at once")


def _completed(item: dict[str, Any]) -> dict[str, Any]:
    """An experiment whose rows do not say which arm is the control, with the one that is called so."""
    arms = item["arms"]
    if len({arm.get("platform") for arm in arms}) > 1:
        item = {key: value for key, value in item.items() if key != "platform"}
    else:
        arms = [{key: value for key, value in arm.items() if key != "platform"} for arm in arms]
    named = [arm for arm in arms if str(arm["name"]).strip().casefold() in _CONTROLS]
    if len(named) == 1 and not any("control" in arm for arm in arms):
        arms = [{**arm, "control": arm is named[0]} for arm in arms]
    return {**item, "arms": arms}


def _cells(row: Mapping[Any, Any], number: int) -> dict[str, Any]:
    """The cells of a row by our names; empty ones are left out."""
    cells: dict[str, Any] = {}
    for header, value in row.items():
        key = "_".join(str(header or "").strip().casefold().replace("-", " ").split())
        key = _HEADERS.get(key, key)
        text = value.strip() if isinstance(value, str) else value
        if text is None or text == "":
            continue
        if key == "control":
            cells[key] = _flag(text, number)
        elif key == "signals":
            cells[key] = [part.strip() for part in str(text).split(",")] if not isinstance(text, list) else text
        elif key == "visitors":
            cells.setdefault("units", _number(text, key, number))
            cells.setdefault("clicks", _number(text, key, number))
        elif (key in Arm.model_fields and key not in _TEXTS) or key == "smallest_effect":
            cells[key] = text if key == "name" else _number(text, key, number)
        elif key in _TEXTS or key in ("arm", "experiment", *_OF_EXPERIMENT):
            cells[key] = str(text)
        else:
            known = sorted({*Arm.model_fields, *_OF_EXPERIMENT, "experiment", "arm"} - {"name"})
            raise InvalidInput(f"row {number}: '{key[:60]}' is no column we know", hint=f"we know {', '.join(known)}")
    return cells


def _flag(value: object, number: int) -> bool:
    text = str(value).strip().casefold()
    if text not in _YES | _NO:
        raise InvalidInput(f"row {number}: control is '{text[:40]}'", hint="say yes or no")
    return text in _YES


def _number(value: object, key: str, number: int) -> float:
    try:
        return float(value) if not isinstance(value, bool) else float("nan")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidInput(f"row {number}: {key} is no number", hint="write it as 1234.5, without separators") from None


def _numbered(item: Any, number: int, many: bool) -> Experiment:
    """One experiment; of several an error says which."""
    if not isinstance(item, Mapping):
        raise InvalidInput(f"number {number + 1} is no experiment", hint="send an object with name and arms")
    try:
        return read(Experiment, json.dumps(item))
    except FieldErrors as error:
        if not many:
            raise
        errors = [{**one, "field": f"[{number}].{one['field']}".rstrip(".")} for one in error.errors]
        raise FieldErrors(errors, len(errors)) from None
