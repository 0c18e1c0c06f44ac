"""Shared parts of the importers' tests: where the files are, and a writer for small exports."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

HERE = Path(__file__).parent
Writer = Callable[..., Path]


@pytest.fixture(scope="session")
def files() -> Path:
    """The folder of test files."""
    return HERE / "files"


@pytest.fixture(scope="session")
def real_export() -> Path:
    """The real Ads Manager export that ships as a sample."""
    return HERE.parents[1] / "data" / "samples" / "meta_export" / "ads_manager_monthly_cad.csv"


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write rows as a delimited file; returns its path."""

    def _write(rows: list[list[str]], name: str = "export.csv", delimiter: str = ",", encoding: str = "utf-8") -> Path:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(rows)
        path = tmp_path / name
        path.write_bytes(out.getvalue().encode(encoding))
        return path

    return _write


META_HEADER = [
    "Day", "Campaign name", "Ad set name", "Ad name", "Amount spent (EUR)", "Impressions", "Link clicks", "Results",
    "Result indicator",
]  # fmt: skip
PURCHASE = "actions:offsite_conversion.fb_pixel_purchase"


@pytest.fixture(scope="session")
def meta_header() -> list[str]:
    """Headers of a small Ads Manager export."""
    return list(META_HEADER)


@pytest.fixture(scope="session")
def meta_row() -> Callable[..., list[str]]:
    """One row under `meta_header`."""

    def _row(
        day: str = "2026-09-01",
        campaign: str = "Autumn",
        audience: str = "Students",
        ad: str = "Ad 1",
        spend: float = 100.0,
        impressions: int = 10_000,
        clicks: int = 200,
        conversions: float = 10,
        indicator: str = PURCHASE,
    ) -> list[str]:
        numbers = [f"{spend:.2f}", str(impressions), str(clicks), f"{conversions:g}"]
        return [day, campaign, audience, ad, *numbers, indicator]

    return _row


def _reference(column: int, row: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def workbook(rows: list[list[str | float | None]], *, raw_sheet: bytes | None = None) -> bytes:
    """A minimal .xlsx: texts inline, numbers as numbers. `raw_sheet` replaces the sheet's XML."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, value in enumerate(row):
            where = _reference(column, number)
            if value is None:
                continue
            if isinstance(value, str):
                cells.append(f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>')
            else:
                cells.append(f'<c r="{where}"><v>{value!r}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet {space}><sheetData>{"".join(lines)}</sheetData></worksheet>'
    )
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook {space} xmlns:r="{relations}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            is_sheet = name.startswith("xl/worksheets") and raw_sheet is not None
            archive.writestr(name, raw_sheet if is_sheet and raw_sheet is not None else content)
    return out.getvalue()


@pytest.fixture(scope="session")
def make_workbook() -> Callable[..., bytes]:
    """The writer of minimal .xlsx files."""
    return workbook
