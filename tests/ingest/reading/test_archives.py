"""Files that strangers hand in: what is opened, what is refused, and how early."""

import gzip
import io
import random
import resource
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import read_export
from reflection.ingest.reading.archives import Limits, open_source
from reflection.ingest.reading.excel import checked_workbook
from reflection.ingest.reading.tables import open_tables

WESTERN = st.characters(codec="cp1252", categories=["L", "N", "S"])
TABLE = b"Day,Campaign,Impr.\n2026-09-01,Brand,5\n"


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def refused(data: bytes, name: str = "upload.csv") -> ImportFileError:
    """The refusal of a file, which must cost at most a second of this process and 50 MB."""
    before, start = peak(), time.process_time()
    with pytest.raises(ImportFileError) as caught:
        read_export((name, data))
    assert time.process_time() - start < 1.0
    assert peak() - before < 50 << 20
    return caught.value


def zipped(**members: bytes) -> bytes:
    """A zip archive; a double underscore in a name stands for its point."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def streamed(piece: bytes, times: int) -> bytes:
    """A zip archive of one piece repeated, written without ever holding it whole."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("report.csv", "w") as member,
    ):
        for _ in range(times):
            member.write(piece)
    return out.getvalue()


@pytest.mark.parametrize(
    "wrap",
    [lambda data: data, gzip.compress, lambda data: zipped(report__csv=data)],
    ids=["plain", "gzip", "zip"],
)
def test_a_table_is_found_in_whatever_wraps_it(wrap: Callable[[bytes], bytes]) -> None:
    source = open_source(wrap(TABLE), "any")

    assert source.read(1 << 20) == TABLE
    assert source.kind == "text"


def test_a_source_can_be_opened_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(TABLE))
    source = open_source(path)

    assert source.read(1 << 20) == source.read(1 << 20) == TABLE


def test_a_workbook_is_known_by_its_content_not_its_name(make_workbook: Callable[..., bytes]) -> None:
    assert open_source(make_workbook([["a", "b"]]), "report.csv").kind == "xlsx"


def test_json_is_found_in_a_zip_where_no_table_is_beside_it() -> None:
    assert open_source(zipped(rows__json=b"[]"), "any.zip").name == "rows.json"
    assert open_source(zipped(manifest__json=b"{}", report__csv=TABLE), "any.zip").name == "report.csv"


def test_a_workbook_inside_a_zip_is_opened(make_workbook: Callable[..., bytes]) -> None:
    inner = make_workbook([["a", "b", "c"], ["1", "2", "3"]])

    tables = open_tables(open_source(zipped(report__xlsx=inner), "report.zip"))

    assert tables[0].head[1][1] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an old Excel file"),
        (b"PAR1....", "a Parquet file"),
        (b"SQLite format 3\0", "a database"),
        (b"PK\x03\x04 this is no archive", "damaged archive"),
        (b"\x1f\x8b\x08\x00 nonsense", "damaged or cut off"),
    ],
)
def test_other_kinds_of_files_are_named_and_refused(data: bytes, what: str) -> None:
    assert what in refused(data).message


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (["[Content_Types].xml", "xl/workbook.bin", "xl/worksheets/sheet1.bin"], "a binary Excel workbook"),
        (["mimetype", "content.xml", "styles.xml"], "an OpenDocument file"),
        (["Index/Document.iwa"], "an Apple Numbers file"),
        (["[Content_Types].xml", "word/document.xml"], "a Word document"),
    ],
)
def test_other_kinds_of_archives_are_named_and_refused(parts: list[str], what: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")

    assert f"{what}" in refused(out.getvalue()).message


def test_a_missing_file_is_an_import_error(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be opened"):
        read_export(tmp_path / "nothing.csv")


def test_a_folder_is_an_import_error(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be opened"):
        read_export(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        zipped(a__csv=TABLE, b__csv=TABLE),
        zipped(readme__md=b"hello"),
        zipped(inner__csv=zipped(a__csv=TABLE)),
        zipped(inner__csv=gzip.compress(TABLE)),
        gzip.compress(zipped(a__csv=TABLE)),
        gzip.compress(gzip.compress(TABLE)),
    ],
    ids=["two tables", "no table", "zip in zip", "gzip in zip", "zip in gzip", "gzip in gzip"],
)
def test_an_archive_must_hold_exactly_one_table_and_no_archive(data: bytes) -> None:
    assert refused(data).hint


@pytest.mark.parametrize("make", [gzip.compress, lambda data: zipped(report__csv=data)], ids=["gzip", "zip"])
def test_a_cut_off_archive_is_refused(make: Callable[[bytes], bytes]) -> None:
    whole = make(b"".join(b"2026-09-01,Brand,%d\n" % i for i in range(5_000)))

    refused(whole[: len(whole) // 2])


def test_a_zip_bomb_is_refused_by_its_declared_size() -> None:
    bomb = streamed(b"0" * (1 << 20), 200)
    assert len(bomb) < 300_000

    assert "bomb" in refused(bomb).message


def test_a_zip_bomb_that_lies_about_its_size_is_refused_by_its_real_bytes() -> None:
    bomb = streamed(b"0,1\n" * (1 << 18), 64)
    real = (64 << 20).to_bytes(4, "little")
    assert real in bomb
    lying = bomb.replace(real, (1_000).to_bytes(4, "little"))

    refused(lying)


def test_a_gzip_bomb_is_refused_while_unpacking() -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(b"0,1\n" * (1 << 20)) for _ in range(50)) + squeeze.flush()
    assert len(bomb) < 300_000

    assert "bomb" in refused(bomb).message


def test_a_workbook_bomb_is_refused(make_workbook: Callable[..., bytes]) -> None:
    sheet = b"<worksheet><sheetData>" + b"<row r='1'></row>" * (1 << 20) + b"</sheetData></worksheet>"

    assert "bomb" in refused(make_workbook([], raw_sheet=sheet), "report.xlsx").message


def test_two_cells_far_apart_do_not_allocate_the_rectangle_between(
    make_workbook: Callable[..., bytes],
) -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )

    assert "1,048,576 rows" in refused(make_workbook([], raw_sheet=sheet), "report.xlsx").message


def test_a_workbook_with_entities_is_refused(make_workbook: Callable[..., bytes]) -> None:
    sheet = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet/>'

    assert "entities" in refused(make_workbook([], raw_sheet=sheet), "report.xlsx").message


def test_one_long_text_named_by_many_cells_is_counted_once_for_each() -> None:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    noise = random.Random(1).randbytes(1 << 20).hex().encode()
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 2_000))
    data = zipped(
        **{
            "[Content_Types]__xml": b"<Types/>",
            "xl/shared__xml": b"<sst " + space + b"><si><t>" + noise + b"</t></si></sst>",
            "xl/sheet__xml": b"<worksheet " + space + b"><sheetData>" + cells + b"</sheetData></worksheet>",
        }
    )

    assert "of text once" in refused(data, "report.xlsx").message


def test_a_small_workbook_passes_its_check(make_workbook: Callable[..., bytes]) -> None:
    data = make_workbook([["a", 1.5], ["b", 2.0]])

    assert checked_workbook(open_source(data, "report.xlsx")).data == data


def test_one_line_of_a_gigabyte_is_refused_after_its_first_megabyte(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as out:
        out.truncate(1 << 30)
        out.seek(0)
        out.write(b"a," * (1 << 20))
    start = time.process_time()

    with pytest.raises(ImportFileError, match="line longer than"):
        read_export(path)

    assert time.process_time() - start < 1.0


def test_a_million_columns_are_refused() -> None:
    assert "columns" in refused(b"," * 500_000 + b"\n" + b"1," * 100 + b"\n").message
    assert "line longer" in refused(b"abc," * 1_000_000 + b"\n").message


def test_a_file_beyond_the_limit_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as out:
        out.truncate(3 << 30)
    start = time.process_time()

    with pytest.raises(ImportFileError, match="holds more than"):
        open_source(path)

    assert time.process_time() - start < 0.5


def test_limits_are_the_callers() -> None:
    with pytest.raises(ImportFileError, match="holds more than"):
        open_source(TABLE, "small.csv", Limits(max_bytes=10))


def _sheet_with(*cells: str) -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f"<worksheet {space}><sheetData>{''.join(cells)}</sheetData></worksheet>".encode()


@pytest.mark.parametrize(
    "stray",
    ['<row r="1048576"><c r="A1048576"><v>1</v></c></row>', '<row r="1048576"><c><v>1</v></c></row>',
     '<row r="1048576"><c  r = \'C1048576\' t="str"><v>x</v></c></row>'],
)  # fmt: skip
def test_one_cell_in_the_last_row_is_refused_by_what_is_there(make_workbook, stray):
    table = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="C{n}"><v>2</v></c></row>' for n in range(1, 9))
    data = make_workbook([], raw_sheet=_sheet_with(table, stray))

    with pytest.raises(ImportFileError, match="spans 1,048,576 rows") as refusal:
        open_tables(open_source(data, "book.xlsx"))
    assert "stray cells" in refusal.value.hint


def test_one_cell_in_the_last_column_is_refused_too(make_workbook):
    """Of three rows: the rectangle is small, and each of its columns cost as much as a full one."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="XFD3"><v>1</v></c></row>'
    with pytest.raises(ImportFileError, match="by 16,384 columns"):
        open_tables(open_source(make_workbook([], raw_sheet=_sheet_with(rows)), "book.xlsx"))


def test_cells_that_only_have_a_format_are_not_there(make_workbook):
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="C1048576" s="3"/></row>'
    tables = open_tables(open_source(make_workbook([], raw_sheet=_sheet_with(rows)), "book.xlsx"))

    assert [row for chunk in tables[0].chunks() for row in chunk.rows] == [["1"]]


SHORT = {
    "gbk": "单日,广告系列名称,展示次数",
    "cp1251": "День;Название кампании;Показы;Клики по ссылке;Покупки;Потраченная сумма",
    "cp949": "일,캠페인 이름,노출",
    "shift_jis": "日,キャンペーン,表示回数",
    "big5": "單日,行銷活動名稱,曝光次數",
}


@pytest.mark.parametrize("encoding", sorted(SHORT))
def test_a_short_text_beyond_western_europe_is_read_in_its_own_letters(encoding: str) -> None:
    header = SHORT[encoding]
    mark = ";" if ";" in header else ","
    row = mark.join(["2026-09-01", "A", *["1000"] * (header.count(mark) - 1)])

    table = open_tables(open_source(f"{header}\n{row}\n".encode(encoding), "t.csv"))[0]

    assert table.head[0][1] == header.split(mark)


@given(st.lists(st.text(WESTERN, min_size=1, max_size=9), min_size=1, max_size=6), st.sampled_from(["Käufe", "Coût"]))
def test_western_names_are_never_read_in_another_alphabet(names: list[str], header: str) -> None:
    """However odd the names are: words of two alphabets are no words."""
    text = "".join(f'2026-09-01,"Marke {name} été größer",5\n' for name in names)

    table = open_tables(open_source(f"Day,Campaign,{header}\n{text}".encode("cp1252"), "t.csv"))[0]

    assert table.encoding == "cp1252"


def test_names_in_another_alphabet_below_an_english_header_are_read() -> None:
    names = ["Бренд", "Ремаркетинг", "Поиск_Москва", "Google_Поиск общий", "Осенняя распродажа обуви"]
    text = "Day,Campaign,Impr.\n" + "".join(f"2026-09-01,{name},5\n" for name in names * 4)

    table = open_tables(open_source(text.encode("cp1251"), "t.csv"))[0]

    assert [cells[1] for _, cells in table.head[1:6]] == names


@pytest.mark.parametrize(
    ("text", "what"),
    [("<!DOCTYPE html><table></table>", "web page"), ("<html><body>", "web page"), ('<?xml version="1.0"?>', "XML"),
     ("[\n  {}\n]", "JSON and holds no rows")],
)  # fmt: skip
def test_a_text_that_is_no_table_is_called_what_it_is(text: str, what: str) -> None:
    with pytest.raises(ImportFileError, match=what):
        open_tables(open_source(text.encode(), "report.csv"))
