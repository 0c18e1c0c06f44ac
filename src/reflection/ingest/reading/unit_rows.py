"""A row of units below a header (`EUR | # | # | %`): what it says of an amount stands in the amount's header then.

Must not know dialects.
"""

from itertools import pairwise

from reflection.ingest.dialects.currencies import candidates
from reflection.ingest.dialects.words import field_of
from reflection.ingest.reading.tables import Table, laid_out
from reflection.ingest.reading.text_rows import Cells

_UNITS = frozenset(
    ["#", "%", "no.", "nr.", "n", "count", "number", "anzahl", "stk.", "stück", "nombre", "número", "abs."]
)
_FIRST_ROWS = 20


def with_units(table: Table) -> Table:
    """The table with the currencies of such a row in its header, and without the row; any other table as it is."""
    for (line, header), (number, units) in pairwise(table.head[:_FIRST_ROWS]):
        if len(header) == len(units) and _are_units(header, units):
            own = [_with_currency(text, unit.strip()) for text, unit in zip(header, units, strict=True)]
            chunks = (zip(chunk.lines, chunk.rows, strict=True) for chunk in table.chunks())
            rows = [(at, own if at == line else cells) for chunk in chunks for at, cells in chunk if at != number]
            return laid_out(table, rows, "a row of units below its header")
    return table


def _are_units(header: Cells, units: Cells) -> bool:
    """Whether a row names units alone, at least two, each below a header, and a currency below amounts only."""
    stated = {text.strip(): unit.strip() for text, unit in zip(header, units, strict=True) if unit.strip()}
    money = [text for text, unit in stated.items() if candidates(unit)]
    others = [text for text, unit in stated.items() if unit.casefold() in _UNITS]
    amounts = bool(money) and all(field_of(text) in ("spend", "revenue") for text in money)
    return amounts and len(stated) > 1 and len(money) + len(others) == len(stated) and all(stated)


def _with_currency(text: str, unit: str) -> str:
    return f"{text.strip()} ({unit})" if candidates(unit) else text
