"""Columns of names that nothing is read from, in a file whose campaigns' names are not known by their header.

A campaign's name under a header of its own would be lost in silence, and all campaigns become one that is named after
the file: its money counts again beside a file that names them. Must not know platforms, nor what rows are of.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import normal_header, plain_header, split_currency
from reflection.ingest.dialects.words import NOT_ADDED, field_of
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.number_formats import known, numeric
from reflection.ingest.reading.tables import Table

_CAMPAIGN = re.compile(r"kampa[ng]|campa[gñn]", re.IGNORECASE)
"""What headers of campaigns have in common in most languages of Europe."""

_STATE = re.compile(
    r"rank|classement|clasific|classific|qualit|status|statut|stato|estado|state|deliver|ausliefer|diffusion|entrega|"
    r"typ|tipo|strateg|estrateg|optimi|polic|richtlinie|reason|level|match",
    re.IGNORECASE,
)
"""Headers of what something is in or is rated, in the languages most exports come in: no name."""

_LETTER = r"\p{L}"


def unread_names(table: Table, header: Header, frame: pl.DataFrame) -> tuple[str, ...]:
    """Headers of unread columns whose cells tell rows apart, as names do; the likeliest first.

    What every read text of a row settles (a weekday, the state of an ad) tells nothing apart, unless its header says
    that it is of campaigns.
    """
    rows = {line: row for chunk in table.chunks() for line, row in zip(chunk.lines, chunk.rows, strict=True)}
    here = [rows[line] for line in frame["line"].to_list()]
    texts = frame.select(name for name, kind in frame.schema.items() if not kind.is_numeric())
    place = texts.hash_rows() if texts.width else pl.zeros(frame.height, eager=True)
    headers: dict[str, bool] = {}
    read = {normal_header(header.cells[index]) for index in header.columns.values()}
    for index in sorted(set(range(len(header.cells))) - set(header.columns.values())):
        text = split_currency(plain_header(header.cells[index]))[0].strip()
        cells = pl.Series([row[index] if index < len(row) else "" for row in here], dtype=pl.String)
        if not text or normal_header(header.cells[index]) in read or not _are_names(cells):
            continue
        of_campaigns = bool(_CAMPAIGN.search(text)) or field_of(text) == "campaign"
        stated = _STATE.search(text) or NOT_ADDED.search(normal_header(text))
        if of_campaigns or (not stated and _tell_apart(cells, place)):
            headers[text] = of_campaigns
    return tuple(sorted(headers, key=lambda text: not headers[text]))


def refusal(name: str, unread: Sequence[str], mapping: Mapping[str, Any]) -> ImportFileError:
    """Why a file with such columns is not one campaign, and the mapping that would read it."""
    columns = ", ".join(f"'{text}'" for text in unread[:3])
    return ImportFileError(
        f"{name} has no column of campaigns that is known here, but {columns} tells its rows apart: taken as one "
        "campaign, its money would count twice beside a file that names them.",
        hint=f"If all is one campaign, say --campaign NAME. If '{unread[0]}' names the campaigns, give this --mapping: "
        + json.dumps({name: part for name, part in mapping.items() if name != "headers"}, ensure_ascii=False),
        field="mapping",
        mapping=mapping,
    )


def _are_names(cells: pl.Series) -> bool:
    """Whether nearly all cells are texts of letters, and not all the same."""
    texts = known(cells)
    if len(texts) < 2 or numeric(cells):
        return False
    words = texts.filter(texts.str.contains(_LETTER) & ~texts.str.contains("://"))
    days = sum(bool(parse_span(text, "mdy") or parse_span(text, "dmy")) for text in words.to_list())
    return 2 * (len(words) - days) > len(texts)


def _tell_apart(cells: pl.Series, place: pl.Series) -> bool:
    """Whether rows that agree in all that is read of their texts differ in these cells."""
    both = pl.DataFrame({"place": place, "cell": cells}).filter(pl.col("cell").str.strip_chars() != "")
    return bool(both.group_by("place").agg(pl.col("cell").n_unique() > 1)["cell"].any())
