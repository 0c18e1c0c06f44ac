"""Whose row is it: campaign key and name, platform, currency, days, audience and creative of every row.

Names and currencies may come from other tables of the same import (warehouses keep them apart). The result has the
columns `key, name, platform, objective, currency, first, last, audience, creative` beside the metrics. This file must
not know how files are opened, nor what campaigns are for.
"""

import re
from dataclasses import dataclass

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.ingest.building.ad_texts import ads_by_text, with_texts
from reflection.ingest.building.conversions import KIND
from reflection.ingest.building.currencies import with_currency
from reflection.ingest.building.drafts import month_span
from reflection.ingest.building.name_books import NameBook, first, looked_up, text
from reflection.ingest.dialects.dialect import SPLITS, normal_header
from reflection.ingest.dialects.platforms import platform_name
from reflection.ingest.import_report import Finding, Granularity, finding
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.preamble import Preamble
from reflection.ingest.reading.short_years import MONTH_HEADERS
from reflection.ingest.reading.typed_rows import Facts

ACCOUNT = "account_id"
NAMELESS = "rows without a campaign name"
_DAY_HEADERS = frozenset({"day", "date", "tag", "jour", "día", "giorno", "dia", "hari", "日", "by day"})
_WEEK_HEADERS = frozenset({"week", "woche", "semaine", "semana", "settimana"})
_KEPT = (
    "line", "twin", "key", "name", "platform", "objective", "currency", "first", "last", "audience", "creative",
    "creative_name", "creative_type", "headline", "body", "attribution", ACCOUNT, KIND, *SPLITS, *COUNTS,
)  # fmt: skip
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATED = re.compile(
    rf"[-_ ]+(?:(?:{_MONTHS})[a-z]*[-_ ]+\d|\d{{4}}[-_ ]?\d{{2}}|\d{{1,2}}[-_]\d{{1,2}}[-_]\d{{2,4}})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class IdentifiedRows:
    """Rows with their identity, how fine their days are, and what was noticed on the way."""

    frame: pl.DataFrame
    granularity: Granularity
    findings: tuple[Finding, ...]


def identify(
    facts: Facts,
    header: Header,
    frame: pl.DataFrame,
    *,
    book: NameBook,
    stem: str,
    campaign: str,
    currency: str | None,
) -> IdentifiedRows:
    """Give every row its identity.

    Args:
        frame: the rows with conversions settled.
        stem: the file's name without its ending, the last resort for a campaign's name.
        campaign: the name to use where the file has none.
        currency: the ISO code the user stated.

    Raises:
        ImportFileError: the user's currency contradicts the file's.
    """
    notes: list[Finding] = []
    frame, granularity = _days(frame, facts, header)
    frame = _campaign(frame, book, stem, campaign, notes)
    frame = with_currency(frame, header, book, currency, notes)
    platform: pl.Expr = pl.lit(header.dialect.platform or "unspecified")
    if not header.dialect.platform and "platform" in frame.columns:
        platforms = {cell: platform_name(cell) for cell in frame["platform"].drop_nulls().unique().to_list()}
        platform = looked_up("platform", platforms).fill_null("unspecified")
        both = pl.concat_str(platform, text("key"), separator=" / ")
        frame = frame.with_columns(both.cast(pl.Categorical).alias("key"))
    missing = [pl.lit(None, dtype=pl.Float64).alias(name) for name in COUNTS if name not in frame.columns]
    objective = [pl.col("objective")] if "objective" in frame.columns else []
    objective.append(looked_up("key", book.objectives))
    frame = frame.with_columns(
        platform.cast(pl.Categorical).alias("platform"), first(objective).alias("objective"), *missing
    )
    frame = _cells(with_texts(frame), book)
    frame = ads_by_text(frame, alone=bool(header.dialect.platform) or "headline" in frame.columns)
    if accounts := [pl.col(name) for name in (ACCOUNT, "account") if name in frame.columns]:
        frame = frame.with_columns(first(accounts).alias(ACCOUNT))
    return IdentifiedRows(frame.select(name for name in _KEPT if name in frame.columns), granularity, tuple(notes))


def _days(frame: pl.DataFrame, facts: Facts, header: Header) -> tuple[pl.DataFrame, Granularity]:
    if "date" not in frame.columns:
        span = Preamble(header.preamble).period(facts.date_order)
        first, last = span or (None, None)
        frame = frame.with_columns(
            pl.lit(first, dtype=pl.Date).alias("first"), pl.lit(last, dtype=pl.Date).alias("last")
        )
        return frame, "period" if span else "none"
    written = normal_header(header.written("date"))
    first_day = pl.col("date")
    last_day = first_day
    if written in _WEEK_HEADERS:
        last_day = first_day.dt.offset_by("6d")
    elif written in MONTH_HEADERS:
        first_day, last_day = first_day.dt.month_start(), first_day.dt.month_end()
    elif "date_end" in frame.columns and written not in _DAY_HEADERS:
        last_day = pl.coalesce(*(name for name in ("date_end_last", "date_end") if name in frame.columns), "date")
    if "date_last" in frame.columns:  # the cell itself names a longer time
        last_day = pl.when(pl.col("date_last") > first_day).then("date_last").otherwise(last_day)
    frame = frame.with_columns(first_day.alias("first"), last_day.alias("last"))
    return frame, "hour" if "hour" in written else _granularity(frame)


def _granularity(frame: pl.DataFrame) -> Granularity:
    spans = frame.select("first", "last").drop_nulls().unique()
    if spans.is_empty():
        return "none"
    lengths = set((spans["last"] - spans["first"]).dt.total_days().to_list())
    if lengths == {0}:
        return "day"
    if lengths == {6}:
        return "week"
    months = all(month_span(first) == (first, last) for first, last in spans.iter_rows())
    return "month" if months else "period"


def _campaign(frame: pl.DataFrame, book: NameBook, stem: str, campaign: str, notes: list[Finding]) -> pl.DataFrame:
    have = set(frame.columns)
    key: list[pl.Expr] = []
    if "campaign_id" in have:
        key.append(_apart(frame, "campaign_id"))
    if "audience_id" in have and book.parents:
        key.append(looked_up("audience_id", book.parents))
    name: list[pl.Expr] = []
    if "campaign" in have:
        several = "account" in have and frame["account"].n_unique() > 1
        name.append(pl.col("campaign"))
        if several:
            key.append(pl.concat_str(text("account"), text("campaign"), separator=" / "))
        key.append(_apart(frame, "campaign"))
    if not key:
        where, fallback = _nameless(frame, book, stem)
        if not campaign:
            message = f"The file names no campaign: its rows are taken together, named {where}."
            notes.append(finding("campaign_not_named", "warning", f"{message} Say --campaign NAME to name it."))
        key.append(pl.lit(campaign) if campaign else fallback)
    elif missing := frame.filter(pl.all_horizontal(one.is_null() for one in key))["line"].to_list():
        message = f"Rows that name no campaign: {len(missing)}. They are kept together, as '{NAMELESS}'."
        notes.append(finding("rows_without_name", "warning", message, missing))
    frame = frame.with_columns(first([*key, pl.lit(campaign or NAMELESS)]).alias("key"))
    by_id = [looked_up("campaign_id", book.campaigns)] if "campaign_id" in have else []
    return frame.with_columns(first([looked_up("key", book.campaigns), *by_id, *name, pl.col("key")]).alias("name"))


def _apart(frame: pl.DataFrame, column: str) -> pl.Expr:
    """An id or a name, with its account before it where several accounts have the same."""
    account = next((name for name in (ACCOUNT, "account") if name in frame.columns), None)
    if account is None or frame[account].drop_nulls().n_unique() < 2:
        return pl.col(column)
    shared = pl.col(account).drop_nulls().n_unique().over(column) > 1
    together = pl.concat_str(text(account), text(column), separator=" / ")
    return pl.when(shared & pl.col(account).is_not_null()).then(together).otherwise(text(column))


def _nameless(frame: pl.DataFrame, book: NameBook, stem: str) -> tuple[str, pl.Expr]:
    """What stands for the campaign where the file names none, in words too: a source column, the account, the file."""
    if "source_name" in frame.columns and frame["source_name"].drop_nulls().len():
        stems = {name: undated(name) for name in frame["source_name"].drop_nulls().unique().to_list()}
        return "from the column of source files, without their dates", looked_up("source_name", stems)
    if "account" in frame.columns:
        return "the account's name", text("account")
    if "account_id" in frame.columns:
        return "the account", pl.coalesce(looked_up("account_id", book.accounts), text("account_id"))
    if "audience_id" in frame.columns and not {"audience", "creative", "creative_id"} & set(frame.columns):
        return "by its ad set's id, as its groups are not given", text("audience_id")
    return "from the file's name", pl.lit(undated(stem))


def undated(name: str) -> str:
    """A file's name without ending and dates.

    >>> undated("Social-Ads-Aug-1-2025-Aug-31-2025.csv")
    'Social-Ads'
    """
    stem = re.sub(r"\.(csv|tsv|xlsx|txt|gz|zip)$", "", name.strip(), flags=re.IGNORECASE)
    return _DATED.split(stem)[0].strip(" -_") or stem


def _cells(frame: pl.DataFrame, book: NameBook) -> pl.DataFrame:
    """Audience by name (with its age, gender, country), creative by id."""
    have = set(frame.columns)
    nothing = pl.lit(None, dtype=pl.String)
    audience = [looked_up("audience_id", book.audiences)] if "audience_id" in have else []
    audience += [pl.col(name) for name in ("audience", "audience_id") if name in have]
    splits = [text(name) for name in ("age", "gender", "country") if name in have]
    creative = [pl.col(name) for name in ("creative_id", "creative") if name in have]
    who = first(audience) if audience else nothing
    if splits:
        parts = pl.concat_str(who, *splits, separator=" · ", ignore_nulls=True)
        who = pl.when(parts == "").then(None).otherwise(parts)
    return frame.with_columns(
        who.cast(pl.Categorical).alias("audience"),
        first(creative or [nothing]).alias("creative"),
        first([pl.col("creative")] if "creative" in have else [nothing]).alias("creative_name"),
    )
