"""What names tables say of ids, and looking rows up in it: warehouses keep names, currencies and figures apart.

This file must not know files, nor what a campaign is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class NameBook:
    """What names tables say: id -> name, id -> currency, ad set id -> campaign id, campaign id -> objective."""

    campaigns: Mapping[str, str] = field(default_factory=dict)
    audiences: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    objectives: Mapping[str, str] = field(default_factory=dict)


def name_book(tables: Sequence[pl.DataFrame]) -> NameBook:
    """One book of several names tables; of several versions of an entry, the last one in time counts."""
    books: dict[str, dict[str, str]] = {
        "campaigns": {}, "audiences": {}, "accounts": {}, "currencies": {}, "parents": {}, "objectives": {},
    }  # fmt: skip
    entries = (
        ("campaigns", "campaign_id", "campaign"),
        ("audiences", "audience_id", "audience"),
        ("accounts", "account_id", "account"),
        ("currencies", "account_id", "currency"),
        ("parents", "audience_id", "parent_campaign_id"),
        ("objectives", "campaign_id", "objective"),
    )
    for table in tables:
        ordered = table.sort("date", "line", nulls_last=False) if "date" in table.columns else table
        for book, key, value in entries:
            if key in table.columns and value in table.columns:
                pairs = ordered.select(key, value).drop_nulls().iter_rows()
                books[book].update({str(k): str(v) for k, v in pairs})
    return NameBook(**books)


def text(name: str) -> pl.Expr:
    """A column as texts."""
    return pl.col(name).cast(pl.String)


def first(options: Sequence[pl.Expr]) -> pl.Expr:
    """The first that says something, each distinct text held once."""
    return pl.coalesce(*(option.cast(pl.Categorical) for option in options))


def looked_up(name: str, book: Mapping[str, str]) -> pl.Expr:
    """What a book says of a column; null where it says nothing."""
    if not book:
        return pl.lit(None, dtype=pl.String)
    return text(name).replace_strict(dict(book), default=None, return_dtype=pl.String)
