"""Tables as files that other programs open and nothing in them runs: CSV and XLSX.

A text cell never begins like a formula in CSV; in XLSX a text is stored as text, which no spreadsheet evaluates. Must
not know what the tables are about.
"""

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reflection.domain.steps import in_steps

MOST_SHEET_ROWS = 1_048_575
"""Rows below the header that a sheet of XLSX may have."""

LONGEST_CELL = 32_767
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that a spreadsheet may take for a formula; the last four are the full-width forms."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def safe(value: Any) -> Any:
    """A cell of CSV that no spreadsheet runs."""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith((*_DANGEROUS, "'")) else value
    if isinstance(value, (list, tuple)):
        return safe("; ".join(str(item) for item in value))
    return "" if value is None else value


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """CSV text, a record at a time: the header of `columns`, then each row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    yield buffer.getvalue()
    for row in in_steps(rows):
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe(row.get(column)) for column in columns])
        yield buffer.getvalue()


def xlsx(name: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """A workbook of one sheet (ECMA-376): the header of `columns`, then each row; texts as text, numbers as numbers.

    Args:
        name: of the sheet, at most 31 letters.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for part, text in _PARTS.items():
            package.writestr(_entry(part), _HEAD + text.replace("{name}", escape(name[:31])))
        with package.open(_entry("xl/worksheets/sheet1.xml"), "w") as sheet:
            for line in _sheet(rows, columns):
                sheet.write(line.encode())
    return file.getvalue()


def _sheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    yield _HEAD
    yield '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    yield f"<row>{''.join(map(_cell, columns))}</row>"
    for number, row in enumerate(in_steps(rows)):
        if number >= MOST_SHEET_ROWS:
            break
        yield f"<row>{''.join(_cell(row.get(column)) for column in columns)}</row>"
    yield "</sheetData></worksheet>"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c><v>{value!r}</v></c>"
    text = "; ".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value)
    inert = escape(_NOT_XML.sub("", text)[:LONGEST_CELL])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{inert}</t></is></c>'


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry of the package that is the same on every day."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
