"""GET /v1/tables/{table}: every table whole, in both forms; texts that look like formulas are text."""

import csv
import io

import pytest
import python_calamine
from fastapi.testclient import TestClient

from reflection.api.openapi import CMP_007
from reflection.reports.table_service import TABLES
from reflection.reports.tables import XLSX

FORMULA = "=HYPERLINK(A1)"


@pytest.mark.parametrize("table", TABLES)
def test_both_forms_hold_the_same_rows(page: TestClient, table: str) -> None:
    page.post("/v1/events", json={"day": "2026-03-01", "text": "a sale"})
    text = page.get(f"/v1/tables/{table}")
    book = page.get(f"/v1/tables/{table}", params={"format": "xlsx"})

    assert (text.status_code, book.status_code) == (200, 200)
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert book.headers["content-type"] == XLSX
    assert text.headers["content-disposition"] == f'attachment; filename="{table}.csv"'
    rows = list(csv.reader(io.StringIO(text.text, newline="")))
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[0] == list(TABLES[table].columns) == sheet[0]
    assert len(rows) == len(sheet) > 1
    assert any(cell for row in rows[1:] for cell in row)


def test_campaigns_are_all_there_beyond_a_page(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reflection.reports.table_service.PAGE", 7)
    rows = list(csv.DictReader(io.StringIO(page.get("/v1/tables/campaigns").text, newline="")))

    assert len({row["campaign_id"] for row in rows}) == len(rows) >= 40


def test_a_name_that_looks_like_a_formula_is_text(page: TestClient) -> None:
    body = {**CMP_007, "campaign_id": FORMULA, "name": FORMULA}
    headers = {"X-Workspace": "formula"}
    assert page.post("/analyze-campaign", json=body, headers=headers).status_code == 200
    text = page.get("/v1/tables/campaigns", headers=headers).text
    book = page.get("/v1/tables/campaigns", headers=headers, params={"format": "xlsx"}).content

    assert f"\r\n'{FORMULA},'{FORMULA}," in text
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet[1][:2] == [FORMULA, FORMULA]


def test_a_table_that_is_none_is_named(page: TestClient) -> None:
    answer = page.get("/v1/tables/keys")

    assert answer.status_code == 404
    assert "campaigns" in answer.json()["hint"]
    assert page.get("/v1/tables/effects", params={"format": "pdf"}).status_code == 422


def test_an_empty_workspace_has_a_header(page: TestClient) -> None:
    text = page.get("/v1/tables/effects", headers={"X-Workspace": "nothing-yet"}).text

    assert text == ",".join(TABLES["effects"].columns) + "\r\n"
