"""A saved column mapping: how to read any CSV, TSV or XLSX whose headers no dialect knows.

    {"platform": "Meta", "columns": {"spend": "Kosten netto", "campaign": "Projekt", ...},
     "date_order": "dmy", "locale": "de_DE", "currency": "EUR"}

This file must not know how tables are opened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import (
    KEYS,
    SPLITS,
    DateOrder,
    Dialect,
    is_number,
    normal_header,
    split_currency,
)
from reflection.ingest.dialects.text_words import is_text_part

_TEXT = ("date", "date_end", "account", "account_id", "objective", "creative_type", "headline", "body", "currency",
         "platform", "status", "attribution", "result_indicator", "source_name", "planner", "period",
         "conversion_action")  # fmt: skip
FIELDS = (*KEYS, *_TEXT, *SPLITS)
MOST = 1e9
"""Largest factor of a scale: amounts in millionths, either way round, are well within it."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which header of a table is which field (see `dialect`), and what the table does not say itself."""

    columns: Mapping[str, str]
    platform: str = ""
    name: str = "saved mapping"
    date_order: DateOrder | None = None
    locale: str = ""
    currency: str = ""
    scale: Mapping[str, float] = field(default_factory=dict)

    def dialect(self) -> Dialect:
        """The mapping as a dialect: every mapped header is required, so another file is not misread."""
        headers = {name: (normal_header(split_currency(text)[0]),) for name, text in self.columns.items()}
        return Dialect(
            key="mapping",
            platform=self.platform,
            title=self.name,
            names={"en": headers},
            required=frozenset(parts[0] for parts in headers.values()),
            date_order=self.date_order,
            scale=self.scale,
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; the inverse of `load_mapping`."""
        return {
            "name": self.name,
            "platform": self.platform,
            "columns": dict(self.columns),
            "date_order": self.date_order,
            "locale": self.locale,
            "currency": self.currency,
            "scale": dict(self.scale),
        }


def load_mapping(source: Path | Mapping[str, Any]) -> ColumnMapping:
    """Read a saved mapping.

    Raises:
        ImportFileError: no JSON object, an unknown field, no columns, or a header given to two fields.
    """
    body = _json_file(source) if isinstance(source, Path) else source
    if not isinstance(body, Mapping) or not isinstance(body.get("columns"), Mapping) or not body["columns"]:
        raise ImportFileError("A column mapping needs 'columns': {field: header}.", field="columns")
    _check_names(body)
    if (order := body.get("date_order")) not in (None, "mdy", "dmy", "ymd"):
        raise ImportFileError("date_order is mdy, dmy or ymd.", field="date_order")
    return ColumnMapping(
        {str(name): str(text) for name, text in body["columns"].items()},
        str(body.get("platform") or ""),
        str(body.get("name") or "saved mapping"),
        cast(DateOrder | None, order),
        str(body.get("locale") or ""),
        str(body.get("currency") or ""),
        _factors(body.get("scale") or {}),
    )


def _json_file(place: Path) -> Any:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImportFileError(f"{place.name} cannot be opened: {error.strerror}.", field="mapping") from error
    except ValueError as error:
        raise ImportFileError(f"{place.name} is no column mapping: {error}.", field="mapping") from error


def _check_names(body: Mapping[str, Any]) -> None:
    """Every field is one of ours, and no header is given to two."""
    columns = body["columns"]
    unknown = set(body) - {"name", "platform", "columns", "date_order", "locale", "currency", "scale"}
    unknown |= {name for name in columns if name not in FIELDS and not is_number(name) and not is_text_part(name)}
    if unknown:
        raise ImportFileError(
            f"Unknown in the column mapping: {', '.join(sorted(unknown))}.",
            hint=f"Fields are {', '.join(FIELDS)}.",
        )
    if len({normal_header(str(text)) for text in columns.values()}) < len(columns):
        raise ImportFileError("A column mapping gives one header to two fields.", field="columns")


def _factors(scale: Any) -> dict[str, float]:
    try:
        factors = {str(name): float(factor) for name, factor in scale.items()}
    except (AttributeError, TypeError, ValueError, OverflowError):
        factors = {"": 0.0}
    if not all(0.0 < factor <= MOST for factor in factors.values()):
        raise ImportFileError(f"scale gives fields factors above 0, at most {MOST:g}.", field="scale")
    return factors
