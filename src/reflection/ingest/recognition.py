"""One file opened and recognised: which of its tables, by whose headers; or why not, with the mapping that would do.

A text is tried with each delimiter and a workbook with each sheet; the best pair of table and dialect is read. This
file must not know what is made of the rows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.building.conversions import CHOSEN, resolve_column
from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.any_language import in_any_language, report_of
from reflection.ingest.dialects.column_mapping import FIELDS
from reflection.ingest.dialects.dialect import Dialect, is_number, normal_header, plain_header
from reflection.ingest.dialects.platforms import is_platform, platform_name
from reflection.ingest.dialects.words import NOT_ADDED
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.archives import DEFAULT_LIMITS, Limits, open_source
from reflection.ingest.reading.asset_rows import without_assets
from reflection.ingest.reading.header import Header, find_header
from reflection.ingest.reading.layouts import in_rows
from reflection.ingest.reading.number_formats import numeric
from reflection.ingest.reading.other_media import without_other_media
from reflection.ingest.reading.platform_evidence import tables_by_evidence
from reflection.ingest.reading.repeated_sheets import Sheet, each_once
from reflection.ingest.reading.suggested_mapping import header_name, suggest
from reflection.ingest.reading.tables import Table, open_tables
from reflection.ingest.reading.typed_rows import Facts, read_facts
from reflection.ingest.reading.unit_rows import with_units
from reflection.ingest.unreadable_tables import refuse_fiscal, unrecognised

Input = Path | str | tuple[str, bytes] | Table
"""A path, an upload: (file name, bytes), or rows that came without a file."""


@dataclass(frozen=True, slots=True)
class FileRows:
    """One file as typed rows.

    Attributes:
        unused: headers of number columns that nothing is made of.
        unread: sheets of the workbook that hold rows and are not read; `sheets` are read.
    """

    table: Table
    header: Header
    facts: Facts
    unused: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    sheets: Sequence[Sheet] = ()


def read_rows(item: Input, options: ImportOptions) -> FileRows:
    """Open one file, recognise its table, and read its rows.

    Raises:
        ImportFileError: it cannot be opened, recognised, or read unambiguously.
    """
    dialects, explicit = _dialects(options)
    tables = _tables(item, options.limits)
    candidates = [(table, header) for table in tables if (header := find_header(table, dialects, explicit=explicit))]
    if not candidates and options.platform == "auto" and options.mapping is None:
        candidates = tables_by_evidence(tables)
    if not candidates:
        raise unrecognised(max(tables, key=_regularity), options)
    candidates = [pair for pair in candidates if pair[0].in_sight] or candidates  # nobody sees what hidden sheets hold
    table, header = max(candidates, key=lambda pair: (pair[1].score, len(pair[0].head)))
    if explicit and options.mapping is None:
        _check_platform(table, header)
    refuse_fiscal(table, header)
    index = resolve_column(header, options.conversions)
    if index is not None:
        header = replace(header, columns={**header.columns, CHOSEN: index})
    facts = _facts(table, header, options)
    sheets = [(table, facts)]
    for sheet, own in candidates:
        if sheet.typed and sheet is not table and _shape(own) == _shape(header):
            more = _facts(sheet, replace(own, columns=_places(header, own)), options)
            if not any(_same_rows(more, known) for _, known in sheets):  # a copy of a sheet is no second spend
                sheets.append((sheet, more))
    parts = each_once([(sheet.name, more) for sheet, more in sheets])
    header = replace(header, preamble=(*header.preamble, *facts.footer))
    done = {sheet.name for sheet, _ in sheets}
    unread = tuple(sheet.name for sheet in tables if sheet.typed and sheet.name not in done)
    return FileRows(table, header, _together([part.facts for part in parts]), _unused(table, header), unread, parts)


def _tables(item: Input, limits: Limits) -> list[Table]:
    if isinstance(item, Table):
        return [in_rows(with_units(item), limits)]
    name, origin = ("", Path(item)) if isinstance(item, (str, Path)) else item
    return [in_rows(with_units(table), limits) for table in open_tables(open_source(origin, name, limits))]


def _same_rows(one: Facts, other: Facts) -> bool:
    fields = sorted(set(one.frame.columns) - {"line", "twin"})
    return one.frame.select(fields).hash_rows().sort().equals(other.frame.select(fields).hash_rows().sort())


def _shape(header: Header) -> tuple[object, ...]:
    """What sheets that hold one table have in common: the dialect and the headers."""
    return header.dialect.key, tuple(sorted(normal_header(cell) for cell in header.cells))


def _places(header: Header, other: Header) -> dict[str, int]:
    """Where the columns of a header stand in another one of the same shape, whatever their order there."""
    places = {normal_header(cell): index for index, cell in reversed(list(enumerate(other.cells)))}
    return {name: places[normal_header(header.cells[index])] for name, index in header.columns.items()}


def _together(sheets: Sequence[Facts]) -> Facts:
    """The rows of several sheets of one shape as one table."""
    if len(sheets) == 1:
        return sheets[0]
    first = sheets[0]
    apart = [sheet.apart for sheet in sheets if sheet.apart is not None]
    return replace(
        first,
        frame=pl.concat([sheet.frame for sheet in sheets], how="diagonal"),
        totals=(),  # each is the checksum of its own sheet
        rejects=tuple(reject for sheet in sheets for reject in sheet.rejects),
        ruined_ids=tuple(line for sheet in sheets for line in sheet.ruined_ids),
        thresholds=sum(sheet.thresholds for sheet in sheets),
        unnamed=tuple(line for sheet in sheets for line in sheet.unnamed),
        serial_dates=any(sheet.serial_dates for sheet in sheets),
        repeated=tuple(line for sheet in sheets for line in sheet.repeated),
        assets=tuple(line for sheet in sheets for line in sheet.assets),
        apart=pl.concat(apart, how="diagonal") if apart else None,
    )


def _unused(table: Table, header: Header) -> tuple[str, ...]:
    """Headers of columns that hold amounts or counts and are not read; ratios and ids are nothing to add up."""
    rows = [row for line, row in table.head if line > header.line and len(row) == len(header.cells)]
    left = set(range(len(header.cells))) - set(header.columns.values())
    texts = {index: plain_header(header.cells[index]) for index in sorted(left)}
    return tuple(
        text
        for index, text in texts.items()
        if text
        and not NOT_ADDED.search(normal_header(text))
        and numeric(pl.Series([row[index] for row in rows], dtype=pl.String))
    )


def _facts(table: Table, header: Header, options: ImportOptions) -> Facts:
    mapping = options.mapping
    facts = read_facts(
        table,
        header,
        locale=options.locale or (mapping.locale if mapping else ""),
        date_order=options.date_order or (mapping.date_order if mapping else None),
        currency=options.currency or (mapping.currency if mapping else ""),
    )
    return without_assets(without_other_media(facts, header, table.name), table.name)


def _dialects(options: ImportOptions) -> tuple[Sequence[Dialect], bool]:
    if options.mapping is not None:
        if not {"spend", "impressions"} & set(options.mapping.columns):
            raise ImportFileError(
                "The column mapping names neither spend nor impressions: nothing can be made of the rest.",
                field="mapping",
            )
        return [options.mapping.dialect()], True
    if options.platform == "auto":
        return DIALECTS, False
    dialects = [dialect for dialect in DIALECTS if dialect.key == options.platform]
    if not dialects and is_platform(options.platform):
        dialects = [report_of(platform_name(options.platform), None, "the user")]
    if not dialects:
        keys = ", ".join(dict.fromkeys(dialect.key for dialect in DIALECTS))
        raise ImportFileError(f"'{options.platform}' is no dialect.", hint=f"Known: {keys}.", field="platform")
    return [one if one.key.endswith("_api") else in_any_language(one) for one in dialects], True


def _check_platform(table: Table, header: Header) -> None:
    """Words that many platforms use fit several dialects; the one the user named must not be beaten by another.

    Raises:
        ImportFileError: the table is plainly another platform's.
    """
    rival = find_header(table, [dialect for dialect in DIALECTS if dialect.key != header.dialect.key])
    if rival is not None and rival.score > header.score:
        raise ImportFileError(
            f"{table.name} is not of {header.dialect.title}: it has the headers of {rival.dialect.title}.",
            hint=f"Say --platform {rival.dialect.key}, or nothing.", field="platform",
        )  # fmt: skip


def read_columns(header: Header) -> dict[str, str]:
    """Field -> header of the columns that were read, as a mapping could name them: each header once."""
    fields: dict[str, str] = {}
    for name, index in header.columns.items():
        if name != CHOSEN and (name in FIELDS or is_number(name)):
            fields.setdefault(header_name(header.cells[index]), name)
    return {name: text for text, name in fields.items() if text}


def _regularity(table: Table) -> int:
    """How many of a reading's first rows are equally wide: the delimiter that makes a table makes most."""
    widths = Counter(len(row) for _, row in table.head)
    return max((count for width, count in widths.items() if width > 1), default=0)


def suggest_mapping(source: Input, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The column mapping to start from for one file, as `load_mapping` reads it.

    Raises:
        ImportFileError: the file cannot be opened, or holds no table.
    """
    return suggest(max(_tables(source, limits), key=_regularity)).as_dict()
