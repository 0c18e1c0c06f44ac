"""GET /v1/attention through the real application: kinds, order, sentences, links, and what it costs."""

from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from reflection.api.openapi import CMP_007
from reflection.api.routers.attention import AttentionPage
from reflection.store.snapshot import SqlSnapshot

HOSTILE = 'in/"><script>alert(1)</script> [x](javascript:alert(1)) \u202e{braces}'
EXPORT = b"""Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases
2026-09-01,Autumn,55.00,4000,90,4
2026-09-02,Autumn,fifty,4000,90,4
"""


def asked(page: TestClient, **query: Any) -> dict[str, Any]:
    answer = page.get("/v1/attention", params=query)
    assert answer.status_code == 200
    AttentionPage.model_validate(answer.json())
    return dict(answer.json())


def test_held_campaigns_and_missed_forecasts_are_told_with_their_money(page: TestClient, fault_id: str) -> None:
    body = asked(page, limit=200)
    held = [item for item in body["items"] if item["kind"] == "held-campaign"]
    missed = [item for item in body["items"] if item["kind"] == "missed-forecast"]

    assert [item["campaign_id"] for item in held] == [fault_id]
    assert "looks like a tracking fault" in held[0]["text"]
    assert held[0]["money"] == pytest.approx(4946.64)
    assert held[0]["link"] == f"/campaigns/{fault_id}"
    assert body["total"] == len(body["items"])
    assert body["as_of"] is not None
    for item in missed:
        comparison = page.get(f"/v1/campaigns/{item['campaign_id']}").json()["comparison_report"]
        assert comparison["deltas"][f"{item['metric']}_diff"]["beyond_noise"], "a miss within noise needs nobody"
        assert item["text"].startswith("The campaign did ")
        assert item["currency"] == "USD"


def test_a_campaign_within_its_interval_is_not_told(page: TestClient) -> None:
    told = {item["campaign_id"] for item in asked(page, limit=200)["items"]}
    items = page.get("/v1/campaigns", params={"limit": 20}).json()["items"]
    quiet = [
        item["campaign_id"]
        for item in items
        if not any(
            page.get(f"/v1/campaigns/{item['campaign_id']}").json()["comparison_report"]["deltas"][name]["beyond_noise"]
            for name in ("cpa_diff", "roas_diff")
        )
        and item["state"] != "held"
    ]

    assert quiet
    assert not told & set(quiet)


def test_a_limit_leaves_the_first_and_counts_all(page: TestClient) -> None:
    whole, first = asked(page, limit=200), asked(page, limit=2)

    assert first["items"] == whole["items"][:2]
    assert first["total"] == whole["total"]
    assert page.get("/v1/attention", params={"limit": 0}).status_code == 422
    assert page.get("/v1/attention", params={"cursor": "x"}).status_code == 422


def test_hostile_ids_and_names_are_shown_and_never_followed(page: TestClient) -> None:
    worse = {**CMP_007["actual_metrics"], "conversions": 9, "revenue": 100.0}
    body = {
        **CMP_007,
        "campaign_id": HOSTILE,
        "name": HOSTILE,
        "actual_metrics": worse,
        "timestamp": "2026-09-01T00:00:00Z",
    }
    assert page.post("/analyze-campaign", json=body).status_code in (200, 422)
    item = next((item for item in asked(page, limit=200)["items"] if item["campaign_id"] == HOSTILE), None)

    if item is not None:  # ids with what nobody can see may be refused at the door
        assert item["link"] == f"/campaigns/{quote(HOSTILE, safe='')}"
        assert "<" not in item["text"]


def test_an_import_that_left_rows_out_is_told_until_it_is_taken_back(page: TestClient) -> None:
    application = page.app.state.application  # type: ignore[attr-defined]
    answer = page.post("/v1/imports", files={"files": (f"{HOSTILE}.csv", EXPORT)})
    assert answer.status_code == 202
    while application.imports.work():
        pass
    (item,) = [item for item in asked(page, limit=200)["items"] if item["kind"] == "import-remark"]

    assert item["import_id"] == answer.json()["import_id"]
    assert "2 remarks and 2 left out" in item["text"]
    assert "<script" not in item["text"]
    assert "javascript:" not in item["text"]
    page.delete(f"/v1/imports/{item['import_id']}")
    assert [one for one in asked(page, limit=200)["items"] if one["kind"] == "import-remark"] == []


def test_the_history_is_never_read(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("this grows with the history")

    for name in ("ledger", "evidence_of_signal", "campaign_names", "learning_summaries", "insights", "patterns"):
        monkeypatch.setattr(SqlSnapshot, name, forbidden)

    assert asked(page)["items"]


def test_an_empty_workspace_needs_nobody(page: TestClient) -> None:
    answer = page.get("/v1/attention", headers={"X-Workspace": "nobody"}).json()

    assert (answer["items"], answer["total"], answer["as_of"], answer["pending"]) == ([], 0, None, 0)
