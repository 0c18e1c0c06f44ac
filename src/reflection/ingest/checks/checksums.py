"""Do the rows add up to what the file says of them: its totals, subtotals, and how many rows it announces.

A total of the account may be larger than the rows listed. This file must not know how files are read.
"""

import re
from collections.abc import Sequence

import polars as pl

from reflection.domain.number_of import number_of
from reflection.ingest.import_report import Finding, finding
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.total_rows import AVERAGE_LABEL, TotalRow, compare
from reflection.ingest.reading.typed_rows import Facts

_ACCOUNT = ("account", "konto", "compte", "cuenta", "conta")
DOUBLED = 1.5
_ROWS = re.compile(r"^Rows:\s*(\d{1,15})$", re.IGNORECASE)


def findings(facts: Facts, header: Header) -> list[Finding]:
    """What total rows and announced counts say of the rows: a free checksum."""
    return [*_checksums(facts), *_cut_off(facts, header)]


def _checksums(facts: Facts) -> list[Finding]:
    notes: list[Finding] = []
    whole = facts.frame if facts.apart is None else pl.concat([facts.frame, facts.apart], how="diagonal")
    places = sorted({0, *(row.line for row in facts.totals), int(str(facts.frame["line"].max() or 0)) + 1})
    for row in facts.totals:
        if re.match(AVERAGE_LABEL, row.label):
            continue
        off, shares = compare(row, facts.frame)
        if off and facts.apart is not None:
            off, shares = compare(row, whole)
        label = f"'{row.label}'" if row.label else "the unnamed total row"
        if off and len(facts.totals) > 1 and _is_subtotal(row, facts.frame, places):
            message = f"{label} equals the sum of the rows next to it: it is a subtotal."
            notes.append(finding("total_confirmed", "info", message, [row.line]))
            continue
        if not shares:
            message = f"{label} has no figures of its own: it confirms nothing."
            notes.append(finding("total_without_figures", "info", message, [row.line]))
        elif not off:
            names = ", ".join(shares)
            notes.append(
                finding("total_confirmed", "info", f"{label} equals the sum of the rows ({names}).", [row.line])
            )
        elif all(share <= 1.0 for share in shares.values()) and any(word in row.label.casefold() for word in _ACCOUNT):
            low = min(shares.values())
            notes.append(
                finding("coverage", "info", f"The rows listed are {low:.1%} of {label}: the account "
                        "has more than this export.", [row.line])
            )  # fmt: skip
        else:
            differences = ", ".join(f"{name} {shares[name]:.1%}" for name in off)
            doubled = all(share >= DOUBLED for share in shares.values())  # no total is less than its parts
            notes.append(
                finding("total_differs", "error" if doubled else "warning",
                        f"The rows add up to another sum than {label}: {differences} of "
                        "it. Rows may be missing or doubled; export again if that is not meant.", [row.line])
            )  # fmt: skip
    return notes


def _is_subtotal(row: TotalRow, frame: pl.DataFrame, places: Sequence[int]) -> bool:
    """Whether a total is the sum of the rows between it and the total before, or the next one."""
    here = places.index(row.line)
    edges = [(places[here - 1], row.line)] if here else []
    edges += [(row.line, places[here + 1])] if here + 1 < len(places) else []
    parts = (frame.filter(pl.col("line").is_between(*edge, closed="none")) for edge in edges)
    return any(part.height and not compare(row, part)[0] for part in parts)


def _cut_off(facts: Facts, header: Header) -> list[Finding]:
    """A platform that always writes a total row, and one that says how many rows follow."""
    if header.dialect.writes_totals and not facts.totals:
        message = f"{header.dialect.title} ends its exports with a total row; this file has none and may be cut off."
        return [finding("total_missing", "warning", message)]
    for line in header.preamble:
        if (match := _ROWS.match(line)) and int(match[1]) != facts.frame.height + len(facts.rejects):
            message = (
                f"The file announces {number_of(int(match[1]), 'row')} and has {facts.frame.height}: it is cut "
                "off or was edited."
            )
            return [finding("rows_missing", "warning", message)]
    return []
