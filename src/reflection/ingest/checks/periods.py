"""Checks of time: overlapping periods, periods across months, measurement regimes, conversions still to come.

This file must not know files; dates are days of the account.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reflection.domain.number_of import number_of
from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.drafts import Draft
from reflection.ingest.checks import maturity
from reflection.ingest.dialects.dialect import plain_header
from reflection.ingest.dialects.words import mentions
from reflection.ingest.import_report import Finding, Granularity, finding
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.header import Header


def period(frame: pl.DataFrame) -> tuple[dt.date, dt.date] | None:
    """First and last day of all rows."""
    first, last = frame["first"].min(), frame["last"].max()
    return (first, last) if isinstance(first, dt.date) and isinstance(last, dt.date) else None


def findings(
    drafts: Sequence[Draft], frame: pl.DataFrame, granularity: Granularity, dialect: str,
    options: ImportOptions,
) -> list[Finding]:  # fmt: skip
    """Everything worth saying about the periods of an import: their length, their crossings, their maturity."""
    notes = _overlaps(frame, dialect, drafts)
    notes += _across_months(drafts, granularity, dialect)
    notes += _regimes(drafts, dialect)
    notes += _ahead(frame, options.as_of)
    return notes + maturity.findings(drafts, dialect, options.as_of)


def without_days(header: Header) -> Finding:
    """Of a file that says no days, with the columns that may say them in words nobody here knows."""
    unread = set(range(len(header.cells))) - set(header.columns.values())
    perhaps = [f"'{cell}'" for index in sorted(unread) if mentions("date", cell := plain_header(header.cells[index]))]
    message = "The file has no dates: the campaigns have no period."
    if perhaps:
        message += f" {' and '.join(perhaps)} may say them, in words that are not known: write months as 2026-09."
    return finding("no_dates", "warning", message)


def _overlaps(frame: pl.DataFrame, dialect: str, drafts: Sequence[Draft]) -> list[Finding]:
    """Rows of one cell whose spans overlap without being the same: daily rows inside an imported month."""
    over = doubled(frame)
    if not over.height:
        return []
    message = (
        f"{number_of(over.height, 'row lies', 'rows lie')} inside days that another row of the same campaign "
        "already covers: the same spend would be counted twice, so those campaigns are left out. Export one "
        "granularity only."
    )
    keys = set(over["key"].cast(pl.String).to_list())
    ids = sorted(draft_id(dialect, draft) for draft in drafts if draft.key in keys)
    return [finding("periods_overlap", "error", message, over["line"].to_list(), ids)]


def doubled(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that lie inside days which another row of the same campaign and cell covers already."""
    grain = ["key", "currency", "audience", "creative"]
    spans = frame.drop_nulls(["first", "last"])
    if spans.select((pl.col("last") - pl.col("first")).dt.total_days().n_unique()).item() <= 1 and _same_step(spans):
        return spans.clear()
    ordered = spans.unique([*grain, "first", "last"]).sort([*grain, "first", "last"])
    return ordered.with_columns(
        (pl.col("first") <= pl.col("last").cum_max().shift(1).over(grain)).fill_null(False).alias("over")
    ).filter("over")


def _same_step(spans: pl.DataFrame) -> bool:
    """Whether all spans are single days, which cannot overlap without being the same."""
    return bool((spans["first"] == spans["last"]).all())


def _across_months(drafts: Sequence[Draft], granularity: Granularity, dialect: str) -> list[Finding]:
    crossing = [draft for draft in drafts if draft.by_month and "--" in draft.label]
    if not crossing:
        return []
    message = (
        f"The {granularity}s of {number_of(len(crossing), 'row')} cross a month's end and cannot be "
        "split: each stands alone."
    )
    return [finding("crosses_months", "warning", message, (), [draft_id(dialect, draft) for draft in crossing])]


def _ahead(frame: pl.DataFrame, as_of: dt.date | None) -> list[Finding]:
    """Days that had not been when the file was made: day and month may be the wrong way round."""
    lines = frame.filter((pl.col("first") > pl.lit(as_of, dtype=pl.Date)).fill_null(False))["line"].to_list()
    if not lines:
        return []
    message = (
        f"Rows of days after {as_of}, when this was exported: {len(lines)}. Say --date-order if day and month are the "
        "wrong way round, or --as-of if it was exported later."
    )
    return [finding("days_ahead", "warning", message, lines)]


def _regimes(drafts: Sequence[Draft], dialect: str) -> list[Finding]:
    notes: list[Finding] = []
    spans: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.first and draft.last:
            spans.setdefault(draft.platform, []).append(draft)
    for platform, group in spans.items():
        first = min(draft.first for draft in group if draft.first)
        last = max(draft.last for draft in group if draft.last)
        for regime in crossed(platform, first, last):
            inside = [
                draft_id(dialect, draft)
                for draft in group
                if draft.first and draft.last and draft.first < regime.day <= draft.last
            ]
            message = (
                f"{platform} changed its measurement on {regime.day}: {regime.what}. Figures before and after are not "
                "comparable; a difference across that day is not a learning."
            )
            notes.append(finding("measurement_changed", "warning", message, (), inside))
    return notes


@dataclass(frozen=True, slots=True)
class Regime:
    """From `day` on, `platform` measures differently."""

    platform: str
    day: dt.date
    what: str


REGIMES = (
    Regime(
        "Meta",
        dt.date(2021, 1, 19),
        "the default attribution became 7-day click and 1-day view (28-day click ended)",
    ),
    Regime("Meta", dt.date(2021, 4, 26), "iOS 14.5: app tracking needs consent, conversions are partly modelled"),
    Regime("Google", dt.date(2023, 7, 1), "Universal Analytics ended, imported goals come from GA4"),
    Regime(
        "Meta",
        dt.date(2026, 1, 12),
        "7-day and 28-day view windows left reporting (reported drops of 15 to 40 %)",
    ),
)


def crossed(platform: str, first: dt.date, last: dt.date) -> list[Regime]:
    """The changes of a platform after `first` and up to `last`.

    >>> [r.what[:5] for r in crossed("Meta", dt.date(2026, 1, 1), dt.date(2026, 1, 31))]
    ['7-day']
    """
    return [regime for regime in REGIMES if regime.platform == platform and first < regime.day <= last]
