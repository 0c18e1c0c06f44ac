"""Rows of other media (television, radio, print) in a sheet of online platforms: set aside and told, never read.

Nobody clicks on them, so nothing that is learnt of a click, nor a total of them beside those of platforms, would mean
anything. Must not know what is made of the rows.
"""

from dataclasses import replace

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.platforms import is_other_medium
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.typed_rows import Facts


def without_other_media(facts: Facts, header: Header, name: str) -> Facts:
    """The rows that are of online platforms, where a column says each row's; the others are `apart`, readable or not.

    Raises:
        ImportFileError: there are only others.
    """
    if not header.dialect.names_platforms:
        return facts
    rows = _with_strange(facts)
    media = [cell for cell in rows["platform"].drop_nulls().unique().to_list() if is_other_medium(cell)]
    media = [medium for medium in media if not _clicked(rows.filter(platform=medium))]
    apart = rows.filter(pl.col("platform").is_in(media))
    if not apart.height:
        return facts
    lines = set(apart["line"].to_list())
    frame = facts.frame.filter(~pl.col("line").is_in(lines))
    rejects = tuple(reject for reject in facts.rejects if reject.line not in lines)
    if not frame.height and not rejects:
        raise ImportFileError(f"{name} is of {', '.join(sorted(media))} alone, which nobody clicks on.")
    return replace(facts, frame=frame, rejects=rejects, apart=apart)


def _with_strange(facts: Facts) -> pl.DataFrame:
    """All rows, those with a cell that is no number without it: "tbc" of a spot on television is nobody's fault."""
    if facts.strange is None:
        return facts.frame
    kinds = facts.frame.schema
    alike = [name for name, kind in facts.strange.schema.items() if kinds.get(name) == kind]
    return pl.concat([facts.frame, facts.strange.select(alike)], how="diagonal")


def _clicked(rows: pl.DataFrame) -> bool:
    """Whether anybody clicked on a medium: a code on a leaflet, which is a platform of its own then."""
    return "clicks" in rows.columns and bool(rows["clicks"].fill_null(0).sum())
