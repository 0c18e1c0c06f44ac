"""What the first rows of a table say of how its numbers are written: cells, ratios, delimiter, currency, language.

This file must not know platforms, nor decide: that is done in number_formats.py.
"""

from collections.abc import Mapping

import polars as pl

from reflection.ingest.dialects.currencies import candidates, currency_of
from reflection.ingest.dialects.dialect import is_number
from reflection.ingest.reading.currency_signs import signs
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.number_formats import MOST_OTHERS, Evidence, numeric
from reflection.ingest.reading.numbers import visible
from reflection.ingest.reading.ratios import STATED, Ratio
from reflection.ingest.reading.typed_columns import WHOLE

Fields = Mapping[str, pl.Series]


def evidence_of(header: Header, fields: Fields, cells: pl.DataFrame, delimiter: str, currency: str) -> Evidence:
    """How the file writes numbers, by everything its first rows say.

    Args:
        fields: the cells of each field.
        cells: all columns of the table, also those that no field was found for.
        currency: of the amounts, as the user says; '' where nobody did.
    """
    unused = set(range(cells.width)) - set(header.columns.values())
    numbers = [name for name in fields if is_number(name)]
    coarse = [name for name in numbers if header.scale.get(name, 1.0) > 1.0]
    others = [cells.to_series(index).head(MOST_OTHERS) for index in sorted(unused)]
    return Evidence(
        counts=[fields[name] for name in numbers if name in WHOLE and name not in coarse],
        amounts=[fields[name] for name in numbers if name not in WHOLE and name not in coarse],
        coarse=[fields[name] for name in coarse],
        money=[fields[name] for name in numbers if _is_money(name) and name not in header.scale],
        others=[column for column in others if numeric(column)],
        ratios=_ratios(header, fields, cells),
        delimiter=delimiter,
        currency=header.currency or _by_column(fields) or _by_sign(fields) or currency,
        language=header.language,
    )


def _is_money(name: str) -> bool:
    """Whether a field holds amounts of money."""
    return name in ("spend", "revenue", "results_value", "value") or name.startswith("value.")


def _by_column(fields: Fields) -> str:
    """The only currency that a column of codes names; else ''."""
    codes = visible(fields["currency"]).drop_nulls().unique().to_list() if "currency" in fields else []
    return currency_of(codes[0]) if len(codes) == 1 else ""


def _by_sign(fields: Fields) -> str:
    """The currency that the signs beside the first amounts mean, where they mean one; else ''."""
    beside = (signs(fields[name].head(MOST_OTHERS)) for name in ("spend", "revenue") if name in fields)
    codes = {candidates(sign) for column in beside for sign in column.drop_nulls().unique().to_list()}
    one = codes.pop() if len(codes) == 1 else ()
    return one[0] if len(one) == 1 else ""


def _ratios(header: Header, fields: Fields, cells: pl.DataFrame) -> list[Ratio]:
    """The ratios that the file states of its spend, on its first rows."""
    if "spend" not in header.columns or "spend" in header.scale:
        return []
    unused = sorted(set(range(cells.width)) - set(header.columns.values()))
    first = {name: fields[name].head(MOST_OTHERS) for name in ("spend", *STATED) if name in header.columns}
    return [
        Ratio(first["spend"], first[name], cells.to_series(index).head(MOST_OTHERS), per)
        for name, (pattern, per) in STATED.items()
        for index in unused
        if name in first and pattern.search(header.cells[index])
    ]
