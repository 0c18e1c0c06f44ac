"""GET /v1/months: sums of one currency and kind, intervals, what is not known, and what is held."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from reflection.api.openapi import CMP_007
from reflection.api.routers.months import Months


def asked(page: TestClient, workspace: str = "default", **query: Any) -> dict[str, Any]:
    answer = page.get("/v1/months", params=query, headers={"X-Workspace": workspace})
    assert answer.status_code == 200
    Months.model_validate(answer.json())
    return dict(answer.json())


def post(page: TestClient, workspace: str, number: int, day: str, **changes: Any) -> None:
    facts = {**CMP_007["actual_metrics"], **changes.pop("facts", {})}
    body = {**CMP_007, "campaign_id": f"c{number}", "timestamp": f"{day}T10:00:00Z", "actual_metrics": facts, **changes}
    assert page.post("/analyze-campaign", json=body, headers={"X-Workspace": workspace}).status_code == 200


def test_months_add_up_to_all_campaigns_without_the_held_one(page: TestClient, fault_id: str) -> None:
    body = asked(page, months=60)
    listed = page.get("/v1/campaigns", params={"limit": 500}).json()["items"]
    counted = [item for item in listed if item["state"] != "held"]

    assert body["held"] == 1
    assert sum(item["campaigns"] for item in body["items"]) == len(counted) == len(listed) - 1
    assert sum(item["spend"] for item in body["items"]) == pytest.approx(sum(item["spend"] for item in counted))
    for item in body["items"]:
        assert item["interval"][0] < item["cpa"] < item["interval"][1]
        assert item["cpa"] == pytest.approx(item["spend"] / item["conversions"])


def test_currencies_and_kinds_are_never_added(page: TestClient) -> None:
    post(page, "mixed", 1, "2026-03-01", currency="EUR", conversion_kind="lead")
    post(page, "mixed", 2, "2026-03-31", currency="EUR", conversion_kind="lead")
    post(page, "mixed", 3, "2026-03-31", currency="USD", conversion_kind="lead")
    post(page, "mixed", 4, "2026-03-31", currency="EUR", conversion_kind="purchase")
    post(page, "mixed", 5, "2026-04-01", currency="EUR", conversion_kind="lead")
    items = asked(page, "mixed")["items"]

    groups = [(item["currency"], item["kind"], item["month"], item["campaigns"]) for item in items]
    assert sorted(groups) == [
        ("EUR", "lead", "2026-03", 2),
        ("EUR", "lead", "2026-04", 1),
        ("EUR", "purchase", "2026-03", 1),
        ("USD", "lead", "2026-03", 1),
    ]
    assert groups[:2] == [("EUR", "lead", "2026-03", 2), ("EUR", "lead", "2026-04", 1)]


def test_what_is_not_known_is_counted_and_never_nothing(page: TestClient) -> None:
    post(page, "gaps", 1, "2026-03-01")
    post(page, "gaps", 2, "2026-03-02", facts={"conversions": None})
    post(page, "gaps", 3, "2026-02-02", facts={"conversions": None})
    march, february = sorted(asked(page, "gaps")["items"], key=lambda item: item["month"], reverse=True)

    assert (march["without_cpa"], february["without_cpa"]) == (1, 1)
    assert march["spend"] == 2 * CMP_007["actual_metrics"]["spend"]
    assert march["cpa"] == pytest.approx(3950 / 205)
    assert (february["cpa"], february["conversions"], february["interval"]) == (None, None, None)


def test_months_end_with_the_newest_campaign(page: TestClient) -> None:
    for number, day in enumerate(("2024-12-31", "2025-01-01", "2025-12-31")):
        post(page, "ends", number, day)

    assert asked(page, "ends", months=12)["since"] == "2025-01"
    assert [item["month"] for item in asked(page, "ends", months=12)["items"]] == ["2025-01", "2025-12"]
    assert len(asked(page, "ends", months=13)["items"]) == 3
    assert page.get("/v1/months", params={"months": 0}).status_code == 422


def test_sums_may_exceed_what_one_campaign_may_say(page: TestClient) -> None:
    for number in range(3):
        post(page, "large", number, "2026-03-01", facts={"spend": 9e11, "revenue": None})

    (item,) = asked(page, "large")["items"]
    assert item["spend"] == pytest.approx(27e11)


def test_an_empty_workspace_has_no_months(page: TestClient) -> None:
    assert asked(page, "empty")["items"] == []


def test_what_came_without_spend_makes_no_month_cheaper(page: TestClient) -> None:
    post(page, "gifts", 1, "2026-03-01")
    (alone,) = asked(page, "gifts")["items"]
    post(page, "gifts", 2, "2026-03-02", facts={"spend": 0.0})
    (both,) = asked(page, "gifts")["items"]

    assert (both["cpa"], both["interval"]) == (alone["cpa"], alone["interval"])
    assert (both["campaigns"], both["without_cpa"]) == (2, 1)


def test_the_currency_of_most_campaigns_comes_first_however_large_the_numbers_of_another(page: TestClient) -> None:
    post(page, "yen", 1, "2026-03-01", currency="JPY", facts={"spend": 900_000.0})
    post(page, "yen", 2, "2026-03-02", currency="EUR")
    post(page, "yen", 3, "2026-03-03", currency="EUR")

    assert [item["currency"] for item in asked(page, "yen")["items"]] == ["EUR", "JPY"]
