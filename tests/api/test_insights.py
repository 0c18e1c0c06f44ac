"""GET /insights and /patterns: the workspace's learnings first, filters that work, and pages under /v1."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from reflection.api.schemas import InsightPage, PatternPage


def _pages(client: TestClient, url: str, limit: int) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        parameters = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = client.get(url, params=parameters).json()
        yield page
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_lists_and_pages_say_the_same_in_the_same_order(page: TestClient) -> None:
    for name, shape in (("insights", InsightPage), ("patterns", PatternPage)):
        whole = page.get(f"/{name}?limit=500").json()
        pages = list(_pages(page, f"/v1/{name}", 60))

        assert [shape.model_validate(one) for one in pages]
        assert [row["id"] for one in pages for row in one["items"]][:500] == [row["id"] for row in whole]
        assert {row["known_as_of"] for row in whole} == {page.get("/v1/effects").json()["as_of"]}


def test_filters_narrow_both_lists(page: TestClient) -> None:
    for name, kind, field in (
        ("insights", "key_learning", "kind"),
        ("patterns", "winning_audience", "category"),
    ):
        rows = page.get(f"/{name}?kind={kind}&platform=google&limit=500").json()
        assert rows
        assert {row[field] for row in rows} == {kind}
        assert all("google" in row["campaign_id"] for row in rows)
        assert page.get(f"/{name}?since=2000-01-01&limit=500").json() == page.get(f"/{name}?limit=500").json()
        assert page.get(f"/{name}?since=2999-01-01T00:00:00Z").json() == []
        assert page.get(f"/{name}?platform=Nowhere").json() == []
        assert page.get(f"/{name}?objective=Nothing").json() == []


@pytest.mark.parametrize(
    "query",
    ["kind=nonsense", "since=yesterday", "since=2026-01-01T00:00:00", "platform=", "limit=0", "past=maybe"],
)
def test_filters_that_say_nothing_are_refused(page: TestClient, query: str) -> None:
    for path in ("/insights", "/patterns", "/v1/insights", "/v1/patterns"):
        answer = page.get(f"{path}?{query}")
        assert answer.status_code == 422, path
        assert answer.json()["errors"], path


def test_a_cursor_of_somebody_elses_is_refused(page: TestClient) -> None:
    for path in ("/v1/insights", "/v1/patterns"):
        assert page.get(f"{path}?cursor=bm9uc2Vuc2U").status_code == 422
