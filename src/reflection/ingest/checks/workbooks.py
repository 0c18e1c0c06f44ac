"""What of a workbook may not be what its owner sees: formulas nobody calculated, hidden rows, sheets left unread.

This file must not know how workbooks are read.
"""

from collections.abc import Sequence

import polars as pl

from reflection.domain.metrics import COUNTS
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.tables import Table


def findings(table: Table, unread: Sequence[str], facts: pl.DataFrame, frame: pl.DataFrame) -> list[Finding]:
    """Findings about the workbook a table stands in; none about a text.

    Args:
        facts: the rows as they are in the table.
        frame: the same with all counts settled.
    """
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
    return notes
