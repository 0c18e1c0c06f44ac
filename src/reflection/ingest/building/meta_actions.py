"""Meta's conversions where a warehouse keeps them apart: action rows per ad and day, joined to the ads' rows.

Action types overlap (`lead` contains `offsite_conversion.fb_pixel_lead`): a fixed set that does not is summed. This
file must not know files.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import polars as pl

from reflection.ingest.building.conversions import ACTION_DEFAULTS
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.typed_rows import Facts

T = TypeVar("T")
_KEY = ["creative_id", "date"]


def join(parts: Sequence[tuple[Header, Facts, T]], complete: Callable[[T, pl.DataFrame, dict[str, int]], T]) -> list[T]:
    """Give ads without conversions those of the action tables among the parts; action values become revenue.

    Args:
        complete: makes a part from itself, its completed rows, and the columns it gained.
    """
    tables = [
        (facts.frame, "value_s" if _is_money(header) else "count") for header, facts, _ in parts if _is_actions(header)
    ]
    done: list[T] = []
    for header, facts, part in parts:
        if not tables or "inline link clicks" not in header.dialect.marks or _is_actions(header):
            done.append(part)
            continue
        frame, columns = facts.frame, {}
        for table, kind in tables:
            field = "revenue" if kind == "value_s" else "conversions"
            sums = (
                table.filter(pl.col("action_type").cast(pl.String).is_in(ACTION_DEFAULTS))
                .group_by(_KEY)
                .agg(pl.col("value").sum().round(6).alias(field))
            )
            frame = frame.drop(field, strict=False).join(sums, on=_KEY, how="left", maintain_order="left")
            frame = frame.with_columns(pl.col(field).fill_null(0.0))
            columns[field] = header.columns["creative_id"]
        done.append(complete(part, frame, columns))
    return done


def _is_actions(header: Header) -> bool:
    return header.dialect.role == "actions"


def _is_money(header: Header) -> bool:
    """Action values have no `inline` column; action counts do."""
    return "inline" not in {cell.strip().casefold() for cell in header.cells}
