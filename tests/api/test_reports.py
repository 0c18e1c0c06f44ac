"""Reports over HTTP: every format, with the headers a browser needs."""

from typing import Any

import pytest

from reflection.api.openapi import CMP_007

CAMPAIGN = CMP_007["campaign_id"]


@pytest.fixture
def told(client: Any) -> Any:
    assert client.post("/analyze-campaign", json=CMP_007).status_code == 200
    return client


@pytest.mark.parametrize(
    ("kind", "media_type", "opening"),
    [
        ("html", "text/html", b"<!doctype html>"),
        ("md", "text/markdown", b"# cmp"),
        ("json", "application/json", b"{"),
        ("pdf", "application/pdf", b"%PDF-"),
    ],
)
def test_every_format_of_a_campaign(told: Any, kind: str, media_type: str, opening: bytes) -> None:
    response = told.get(f"/v1/campaigns/{CAMPAIGN}/report", params={"format": kind})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media_type)
    assert response.content.startswith(opening)


def test_the_page_may_run_and_load_nothing(told: Any) -> None:
    response = told.get(f"/v1/campaigns/{CAMPAIGN}/report")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "<script" not in response.text


def test_a_portfolio_of_a_period(told: Any) -> None:
    response = told.get("/v1/portfolio/report", params={"start": "2026-03-01", "end": "2026-03-31", "format": "md"})
    assert response.status_code == 200
    assert "Of 1 campaign, 1 did better than forecast beyond noise." in response.text
    empty = told.get("/v1/portfolio/report", params={"start": "2020-01-01", "end": "2020-01-31", "format": "md"})
    assert "No campaign of this period is stored." in empty.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/campaigns/nobody/report", 404),
        (f"/v1/campaigns/{CAMPAIGN}/report?format=exe", 422),
        ("/v1/portfolio/report", 422),
        ("/v1/portfolio/report?start=2026-02-01&end=2026-01-01", 422),
        ("/v1/portfolio/report?start=yesterday&end=2026-01-01", 422),
        ("/v1/portfolio/report?start=0&end=86400", 422),
    ],
)
def test_what_cannot_be_reported_is_refused(told: Any, path: str, status: int) -> None:
    response = told.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
