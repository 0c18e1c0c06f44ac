"""Which currency each row's amounts are in, and what is asked where nothing says so.

Amounts of several currencies are kept apart; signs that several currencies share are no answer, and a sign that
contradicts what is stated is refused. This file must not know how cells are read.
"""

from collections.abc import Sequence
from itertools import combinations

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.building.name_books import NameBook, first, looked_up
from reflection.ingest.dialects.currencies import candidates, currency_of
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.currency_signs import SIGN
from reflection.ingest.reading.header import MORE_CURRENCY, Header
from reflection.ingest.reading.preamble import Preamble

MOST_CANDIDATES = 4
"""Currencies that are named where a sign may mean several."""


def with_currency(
    frame: pl.DataFrame, header: Header, book: NameBook, currency: str | None, notes: list[Finding]
) -> pl.DataFrame:
    """The rows with the currency of each: by its column, its header, the lines above, its account, the signs, the user.

    Raises:
        ImportFileError: what is said of a currency contradicts itself.
    """
    stated = header.currency or Preamble(header.preamble).currency()
    beside = _distinct(frame, SIGN)
    means = {text: code for text in [*_distinct(frame, "currency"), *beside] if (code := currency_of(text))}
    sole = means[beside[0]] if len(beside) == 1 and beside[0] in means else None  # of the column: 0 carries no sign
    sources = [
        looked_up("currency", means) if "currency" in frame.columns else pl.lit(None, dtype=pl.String),
        pl.lit(currency_of(stated) or None, dtype=pl.String),
        looked_up("account_id", book.currencies) if "account_id" in frame.columns else pl.lit(None, dtype=pl.String),
        looked_up(SIGN, means) if beside else pl.lit(None, dtype=pl.String),
        pl.lit(sole, dtype=pl.String),
    ]
    own = set(frame.select(first(sources).alias("own"))["own"].drop_nulls().unique().to_list())
    shared = [sign for sign in (*_distinct(frame, "currency"), stated, *beside) if len(candidates(sign)) > 1]
    frame = frame.with_columns(first([*sources, pl.lit(currency, dtype=pl.String)]).alias("currency"))
    refuse_two_currencies(frame, header)
    if currency and own - {currency} and not any(currency in candidates(sign) for sign in shared):
        raise ImportFileError(
            f"The file is in {', '.join(sorted(own))}, not {currency}.",
            hint="Leave --currency out.",
            field="currency",
        )
    _refuse_other_signs(frame, beside)
    codes = sorted(frame["currency"].drop_nulls().unique().to_list())
    if frame["currency"].null_count() and (shared or not codes):
        notes.append(finding("currency_missing", "warning", _missing_currency(shared)))
    if len(codes) > 1:
        notes.append(
            finding(
                "currencies_mixed", "warning",
                f"The file has amounts in {', '.join(codes)}: they are never added; campaigns are kept apart "
                "by currency.",
            )
        )  # fmt: skip
    return frame


def _distinct(frame: pl.DataFrame, name: str) -> list[str]:
    return sorted(frame[name].drop_nulls().unique().to_list()) if name in frame.columns else []


def refuse_two_currencies(frame: pl.DataFrame, header: Header) -> None:
    """Refuse amounts that headers and columns say to be in two currencies, be it in one row.

    Raises:
        ImportFileError: with the headers and the line.
    """
    _refuse_two_headers(header)
    _refuse_other_column(frame, header)
    _refuse_two_columns(frame, header)


def _refuse_two_headers(header: Header) -> None:
    """Headers that name a currency each, of which no two are the same, are refused: a ROAS of them would be none."""
    named = [(name, sign) for name in header.columns if (sign := header.currency_in(name))]
    for (one, sign), (other, beside) in combinations(named, 2):
        if set(candidates(sign)).isdisjoint(candidates(beside)):
            raise ImportFileError(
                f"'{header.written(one)}' is in {sign} and '{header.written(other)}' in {beside}: what is made of "
                "amounts in two currencies (ROAS) would be wrong.",
                hint="Export both in one currency, or leave one of the two columns out.", field="currency",
            )  # fmt: skip


def _refuse_other_column(frame: pl.DataFrame, header: Header) -> None:
    """A column of currencies that contradicts what the header of an amount states is refused, be it in one row."""
    column = {code for text in _distinct(frame, "currency") if (code := currency_of(text))}
    for name in header.columns:
        stated = candidates(header.currency_in(name))
        if stated and (others := column - set(stated)):
            raise ImportFileError(
                f"'{header.written(name)}' is headed {header.currency_in(name)}, but {_words(header, 'currency')} "
                f"{', '.join(sorted(others))}.",
                hint="Correct the one that is wrong, or take the column away.", field="currency",
            )  # fmt: skip


def _refuse_two_columns(frame: pl.DataFrame, header: Header) -> None:
    """Rows of which two columns say different currencies are refused: nothing says which amounts each is about."""
    columns = sorted(name for name in frame.columns if name == "currency" or name.startswith(MORE_CURRENCY))
    for one, other in combinations(columns, 2):
        pairs = frame.select("line", pl.col(one).alias("one"), pl.col(other).alias("other")).drop_nulls()
        for line, text, beside in pairs.unique(["one", "other"], keep="first", maintain_order=True).iter_rows():
            codes = candidates(text.upper()), candidates(beside.upper()) or candidates(beside)
            if all(codes) and set(codes[0]).isdisjoint(codes[1]):
                raise ImportFileError(
                    f"Line {line}: {_words(header, one)} {text}, but {_words(header, other)} {beside}: what is made of "
                    "amounts in two currencies (ROAS) would be wrong.",
                    hint="Export all amounts in one currency, or leave the column that is in another one out.",
                    field="currency",
                )


def _words(header: Header, name: str) -> str:
    return f"'{header.written(name)}' says" if name in header.columns else "the amounts are said to be in"


def _refuse_other_signs(frame: pl.DataFrame, beside: Sequence[str]) -> None:
    """Amounts in one currency that are written with the sign of another are refused: one of the two is wrong."""
    if not beside:
        return
    for code, sign, line in frame.select("currency", SIGN, "line").drop_nulls().unique(["currency", SIGN]).iter_rows():
        if (meant := candidates(sign)) and code not in meant:
            raise ImportFileError(
                f"Line {line}: an amount is written with '{sign}' ({' or '.join(meant[:MOST_CANDIDATES])}), but its "
                f"currency is said to be {code}.",
                hint="Correct the currency that is stated, or the cells.", field="currency",
            )  # fmt: skip


def _missing_currency(signs: Sequence[str]) -> str:
    """What is asked where nothing says the currency, or signs that several share."""
    if not signs:
        return (
            "The file states no currency; amounts stay without one and are compared with nothing else. Say "
            "--currency EUR (or whichever it is)."
        )
    meant = candidates(signs[0])
    several = ", ".join(meant[:MOST_CANDIDATES]) + (" or another" if len(meant) > MOST_CANDIDATES else "")
    return (
        f"Amounts are written with '{signs[0]}', which may be {several}: they stay without a currency and are compared "
        f"with nothing else. Say --currency {meant[0]} (or whichever it is)."
    )
