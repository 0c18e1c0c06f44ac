"""What an ad says, from all columns that say a part of it, and which ad it is where only its text tells.

Platforms list the headlines of a responsive ad in columns of their own, and leave names and ids of ads out of most
exports. An ad is then the text it shows; so is one of several texts under one name (a dynamic or an edited ad). Must
not know how files are opened, nor what a text does.
"""

import polars as pl

from reflection.domain.creative_text import PARTS
from reflection.ingest.building.name_books import text
from reflection.ingest.dialects.text_words import TEXTS, parts_of

_KEYWORD = r"(?i)\{keyword: ?([^{}]*)\}"
"""Where a search ad shows what was searched for; what it shows else stands within."""


def with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with all parts of an ad's headline in `headline` and of its text in `body`."""
    whole = {field: parts for field in TEXTS if (parts := parts_of(field, frame.columns))}
    joined = {
        field: pl.concat_str([text(part) for part in parts], separator=PARTS, ignore_nulls=True).str.replace_all(
            _KEYWORD, "${1}"
        )
        for field, parts in whole.items()
    }
    frame = frame.with_columns(
        pl.when(words != "").then(words).cast(pl.Categorical).alias(field) for field, words in joined.items()
    )
    return frame.drop([part for parts in whole.values() for part in parts[1:]])


def ads_by_text(frame: pl.DataFrame, *, alone: bool) -> pl.DataFrame:
    """The rows with `creative` told apart by text: where one name has several in a campaign, and, `alone`, where
    there is no name."""
    texts = [text(field) for field in TEXTS if field in frame.columns]
    if not texts:
        return frame
    words = pl.concat_str(texts, separator=PARTS, ignore_nulls=True)
    content = pl.when(words != "").then(words)
    frame = frame.with_columns(content.alias("_said"))
    several = pl.col("_said").drop_nulls().n_unique().over("key", "creative") > 1
    together = pl.concat_str(text("creative"), pl.col("_said"), separator=" · ")
    named = pl.when(several & pl.col("_said").is_not_null()).then(together).otherwise(text("creative"))
    ad = pl.coalesce(named, "_said") if alone else named
    return frame.with_columns(ad.cast(pl.Categorical).alias("creative")).drop("_said")
