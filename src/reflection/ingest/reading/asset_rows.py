"""Rows of assets (a headline, an image of an ad): no shares of a campaign, for each is given all that its ads did.

A click on an ad that shows five assets is counted for all five. Rows without an asset are the campaign's own, and kept;
a file of nothing but assets is refused. Must not know platforms by name.
"""

from dataclasses import replace

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.reading.typed_rows import Facts

ASSET = "asset"


def without_assets(facts: Facts, name: str) -> Facts:
    """The rows that are no asset's.

    Raises:
        ImportFileError: there are only assets.
    """
    if ASSET not in facts.frame.columns or facts.frame[ASSET].null_count() == facts.frame.height:
        return facts
    own = facts.frame.filter(pl.col(ASSET).is_null())
    if own.is_empty():
        raise ImportFileError(
            f"{name} lists assets: each click, conversion and amount is counted for every asset that was shown, so its "
            "rows add up to more than there was.",
            hint="Export the report of campaigns, ad groups or ads instead; asset groups may stay.",
        )
    lines = facts.frame.filter(pl.col(ASSET).is_not_null())["line"].to_list()
    return replace(facts, frame=own, assets=tuple(lines))
