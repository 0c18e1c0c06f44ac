"""Which rows are totals and not facts: by their label wherever it stands, or by being the sum of the others.

Totals are dropped and kept as checksums. A row that names nothing is a total only where it looks like one; else it is a
row without a name, and kept. This file must not know platforms, nor campaigns.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.ingest.dialects.dialect import KEYS
from reflection.ingest.reading.typed_columns import matching

TOTAL_LABEL = (
    r"(?i)^\W*(?:(?:grand\s+|overall\s+|sub[- ]?)?totals?(?:\s*:.*|\s+of\s+.*|\s+-.*|\s+general)?|"
    r"gesamt(?:summe|ergebnis)?(?:\s*:.*)?|"
    r"(?:zwischen|teil)summen?|sous[- ]totals?|total\s+général|subtotal(?:es|e|i)?|tussentotaal|ara\s+toplam|"
    r"suma\s+częściowa|"
    r"промежуточный\s+итог|小計|小计|소계|"
    r"summe|total[et]?(?:\s*:.*)?|totaal(?:\s*:.*)?|totales(?:\s*:.*)?|totalt(?:\s*:.*)?|suma|razem|celkem|toplam(?:\s*:.*)?|"
    r"results\s+from\s+\d+.*|ergebnisse\s+(?:von|aus)\s+\d+.*|résultats\s+de\s+\d+.*|resultados\s+de\s+\d+.*|sum|"
    r"account\s+totals?|averages?|mean|durchschnitt|mittelwert|moyenne|promedio|média|gemiddelde|ø|avg\.?|schnitt|moy\.?|"
    r"összesen|jumlah|итого(?:\s*:.*)?|всего|(?:合計|合计|总计|總計|총계|합계)(?:\s*[:：].*)?|tổng(?:\s+cộng)?)\W*$"
)
AVERAGE_LABEL = (
    r"(?i)^\W*(?:averages?|mean|durchschnitt|mittelwert|moyenne|promedio|média|gemiddelde|ø|avg\.?|schnitt|moy\.?)\W*$"
)
"""The labels of those that are no sum, and confirm nothing."""

_WHOLE_LABEL = (
    r"(?i)^\W*(?:all|alle|toutes\s+les|todas\s+(?:las|as)|tutte\s+le|wszystkie|overall|whole)\s*"
    r"(?:campaigns?|kampagnen|campagnes|campañas|campanhas|campagne|kampanie|ad\s+groups|ad\s+sets|ads|accounts?)?\W*$"
)
"""Labels that campaigns have too: totals only where their figures are the sum of the others."""

_OF_A_NAME = re.compile(
    r"(?i)^(?:(.+?)\W+(?:sub)?(?:total|ergebnis|gesamt|summe|totaal|toplam|razem|итог|итого|合計|合计)|"
    r"(?:sub)?(?:total|gesamt|summe|totaal|toplam|razem|итого)\W+(.+))$"
)
"""Labels that a pivot table gives to the sum of the rows of one name."""

FIRST_CELL = "first cell"
"""The column of each row's first cell, where reports write what a row is, whatever that column is called."""

_MERGED = ("platform", "account", "currency", "objective")
"""What stands beside a campaign's name once, as it does, where cells are merged."""

FEW_UNDATED = 0.5
"""Share of rows without a day up to which they are no facts of a daily file."""

_ROUNDING = 0.001
_LEAST_SHARE = 0.9
"""What a row that names nothing has to be of all others together, to be taken for their total."""


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A total row of the file: its line, its label and its numbers."""

    line: int
    label: str
    values: Mapping[str, float | None]


def is_label(cell: str) -> bool:
    """Whether a cell says that its row is a total."""
    return re.match(TOTAL_LABEL, cell) is not None


def labelled(frame: pl.DataFrame) -> pl.Series:
    """Rows that a label makes totals: one in the first cell or in a name, and nothing else named."""
    names = [name for name in (*KEYS, "date", "account") if name in frame.columns]
    keys = [name for name in KEYS if name in frame.columns] or names
    label = {name: matching(frame[name], TOTAL_LABEL) for name in (*names, FIRST_CELL)}
    none = pl.Series("total", [False]).new_from_index(0, frame.height)
    if not any(mask is not None for mask in label.values()):
        return none
    if not names:
        return none if (first := label[FIRST_CELL]) is None else first
    other = pl.Series([0], dtype=pl.Int32).new_from_index(0, frame.height)
    for name in keys:
        mask = label[name]
        stated = frame[name].is_not_null()
        other = other + (stated if mask is None else stated & ~mask).cast(pl.Int32)
    return reduce(or_, (mask for mask in label.values() if mask is not None)) & (other == 0)


def wholes(frame: pl.DataFrame, numbers: Sequence[str]) -> pl.Series:
    """Rows called `All campaigns` whose figures are those of all others together, day by day or once."""
    none = pl.Series("whole", [False]).new_from_index(0, frame.height)
    masks = [
        mask for name in KEYS if name in frame.columns and (mask := matching(frame[name], _WHOLE_LABEL)) is not None
    ]
    if not masks:
        return none
    mask = reduce(or_, masks)
    own, others = frame.filter(mask), frame.filter(~mask)
    sums = [(float(own[name].sum()), float(others[name].sum())) for name in ("impressions", "spend") if name in numbers]
    same = all(abs(one - other) <= _ROUNDING * max(one, other) for one, other in sums)
    return mask if others.height and any(one > 0 for one, _ in sums) and same else none


def subtotals(frame: pl.DataFrame, numbers: Sequence[str]) -> dict[int, str]:
    """Rows that are the sum of the rows of one name: line -> label.

    Such a row is called after the name (`Brand total`, `Total Brand`), or has the name and no day where others have.
    """
    lines: dict[int, str] = {}
    counts = [name for name in ("impressions", "clicks", "spend") if name in numbers]
    for key in (name for name in KEYS if name in frame.columns and counts):
        texts = frame[key].drop_nulls().unique().cast(pl.String).to_list()
        names = {text.strip().casefold(): text for text in texts}
        own = {names[text]: whole for text in names if (whole := _whole_of(text, names))}
        candidates = [(frame.filter(pl.col(key).cast(pl.String) == label), whole) for label, whole in own.items()]
        dayless = (
            frame.filter(pl.col("date").is_null() & pl.col(key).is_not_null()) if "date" in frame.columns else None
        )
        if dayless is not None and 0 < dayless.height < frame.height:
            candidates += [(rows, str(rows[key][0])) for rows in dayless.partition_by(key)]
        wholes = {whole for _, whole in candidates}
        parts = frame.filter(pl.col(key).cast(pl.String).is_in(sorted(wholes))) if wholes else frame.clear()
        if dayless is not None:
            parts = parts.filter(pl.col("date").is_not_null())
        sums = {str(row[0]): row[1:] for row in parts.group_by(key).agg(pl.col(counts).sum()).iter_rows()}
        for rows, whole in candidates:
            if rows.height == 1 and whole in sums and _are_equal(rows.select(counts).row(0), sums[whole]):
                lines[int(rows["line"].item())] = str(rows[key][0])
    return lines


def block_sums(frame: pl.DataFrame, numbers: Sequence[str]) -> dict[int, str]:
    """Rows without a day among rows with days that are the sum of those above them, whatever they are called.

    Of the rows since the last such row, or of all before: line -> label.
    """
    counts = [name for name in ("impressions", "clicks", "spend") if name in numbers]
    if "date" not in frame.columns or not counts or not frame["date"].null_count() or "campaign" not in frame.columns:
        return {}
    lines: dict[int, str] = {}
    block, whole = [0.0] * len(counts), [0.0] * len(counts)
    rows = 0
    for line, date, label, *values in frame.sort("line").select("line", "date", "campaign", *counts).iter_rows():
        own = [value or 0.0 for value in values]
        if date is not None:
            block, whole, rows = _plus(block, own), _plus(whole, own), rows + 1
        elif rows and (_are_equal(own, block) or _are_equal(own, whole)):
            lines[int(line)], block = str(label or ""), [0.0] * len(counts)
    return lines


def undated(frame: pl.DataFrame, numbers: Sequence[str]) -> pl.Series:
    """Rows with figures that say no day where most others do: sums and averages of whatever name."""
    none = pl.Series("undated", [False]).new_from_index(0, frame.height)
    if "date" not in frame.columns or not 0 < frame["date"].null_count() <= FEW_UNDATED * frame.height:
        return none
    did = pl.any_horizontal(pl.col(name).fill_null(0.0) != 0 for name in numbers)
    return frame.select((pl.col("date").is_null() & did).alias("undated"))["undated"]


def _plus(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _whole_of(text: str, names: Mapping[str, str]) -> str | None:
    """The name that a label such as `brand total` is the total of."""
    match = _OF_A_NAME.match(text)
    return names.get((match[1] or match[2]).strip(" :-–")) if match else None


def _are_equal(one: Sequence[float | None], other: Sequence[float | None]) -> bool:
    """Whether two rows of figures are the same but for rounding, and are any."""
    pairs = [(a or 0.0, b or 0.0) for a, b in zip(one, other, strict=True)]
    return any(a > 0 for a, _ in pairs) and all(abs(a - b) <= _ROUNDING * max(a, b) + 0.01 for a, b in pairs)


def filled_down(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[int, ...]]:
    """Rows of a pivot table with the campaign that stands above them, written once; and the lines that were blank."""
    if "campaign" not in frame.columns or "date" not in frame.columns or "campaign_id" in frame.columns:
        return frame, ()
    says = pl.any_horizontal(pl.col(name).is_not_null() for name, kind in frame.schema.items() if kind.is_float())
    facts = frame.filter(says)  # a note has none
    named = facts.filter(pl.col("campaign").is_not_null())
    below = facts.filter(pl.col("campaign").is_null() & pl.col("date").is_not_null())
    once = named["campaign"].n_unique() == named.height > 1
    if not once or below.height < named.height or facts.height != named.height + below.height:
        return frame, ()
    if facts["campaign"].is_null()[0] or facts["line"].diff().drop_nulls().min() != 1:
        return frame, ()
    merged = [name for name in _MERGED if name in frame.columns and below[name].null_count() == below.height]
    filled = [
        pl.when(says).then(pl.col(name).forward_fill()).otherwise(name).alias(name) for name in ("campaign", *merged)
    ]
    return frame.with_columns(filled), tuple(below["line"].to_list())


def total_row(row: Mapping[str, object], numbers: Sequence[str], label: str = "") -> TotalRow:
    """A row of the frame as a total; `label` where its own cells do not say that it is one."""
    texts = [str(row[name]) for name in (FIRST_CELL, *KEYS, "date", "account") if row.get(name)]
    values = {name: value for name in numbers if isinstance(value := row[name], float)}
    return TotalRow(int(str(row["line"])), next(filter(is_label, texts), label), values)


def unnamed(frame: pl.DataFrame) -> pl.Series:
    """Rows that name nothing although there are columns of names."""
    keys = [name for name in KEYS if name in frame.columns]
    if not keys:
        return pl.Series("unnamed", [False]).new_from_index(0, frame.height)
    return frame.select(pl.all_horizontal(pl.col(name).is_null() for name in keys).alias("unnamed"))["unnamed"]


def totals_among(frame: pl.DataFrame, nameless: pl.Series, numbers: Sequence[str]) -> pl.Series:
    """Those of the rows that name nothing which are totals of the others.

    Without a date where others have one; or the only one of its kind, first or last, and about the sum of all others.
    """
    if not nameless.any():
        return nameless
    dated = "date" in frame.columns and frame.filter(~nameless)["date"].null_count() < (~nameless).sum()
    if dated and (without := nameless & frame["date"].is_null()).any():
        return without
    places = nameless.arg_true().to_list()
    if len(places) > 1 or places[0] not in (0, frame.height - 1):
        return nameless & False
    own, others = frame.filter(nameless), frame.filter(~nameless)
    for name in ("impressions", "spend", "clicks"):
        if name in numbers and (whole := own[name].item()) and (total := float(others[name].sum())) > 0:
            return nameless & (float(whole) >= _LEAST_SHARE * total)
    return nameless & (others.height > 0)


def compare(row: TotalRow, frame: pl.DataFrame) -> tuple[list[str], dict[str, float]]:
    """Metrics whose sum is not the total's (beyond rounding), and each sum as a share of the total."""
    off: list[str] = []
    shares: dict[str, float] = {}
    for name, total in row.values.items():
        is_metric = name in COUNTS or name.startswith(("conversion.", "value."))
        if total is None or not is_metric or name not in frame.columns:
            continue
        column = frame[name]
        summed = float(column.sum())
        rounding = 0.01 * max(1, len(column)) ** 0.5 if name not in ("impressions", "clicks") else 0.0
        shares[name] = summed / total if total else (1.0 if not summed else float("inf"))
        if abs(summed - total) > max(rounding, 1e-6 * abs(total)):
            off.append(name)
    return off, shares
