"""How figures are laid out: in blocks of columns, one a platform or a time, or with a row for each; as plain rows.

`Google Ads | Meta` over `Spend | Clicks | Spend | Clicks`, `Facebook Spend` beside `Google Spend`, `Spend Aug 2026`,
or `Metric | Value`. Blocks are stacked one below the other, so that a total of theirs is the sum of what is above it.
A table is laid out anew only where every figure finds its place; else it stays as it is. Must not know dialects.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from reflection.errors import ImportFileError
from reflection.ingest.dialects.dialect import is_number, normal_header, plain_header, split_currency
from reflection.ingest.dialects.platforms import is_platform, platform_name
from reflection.ingest.dialects.units import split_unit
from reflection.ingest.dialects.words import NOT_ADDED, field_of
from reflection.ingest.reading.archives import DEFAULT_LIMITS, Limits
from reflection.ingest.reading.dates import Span, parse_span
from reflection.ingest.reading.number_formats import numeric
from reflection.ingest.reading.tables import Table, laid_out
from reflection.ingest.reading.text_rows import Cells
from reflection.ingest.reading.total_rows import is_label

FIRST_ROWS = 20
"""Rows among which a header of two lines is looked for."""

_PLATFORM, _TIME, _TOTAL = "platform", "date", "total"
_WORDS = re.compile(r"[\s_|:/()\[\]]+")
_RULE = re.compile(r":?[-=─]{2,}:?")
_FIGURES = {"spend", "impressions"}
"""Of which every block has to have one."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's block ('' where it is of all) and what it is called within it."""

    block: str
    text: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of a table whose header goes from one place of its head to another, and what its blocks are."""

    first: int
    place: int
    columns: Sequence[_Column]
    kind: str

    @property
    def blocks(self) -> list[str]:
        """Blocks in their order, totals left out."""
        every = dict.fromkeys(column.block for column in self.columns if column.block)
        return [block for block in every if _kind(block) == self.kind]


def in_rows(table: Table, limits: Limits = DEFAULT_LIMITS) -> Table:
    """The table with a row for each platform and time, whichever way it was laid out.

    Raises:
        ImportFileError: it is laid out otherwise and has more cells than are read.
    """
    table = _without_rules(table, limits)
    layout = next(_layouts(table), None)
    return _by_metric(table if layout is None else _stacked(table, layout, limits), limits)


def _without_rules(table: Table, limits: Limits) -> Table:
    """The table without lines of dashes, as are drawn below a header."""
    if not any(map(_is_rule, (cells for _, cells in table.head[:FIRST_ROWS]))):
        return table
    rows = [(line, cells) for line, cells in _below(table, 0, limits) if not _is_rule(cells)]
    return laid_out(table, rows, "a line of dashes below its header")


def _is_rule(cells: Cells) -> bool:
    texts = [text for cell in cells if (text := cell.strip())]
    return len(texts) > 2 and all(map(_RULE.fullmatch, texts))


def _layouts(table: Table) -> Iterator[_Layout]:
    """Every way in which a row of the head, or two together, is a header of blocks."""
    head = [cells for _, cells in table.head[: FIRST_ROWS + 1]]
    for place, cells in enumerate(head):
        below = [row for row in head[place + 1 :] if len(row) == len(cells)]
        if sum(map(bool, cells)) >= 3 and (kind := _kind_of(columns := _one_line(cells), below)):
            yield _Layout(place, place, columns, kind)
        if below[:1] == head[place + 1 : place + 2] and below[:1]:
            columns = _two_lines(cells, below[0])
            if kind := _kind_of(columns, below[1:]):
                yield _Layout(place, place + 1, columns, kind)


def _kind(block: str) -> str:
    """What a block of columns is of: a platform, a time or all; '' for anything else."""
    if is_label(block):
        return _TOTAL
    if _span(block):
        return _TIME
    return _PLATFORM if is_platform(block) else ""


def _span(text: str) -> Span | None:
    return parse_span(text, "mdy") or parse_span(text, "dmy")


def _two_lines(upper: Cells, lower: Cells) -> list[_Column]:
    """Columns under a line of blocks, each named once above its first column."""
    columns: list[_Column] = []
    block = ""
    for above, below in zip(map(plain_header, upper), map(plain_header, lower), strict=True):
        if above:
            block = above if _kind(above) else ""
        columns.append(_Column(block if below else "", below or above))
    return columns


def _one_line(cells: Cells) -> list[_Column]:
    """Columns whose header names the block beside the figure: `Facebook Spend`, `Spend (Aug 2026)`."""
    columns = [_split(plain_header(cell)) for cell in cells]
    openings = {column.block for column in columns if column.block and _kind(column.block) == _PLATFORM}
    return [_beside(column, openings) for column in columns]


def _split(text: str) -> _Column:
    bare, code = split_currency(text)
    words = [word for word in _WORDS.split(bare) if word.strip("-–")]
    if len(words) > 1 and _span(text):
        return _Column(text, "")
    for count in range(1, len(words)):
        for block, rest in ((words[:count], words[count:]), (words[-count:], words[:-count])):
            name, figure = " ".join(block), " ".join(rest)
            if (is_number(field_of(figure) or "") or NOT_ADDED.search(normal_header(figure))) and _kind(name):
                return _Column(name, f"{figure} ({code})" if code else figure)
    return _Column(text, "") if _kind(text) else _Column("", text)


def _beside(column: _Column, openings: set[str]) -> _Column:
    """A column of an unknown figure that begins as those of a block do is of that block."""
    opening = next((name for name in openings if column.text.casefold().startswith(f"{name.casefold()} ")), "")
    return _Column(opening, column.text[len(opening) :].strip()) if opening and not column.block else column


def _kind_of(columns: Sequence[_Column], below: Sequence[Cells]) -> str:
    """What the blocks of columns are of; '' where they are none, or leave a figure that is of no block."""
    blocks: dict[str, list[str]] = {}
    for column in columns:
        if column.block:
            blocks.setdefault(column.block, []).append(column.text)
    kinds = {block: _kind(block) for block in blocks}
    kind = next((kind for kind in kinds.values() if kind != _TOTAL), "")
    own = [block for block in blocks if kinds[block] == kind]
    several = {platform_name(block) if kind == _PLATFORM else str(_span(block)) for block in own}
    if set(kinds.values()) - {_TOTAL} != {kind} or len(several) < 2 or (kind == _TIME and len(several) < len(own)):
        return ""
    apart = [column.text for column in columns if not column.block]
    bare = all(blocks[block] == [""] for block in own)
    if not bare and not all(_has_place(blocks[block]) for block in own):
        return ""
    named = {field_of(text) for text in apart}
    cells = {index: pl.Series([row[index] for row in below], dtype=pl.String) for index in range(len(columns))}
    fixed = [index for index, column in enumerate(columns) if not column.block and column.text]
    if bare and not any(_metrics(cells[index]) for index in fixed):
        return ""
    figures = [index for index in fixed if _is_figure(columns[index].text, cells[index])]
    return "" if figures or kind in named else kind


def _has_place(texts: Sequence[str]) -> bool:
    """Whether a block has the money or the impressions, and nothing twice."""
    fields = [field for text in texts if (field := field_of(text))]
    return bool(_FIGURES & set(fields)) and len(fields) == len(set(fields))


def _is_figure(text: str, cells: pl.Series) -> bool:
    """Whether a column of no block holds figures: they would count again with each block."""
    field = field_of(text) or ""
    return is_number(field) or (numeric(cells) and not field and not NOT_ADDED.search(normal_header(text)))


def _stacked(table: Table, layout: _Layout, limits: Limits) -> Table:
    """The blocks one below the other, each under the same header."""
    line = table.head[layout.place][0]
    width = len(layout.columns)
    fixed = [index for index, column in enumerate(layout.columns) if not column.block and column.text]
    blocks = {block: _figures(layout.columns, block) for block in layout.blocks}
    names = {name: text for figures in reversed(blocks.values()) for name, (_, text, _) in figures.items()}
    names = {name: names[name] for figures in blocks.values() for name in figures}
    codes = {block: next((code for _, _, code in figures.values() if code), "") for block, figures in blocks.items()}
    currencies = len(set(codes.values())) > 1
    header = [*(layout.columns[index].text for index in fixed), _title(layout),
              *(split_currency(text)[0] if currencies else text for text in names.values()),
              *(["Currency"] if currencies else [])]  # fmt: skip
    above = table.head[: layout.first]
    rows: dict[str, list[tuple[int, Cells]]] = {block: [] for block in blocks}
    others: list[tuple[int, Cells]] = []
    for number, row in _below(table, line, limits):
        if len(row) != width:
            others.append((number, row))
            continue
        for block, figures in blocks.items():
            cells = [row[figures[name][0]] if name in figures else "" for name in names]
            if any(map(str.strip, cells)):
                label = "" if any(is_label(row[index]) for index in fixed) else block
                own = [*(row[index] for index in fixed), label, *cells, *([codes[block]] if currencies else [])]
                rows[block].append((number, own))
    blocks_in_words = (
        f"a block of columns for each {'time' if layout.kind == _TIME else 'platform'} ({', '.join(blocks)})"
    )
    return laid_out(
        table, [*above, (line, header), *(row for own in rows.values() for row in own), *others], blocks_in_words
    )


def _title(layout: _Layout) -> str:
    """The header of what the blocks are called: firsts of months alone are months."""
    if layout.kind == _PLATFORM:
        return "Platform"
    spans = [span for block in layout.blocks if (span := _span(block))]
    return "Month" if all(first == last and first.day == 1 for first, last in spans) else "Period"


def _figures(columns: Sequence[_Column], block: str) -> dict[str, tuple[int, str, str]]:
    """Name of each figure of a block -> its column, its header and the currency in it."""
    figures: dict[str, tuple[int, str, str]] = {}
    for index, column in enumerate(columns):
        if column.block == block:
            text = column.text or "Value"
            bare, code = split_currency(text) if split_unit(text)[1] == 1 else (text, "")
            figures.setdefault(normal_header(bare), (index, text, code))
    return figures


def _below(table: Table, line: int, limits: Limits) -> Iterator[tuple[int, Cells]]:
    """Numbered rows below a line.

    Raises:
        ImportFileError: there are more cells than are read.
    """
    count = 0
    for chunk in table.chunks():
        count += sum(map(len, chunk.rows))
        if count > limits.max_cells:
            raise ImportFileError(f"{table.name} has more than {limits.max_cells:,} cells.", hint="Split it.")
        yield from ((number, row) for number, row in zip(chunk.lines, chunk.rows, strict=True) if number > line)


def _metrics(cells: Iterable[str]) -> set[str]:
    """The figures that a column names, where it names nothing else; empty where they are not enough to learn from."""
    known: set[str] = set()
    for text in map(str.strip, cells):
        if is_number(field := field_of(text) or ""):
            known.add(field)
        elif text and not NOT_ADDED.search(normal_header(text)):
            return set()
    return known if len(known) > 1 and known & _FIGURES else set()


def _by_metric(table: Table, limits: Limits) -> Table:
    """A table with a row for each figure as one with a column for each; any other as it is."""
    for place, (line, header) in enumerate(table.head[:FIRST_ROWS]):
        below = [row for _, row in table.head[place + 1 :] if len(row) == len(header)]
        metric = next((i for i in range(len(header)) if _metrics(row[i] for row in below)), None)
        if metric is None:
            continue
        cells = [pl.Series([row[i] for row in below], dtype=pl.String) for i in range(len(header))]
        values = [i for i, text in enumerate(header) if text and _is_figure(text, cells[i])]
        if len(values) == 1:
            return _with_metrics(table, _below(table, line, limits), place, metric, values[0])
    return table


def _with_metrics(table: Table, below: Iterable[tuple[int, Cells]], place: int, metric: int, value: int) -> Table:
    """Rows below a header that agree in all but the figure put together; a figure that comes again begins another."""
    line, header = table.head[place]
    keys = [index for index in range(len(header)) if index not in (metric, value) and header[index].strip()]
    records: dict[tuple[object, ...], tuple[int, dict[str, str]]] = {}
    again: dict[tuple[object, ...], int] = {}
    others: list[tuple[int, Cells]] = []
    for number, row in below:
        if len(row) != len(header) or not row[metric].strip():
            others.append((number, row))
            continue
        key: tuple[object, ...] = tuple(row[index] for index in keys)
        name = row[metric].strip()
        count = again[(*key, name)] = again.get((*key, name), -1) + 1
        records.setdefault((*key, count), (number, {}))[1][name] = row[value]
    names = list(dict.fromkeys(name for _, figures in records.values() for name in figures))
    rows = [
        (number, [*map(str, key[:-1]), *(figures.get(name, "") for name in names)])
        for key, (number, figures) in records.items()
    ]
    layout = f"a row for each figure, named by '{header[metric]}'"
    return laid_out(
        table, [*table.head[:place], (line, [*(header[index] for index in keys), *names]), *rows, *others], layout
    )
