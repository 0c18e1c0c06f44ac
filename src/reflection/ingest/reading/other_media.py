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
    """The rows that are of online platforms, where a column says each row's; the others are `apart`.

    Raises:
        ImportFileError: there are only others.
    """
    if not header.dialect.names_platforms:
        return facts
    media = [cell for cell in facts.frame["platform"].drop_nulls().unique().to_list() if is_other_medium(cell)]
    media = [medium for medium in media if not _clicked(facts.frame.filter(platform=medium))]
    apart = facts.frame["platform"].is_in(media).fill_null(False)
    if not apart.any():
        return facts
    if apart.all():
        raise ImportFileError(f"{name} is of {', '.join(sorted(media))} alone, which nobody clicks on.")
    return replace(facts, frame=facts.frame.filter(~apart), apart=facts.frame.filter(apart))


def _clicked(rows: pl.DataFrame) -> bool:
    """Whether anybody clicked on a medium: a code on a leaflet, which is a platform of its own then."""
    return "clicks" in rows.columns and bool(rows["clicks"].fill_null(0).sum())
