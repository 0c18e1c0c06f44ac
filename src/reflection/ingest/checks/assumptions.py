"""How a file was read where it does not say it: the order of dates, units, rows that are read once or left out.

Must not know whether the figures are right.
"""

from collections.abc import Iterator

import polars as pl

from reflection.domain.number_of import number_of
from reflection.ingest.dialects.dialect import is_number
from reflection.ingest.dialects.units import split_unit
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.currency_signs import SIGN
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.typed_rows import Facts


def assumptions(facts: Facts, header: Header) -> list[Finding]:
    """What was assumed of a file, in the order in which it is read."""
    return [*_of_writing(facts, header), *_of_rows(facts), *_of_cells(facts, header)]


def _of_writing(facts: Facts, header: Header) -> Iterator[Finding]:
    """How dates, units and tables are written, where the file does not say it."""
    if facts.decided_by == "platform":
        order = "month first" if facts.date_order == "mdy" else "day first"
        message = f"No date decides day or month; read {order}, as {header.dialect.title} writes. Or say --date-order."
        yield finding("date_order_by_platform", "info", message)
    units = {name: split_unit(header.written(name)) for name in header.scale if name in header.columns}
    if units_read := [f"'{header.written(name)}' times {unit:,g}" for name, (_, unit) in units.items() if unit != 1]:
        yield finding("units_read", "info", f"Headers name a unit, and are read so: {', '.join(units_read)}.")
    if facts.next_table:
        message = f"Another table begins in line {facts.next_table}: it is not read. Export it alone to import it."
        yield finding("next_table", "warning", message, [facts.next_table])
    if facts.serial_dates:
        message = "Days are written as a spreadsheet's numbers of them (46266 is 2026-09-01) and read so."
        yield finding("serial_dates", "info", message)


def _of_rows(facts: Facts) -> Iterator[Finding]:
    """Rows that are left out, read once, or read with what stands in others."""
    if facts.assets:
        message = (
            f"Rows of single assets: {len(facts.assets)}. They are not read: each is given all that its ads did. The "
            "rows without an asset say it once."
        )
        yield finding("asset_rows", "info", message, facts.assets)
    if facts.apart is not None:
        yield _of_other_media(facts.apart)
    if facts.filled:
        message = f"Rows that take the campaign from above them, where it is written once: {len(facts.filled)}."
        yield finding("names_from_above", "info", message, facts.filled)
    if facts.repeated:
        message = (
            f"Rows that repeat another row cell by cell: {len(facts.repeated)}. Each is read once, as where exports "
            "of overlapping days were pasted together."
        )
        yield finding("identical_rows", "warning", message, facts.repeated)
    if credits := _below_zero(facts.frame):
        message = f"Rows with figures below zero, as credits and corrections are: {len(credits)}. They are added."
        yield finding("below_zero", "info", message, credits)


def _of_other_media(apart: pl.DataFrame) -> Finding:
    """Which media were set aside, with their rows and, where it is known and in one currency, their money."""
    marks = [apart[name] for name in ("currency", SIGN) if name in apart.columns]
    one = "spend" in apart.columns and all(mark.n_unique() == 1 for mark in marks)
    named = next((f"{mark[0]} " for mark in marks if one and mark[0]), "")
    parts = []
    for (medium,), rows in apart.group_by("platform", maintain_order=True):
        known = one and rows["spend"].null_count() < rows.height
        money = f", {named}{rows['spend'].sum():,.2f} spent" if known else ""
        parts.append(f"{medium} ({number_of(rows.height, 'row')}{money})")
    message = (
        f"Rows of other media are not read and are in no total: {', '.join(parts)}. Nobody clicks on them, so nothing "
        "here could be learnt from them."
    )
    return finding("other_media", "warning", message, apart["line"].to_list())


def _of_cells(facts: Facts, header: Header) -> Iterator[Finding]:
    """Cells that do not say all that the platform knows."""
    if facts.ruined_ids:
        message = (
            f"{len(facts.ruined_ids)} ids were rounded by a spreadsheet (1.7E+15): names are used instead. Export CSV "
            "and do not re-save it."
        )
        yield finding("ids_rounded", "warning", message, facts.ruined_ids)
    if facts.thresholds:
        message = f"{facts.thresholds} cells such as '< 10' hide a number: taken as missing."
        yield finding("thresholds", "info", message)
    if any("potential incomplete data: true" in line.casefold() for line in header.preamble):
        message = "The platform says these figures may be incomplete: import the days again later."
        yield finding("incomplete_data", "warning", message)


def _below_zero(frame: pl.DataFrame) -> list[int]:
    numbers = [name for name in frame.columns if is_number(name)]
    below = pl.any_horizontal(pl.col(name).fill_null(0.0) < 0 for name in numbers) if numbers else pl.lit(False)
    return frame.filter(below)["line"].to_list()
