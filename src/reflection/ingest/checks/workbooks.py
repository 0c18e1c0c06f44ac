"""What of a workbook may not be what its owner sees: formulas nobody calculated, hidden rows, sheets left unread.

This file must not know how workbooks are read.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.domain.number_of import number_of
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.repeated_sheets import Sheet
from reflection.ingest.recognition import FileRows


def findings(file: FileRows, frame: pl.DataFrame) -> list[Finding]:
    """Findings about the workbook a table stands in; none about a text.

    Args:
        frame: the file's rows with all counts settled.
    """
    table, facts, unread = file.table, file.facts.frame, file.unread
    notes: list[Finding] = []
    stated = [name for name in COUNTS if name in facts.columns or frame[name].null_count() < frame.height]
    empty = [name for name in stated if frame[name].null_count() and table.uncalculated]
    if empty:
        message = (
            f"Cells with a formula that was never calculated: {table.uncalculated}. They read as empty, so the "
            f"{' and '.join(empty)} of some rows cannot be read. Open the workbook, save it, and import it again."
        )
        notes.append(finding("formulas_without_values", "error", message))
    if table.hidden:
        message = f"Rows that are hidden, by hand or by a filter: {table.hidden}. They are read as the others."
        notes.append(finding("hidden_rows", "warning", message))
    if unread:
        message = f"Sheets that are not read, as they are hidden, copies or of another shape: {', '.join(unread)}."
        notes.append(finding("sheets_not_read", "warning", message))
    return [*notes, *_of_twins(file.sheets)]


def _of_twins(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """Sheets that say the same days of the same campaigns."""
    for sheet in sheets:
        if sheet.again:
            message = (
                f"{sheet.name} says {number_of(sheet.again, 'row')} that {sheet.twin} says, too, with the same "
                "figures: they count once."
            )
            yield finding("sheets_repeat", "warning", message)
        if sheet.beside:
            message = (
                f"{sheet.name} and {sheet.twin} both have figures of {number_of(sheet.beside, 'campaign-day')}, far "
                "from each other: they are added, as parts of one whole (devices, countries). If one restates the "
                "other, import the sheet that counts alone."
            )
            yield finding("sheets_added", "warning", message)
