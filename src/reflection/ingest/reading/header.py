"""Finding the header of a table and the platform that wrote it, by scoring cells; never by counting lines.

Every head row is scored against every dialect: a known header counts one, a header only that platform writes counts
three, a matching line above it two. The best pair wins and says why. This file must not know numbers or dates.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reflection.domain.metrics import AMOUNTS
from reflection.errors import ImportFileError
from reflection.ingest.dialects.currencies import candidates, currency_of
from reflection.ingest.dialects.dialect import (
    SPLITS,
    Dialect,
    Names,
    is_number,
    normal_header,
    plain_header,
    split_currency,
)
from reflection.ingest.dialects.platforms import is_other_medium, is_platform, platform_name
from reflection.ingest.dialects.text_words import text_columns
from reflection.ingest.dialects.units import MILLIONTHS, split_unit
from reflection.ingest.dialects.words import field_of, is_currency_of_all, mentions, names_currency
from reflection.ingest.reading.dates import parse_span
from reflection.ingest.reading.tables import Table
from reflection.ingest.reading.text_rows import Cells
from reflection.ingest.reading.total_rows import is_label

LEAST_EVIDENCE = 2
"""Marks of its own, or lines above the table, that a platform needs to be recognised by itself."""

PLATFORM_SHARE = 0.8
"""Share of cells that have to name platforms where a column is to tell each row's."""

MORE_CURRENCY = "currency."
"""What the fields of further columns of currencies begin with: an export may state one for each of its amounts."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a table's columns mean.

    Attributes:
        line: where the header stands.
        cells: its cells as written.
        language: the language its headers are in.
        columns: field -> column index.
        currency: ISO code, or a sign that several currencies share, named in a money header, or ''.
        preamble: the text above it.
        cautions: codes of findings deserved by the columns used, with the header.
        scale: factor for fields in another unit (cost in micros).
        marks: the headers that only its platform writes.
        made: what fields that stand in no column of their own were made of, in words.
        reason: why this dialect, in one sentence.
    """

    dialect: Dialect
    line: int
    cells: Cells
    language: str
    columns: Mapping[str, int]
    currency: str
    preamble: tuple[str, ...]
    cautions: tuple[tuple[str, str], ...]
    score: int
    reason: str
    scale: Mapping[str, float]
    marks: tuple[str, ...]
    made: Mapping[str, str] = field(default_factory=dict)

    def currency_in(self, name: str) -> str:
        """The ISO code or sign that the header of an amount names, or ''."""
        of_money = name in AMOUNTS or name.startswith("value.")
        return split_currency(self.cells[self.columns[name]])[1] if of_money and name in self.columns else ""

    def written(self, name: str) -> str:
        """The header of a field as the file writes it."""
        if name in self.made:
            return self.made[name]
        return plain_header(self.cells[self.columns[name]])


def find_header(table: Table, dialects: Sequence[Dialect], *, explicit: bool = False) -> Header | None:
    """The best header of a table over all dialects, or None where no row looks like one.

    Without `explicit` (the user said which platform it is), words that any platform could use are not enough, nor is
    one word of a platform's own.

    Raises:
        ImportFileError: two platforms explain the table equally well.
    """
    candidates: list[Header] = []
    for position, (line, cells) in enumerate(table.head):
        normal = [normal_header(split_currency(cell)[0]) for cell in cells]
        if sum(1 for cell in normal if cell) < 3:
            continue
        above = tuple(" ".join(cell for cell in row if cell).strip() for _, row in table.head[:position])
        below = [row for _, row in table.head[position + 1 :] if len(row) == len(cells)]
        where = _places(normal)
        for dialect in (one for one in dialects if not one.headers.isdisjoint(where)):
            header = _score(dialect, (line, table.line_in_file(line)), cells, normal, above, explicit=explicit)
            if header and (explicit or _fits(header, normal, below)):
                candidates.append(header)
    if not candidates:
        return None
    best = max(candidates, key=lambda header: header.score)
    rivals = {header.dialect.key for header in candidates if header.score == best.score} - {best.dialect.key}
    if rivals:
        names = " or ".join(sorted(rivals | {best.dialect.key}))
        raise ImportFileError(
            f"{table.name} could be {names}: the headers do not decide.", hint="Say which with --platform."
        )
    return replace(best, columns={**best.columns, **_more_currencies(best, table)})


def _more_currencies(header: Header, table: Table) -> dict[str, int]:
    """Columns that name currencies beside the one that is read, as `Revenue currency` does."""
    left = set(range(len(header.cells))) - set(header.columns.values())
    rows = [row for line, row in table.head if line > header.line and len(row) == len(header.cells)]
    more = [
        index
        for index in sorted(left)
        if names_currency(header.cells[index])
        and all(candidates(cell.upper()) or candidates(cell) for row in rows if _says(cell := row[index].strip()))
    ]
    of_all = [index for index in more if is_currency_of_all(header.cells[index])]
    own = {} if "currency" in header.columns or not of_all else {"currency": of_all[0]}
    return own | {f"{MORE_CURRENCY}{index}": index for index in more if index not in own.values()}


def _says(cell: str) -> bool:
    return bool(cell) and not is_label(cell)


def _score(
    dialect: Dialect, lines: tuple[int, int], cells: Cells, normal: list[str], above: tuple[str, ...], *, explicit: bool
) -> Header | None:
    """The line (of the table, and of its file) as a header of the dialect, with how much speaks for it; None where too
    little does."""
    if not dialect.required <= set(normal):
        return None
    language, columns = _bind(dialect, normal)
    if dialect.role == "performance" and not dialect.required:
        columns |= _splits(normal, columns) | _days(normal, columns)
    if not _enough(dialect, columns):
        return None
    marks = [cells[i].strip() for i, header in enumerate(normal) if header in dialect.marks]
    preamble = [text for text in above if any(re.search(pattern, text, re.IGNORECASE) for pattern in dialect.preamble)]
    strong = {header for header in normal if header in dialect.marks - dialect.weak}
    evidence = (
        len(strong)
        + any(header in dialect.weak for header in normal)
        + len(preamble)
        + bool(dialect.required)
        + (dialect.names_platforms or bool(dialect.evidence))
    )
    alone = dialect.role == "performance" and not (dialect.names_platforms or dialect.required or dialect.evidence)
    least = LEAST_EVIDENCE if alone else 1
    if not (explicit or evidence >= least):
        return None
    reason = _reason(dialect, lines[1], marks or [cells[i] for i in columns.values()], len(columns), preamble)
    score = len(columns) + 3 * len(marks) + 2 * len(preamble)
    if dialect.role == "performance" and dialect.key != "mapping":  # a mapping says itself which they are
        columns |= text_columns(normal, columns)
    money, cautions = _currency(cells, columns), _cautions(dialect, normal, columns)
    scale = {**_units(cells, normal, columns), **dialect.scale}
    return Header(
        dialect, lines[0], cells, language, columns, money, above, cautions, score, reason, scale, tuple(marks)
    )


def _fits(header: Header, normal: Sequence[str], below: Sequence[Cells]) -> bool:
    """Whether the table says nothing that speaks against the dialect.

    A column that plainly means a campaign, money, clicks or impressions and is none of its headers is another
    platform's; so is a table whose cells name other platforms. Where a column has to name platforms, its cells have to.
    """
    columns = header.columns
    if header.dialect.role == "performance":
        foreign = {field_of(header.cells[i]) for i, text in enumerate(normal) if text and i not in columns.values()}
        if foreign & {"campaign", "spend", "impressions", "clicks"} - set(columns):
            return False
        if header.dialect.platform and _of_others(header, below):
            return False
    if header.dialect.role == "names" and any(field_of(MILLIONTHS.sub("", text)) == "spend" for text in normal):
        return False  # it has figures
    if not header.dialect.names_platforms:
        return not (header.dialect.evidence and _leaves_out(header, below, ("spend", "impressions", "clicks")))
    if _leaves_out(header, below, ("spend",)):
        return False
    figures = [index for name, index in columns.items() if is_number(name)]
    facts = [row for row in below if any(row[index].strip() for index in figures)]
    named = [row[columns["platform"]].strip() for row in facts] if "platform" in columns else []
    cells = [cell for cell in named if cell and not is_label(cell) and not is_other_medium(cell)]
    return bool(named) and sum(map(is_platform, cells)) >= PLATFORM_SHARE * len(cells)


def _leaves_out(header: Header, below: Sequence[Cells], figures: Sequence[str]) -> bool:
    """Whether a column that is not read may be one of the figures or the days, of which none is known: it is asked
    about."""
    left = set(range(len(header.cells))) - set(header.columns.values())
    first = [next((cell for row in below if (cell := row[index].strip())), "") for index in sorted(left)]
    days = any(parse_span(cell, "mdy") or parse_span(cell, "dmy") for cell in first)
    missing = [name for name in figures if name not in header.columns]
    unread = any(mentions(name, header.cells[index]) for name in missing for index in left)
    return unread or ("date" not in header.columns and days)


def _of_others(header: Header, below: Sequence[Cells]) -> bool:
    """Whether a column that nothing is read from tells each row's platform, and not this one alone."""
    for index in set(range(len(header.cells))) - set(header.columns.values()):
        cells = [cell for row in below if (cell := row[index].strip()) and not is_label(cell)]
        if field_of(header.cells[index]) == "platform" and cells and all(map(is_platform, cells)):
            return set(map(platform_name, cells)) != {header.dialect.platform}
    return False


def _units(cells: Cells, normal: Sequence[str], columns: Mapping[str, int]) -> dict[str, float]:
    """Numbers whose header says that they are millionths, cents or thousands."""
    fields = [(name, index) for name, index in columns.items() if is_number(name)]
    scale = {name: factor for name, index in fields if (factor := split_unit(plain_header(cells[index]))[1]) != 1}
    return scale | {name: 1e-6 for name, index in fields if MILLIONTHS.search(normal[index])}


def _currency(cells: Cells, columns: Mapping[str, int]) -> str:
    """The currency that a money header names, as in "Amount spent (CAD)", or a sign that is several; '' for none."""
    codes = (split_currency(cells[columns[name]])[1] for name in ("spend", "revenue") if name in columns)
    return next((currency_of(code) or code for code in codes if code), "")


def _cautions(dialect: Dialect, normal: list[str], columns: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    used = {normal[columns[name]] for name in ("clicks", "impressions") if name in columns}
    return tuple((code, header) for header, code in dialect.cautions.items() if header in used)


def _reason(dialect: Dialect, line: int, headers: Sequence[str], columns: int, preamble: Sequence[str]) -> str:
    """Why the file is taken for the dialect's, for people."""
    examples = ", ".join(f"'{text}'" for text in headers[:3])
    title = f"{dialect.title}, as {dialect.evidence} says" if dialect.evidence else dialect.title
    above = f"; above it '{preamble[0][:60]}'" if preamble else ""
    return f"{title}: {columns} known columns in line {line}, among them {examples}{above}"


def _enough(dialect: Dialect, columns: Mapping[str, int]) -> bool:
    """Whether the cells found carry facts (or names), not just a word or two in common."""
    if dialect.role == "actions":
        return {"action_type", "value"} <= set(columns)
    if dialect.role == "names":
        return len(columns) >= 3
    facts = [name for name in columns if is_number(name)]
    if dialect.required and len(dialect.required) == len(columns):  # a mapping: the user said which they are
        return "spend" in columns or "impressions" in columns
    return len(facts) >= 2 and len(columns) >= 4 and ("spend" in columns or "impressions" in columns)


def _places(normal: Sequence[str]) -> dict[str, int]:
    """The first place of each header, and of what it is without its word for millionths."""
    places = reversed(list(enumerate(normal)))
    return {name: index for index, header in places for name in (header, MILLIONTHS.sub("", header))}


def _bind(dialect: Dialect, normal: list[str]) -> tuple[str, dict[str, int]]:
    """The language with most hits, completed by the others (exports with renamed columns mix them)."""
    where = _places(normal)
    by_language = {language: _columns(names, where) for language, names in dialect.names.items()}
    language = max(by_language, key=lambda key: len(by_language[key]))
    columns = dict(by_language[language])
    for fields in by_language.values():
        for name, index in fields.items():
            if name not in columns and index not in columns.values():
                columns[name] = index
    return language, columns


def _splits(normal: Sequence[str], columns: Mapping[str, int]) -> dict[str, int]:
    """Columns that split rows (age, device ...) or name currencies in any language, where the dialect names none."""
    places: dict[str, int] = {}
    for index, header in enumerate(normal):
        name = field_of(header) if header and index not in columns.values() else None
        if name in (*SPLITS, "currency") and name not in columns:
            places.setdefault(name, index)
    return places


def _days(normal: Sequence[str], columns: Mapping[str, int]) -> dict[str, int]:
    """A column of days, weeks or months where the dialect names none; a campaign's own start is none."""
    if "date" in columns:
        return {}
    named = (i for i, header in enumerate(normal) if field_of(header) == "date" and i not in columns.values())
    return next(({"date": i} for i in named if not re.search(r"start|begin", normal[i])), {})


def _columns(names: Names, where: Mapping[str, int]) -> dict[str, int]:
    places = {name: [where[header] for header in headers if header in where] for name, headers in names.items()}
    return {name: hits[0] for name, hits in places.items() if hits}
