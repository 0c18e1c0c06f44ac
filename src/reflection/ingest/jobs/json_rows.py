"""Rows of facts as JSON (contract C4): the same rows as an export's, without the file.

The rows become a table that is read, checked and grouped as any other, so that nothing is decided twice. Must not know
what an import does.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from reflection.errors import InvalidInput
from reflection.ingest.jobs.request import ReadingOptions

if TYPE_CHECKING:
    from reflection.ingest import ColumnMapping
    from reflection.ingest.reading.tables import Table

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 5_000
Header = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Cell = Annotated[str, StringConstraints(max_length=MAX_CELL)] | int | float | None


class ObservationRequest(ReadingOptions):
    """Rows of facts, one per day, campaign and whatever else splits them.

    A row's keys are our field names (`date`, `campaign`, `campaign_id`, `audience`, `creative`, `impressions`,
    `clicks`, `conversions`, `spend`, `revenue` ...) or the headers of any export we read. What is left out is missing,
    which is not zero.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = "observations"
    rows: Annotated[list[dict[Header, Cell]], Field(min_length=1, max_length=MAX_ROWS)]

    def table(self) -> "Table":
        """The rows as a table, each value as it came; raises InvalidInput where their keys are too many."""
        from reflection.ingest.reading.tables import table_of

        columns = list(dict.fromkeys(header for row in self.rows for header in row))
        if len(columns) > MAX_COLUMNS:
            raise InvalidInput(f"the rows have {len(columns)} different keys, at most {MAX_COLUMNS}", field="rows")
        return table_of(self.name, columns, [[row.get(column) for column in columns] for row in self.rows])

    def own_columns(self) -> "ColumnMapping | None":
        """How to read the rows where every key is one of our field names; None where they are an export's headers."""
        from reflection.ingest.dialects.column_mapping import FIELDS, ColumnMapping
        from reflection.ingest.dialects.dialect import is_number

        columns = sorted({header for row in self.rows for header in row})
        if not all(name in FIELDS or is_number(name) for name in columns):
            return None
        platform = "" if self.platform == "auto" else self.platform
        return ColumnMapping(
            {name: name for name in columns},
            platform=platform,
            name="observations",
            locale="en_US",
            currency=self.currency or "",
        )
