"""What existing clients read: paths, field names and figures of the specification, over real HTTP."""

import json
from urllib.parse import quote

import pytest

from reflection.api.openapi import CMP_007
from reflection.api.schemas import CampaignPage

COMPARISON = {
    "campaign_id",
    "generated_at",
    "expected_rates",
    "actual_rates",
    "deltas",
    "performance_score",
    "summary",
}
PATTERNS = {
    "campaign_id", "generated_at", "pattern_report", "winning_audiences", "high_performing_creatives",
    "budget_inefficiencies", "platform_trends", "clusters", "auto_tags",
}  # fmt: skip
ANSWER = {"comparison_report", "pattern_report", "insights", "weights", "similar_campaigns", "stored_memory"}


@pytest.fixture(scope="module")
def analysis(client):
    response = client.post("/analyze-campaign", json=CMP_007)
    assert response.status_code == 200
    return response.json()


def test_the_answer_has_the_fields_of_the_specification(analysis):
    assert set(analysis) >= ANSWER
    assert set(analysis["comparison_report"]) >= COMPARISON
    assert set(analysis["pattern_report"]) >= PATTERNS
    assert set(analysis["insights"]) >= {
        "narrative_summary",
        "key_learnings",
        "recommendations",
        "anomalies",
        "source",
    }
    assert set(analysis["weights"]) >= {
        "generated_at",
        "scoring_weights",
        "signal_weights",
        "updated_signals",
    }
    assert set(analysis["stored_memory"]) >= {"sqlite_saved", "vector_saved", "output_path"}


def test_the_specifications_sample_has_its_figures(analysis):
    comparison = analysis["comparison_report"]
    deltas = comparison["deltas"]

    assert deltas["ctr_diff"]["pct_diff"] == pytest.approx(75.0)
    assert round(deltas["cpa_diff"]["expected"], 2) == 50.0
    assert round(deltas["cpa_diff"]["actual"], 2) == 19.27
    assert deltas["cpa_diff"]["favorable"] is True
    assert deltas["cvr_diff"]["beyond_noise"] is False
    assert comparison["performance_score"] == pytest.approx(220.73, abs=0.005)


FACTS = ("comparison_report", "similar_campaigns", "stored_memory")
"""Parts of an analysis that stay as they were when the campaign came; the others are told from what is known today."""


def test_an_analysed_campaign_is_found_everywhere(client, live, analysis):
    stored = client.get(f"/v1/campaigns/{CMP_007['campaign_id']}")
    insights = client.get("/insights").json()

    assert {name: stored.json()[name] for name in FACTS} == {name: analysis[name] for name in FACTS}
    assert {row["kind"] for row in insights} <= {"key_learning", "recommendation", "anomaly"}
    assert [row["priority"] for row in insights] == sorted((row["priority"] for row in insights), reverse=True)
    assert set(insights[0]) >= {"id", "campaign_id", "kind", "content", "priority", "created_at"}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_lists_are_as_long_as_asked(client, analysis, limit):
    assert len(client.get("/insights", params={"limit": limit}).json()) == limit


def test_recommendations_can_be_filtered(client, analysis):
    for params in ({}, {"platform": "Meta"}, {"platform": "Meta", "objective": "Lead Generation"}):
        answer = client.get("/recommendations", params=params).json()

        assert set(answer) >= {"generated_at", "recommendations", "top_signals", "similar_campaigns"}


def test_effects_say_as_of_when(client, live, analysis):
    live.application.learner.learn_now("default")

    page = client.get("/v1/effects").json()

    assert set(page) >= {"items", "next_cursor", "as_of", "epoch"}


def test_effects_say_whether_their_intervals_hold(serve, campaign):
    counts = CMP_007["actual_metrics"]
    with serve() as live, live.client() as client:
        for number in range(21):
            clicks = counts["clicks"] + 97 * (number % 5)
            body = campaign(campaign_id=f"c{number}", actual_metrics={**counts, "clicks": clicks, "revenue": None})
            assert client.post("/analyze-campaign", json=body).status_code == 200
        live.application.learner.learn_now("default")
        page = client.get("/v1/effects", params={"metric": "cpa", "limit": 1}).json()
        described = client.get("/openapi.json").json()["components"]["schemas"]["EffectsPage"]["properties"]

    assert set(page["calibration"]) == {"cpm", "ctr", "cvr"}
    for judged in page["calibration"].values():
        assert judged["campaigns"] == 21
        assert 0 <= judged["coverage_90"] <= 1
        assert judged["z_sd"] >= 0
    assert "fewer than 20 campaigns" in described["calibration"]["description"]


def test_an_id_with_slashes_and_accents_can_be_read_accepted_and_deleted(client, campaign):
    for campaign_id in ("a/b c", "Ä/ö?#%", "x/accept", "x/report"):
        assert client.post("/analyze-campaign", json=campaign(campaign_id=campaign_id)).status_code == 200
        path = f"/v1/campaigns/{quote(campaign_id, safe='')}"
        assert client.get(path).json()["comparison_report"]["campaign_id"] == campaign_id
        assert "not held" in client.post(f"{path}/accept").json()["note"]
        assert "not accepted" in client.delete(f"{path}/accept").json()["note"]
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404


TOGETHER = ("caf\u00e9", "cafe\u0301", "x", "x/report", "x/accept", "report", "a/", "a//b", "%2F", "=1+1")


def test_ids_that_are_alike_are_read_reported_and_deleted_each_as_itself(client, campaign):
    own = {"X-Workspace": "alike"}
    for campaign_id in TOGETHER:
        assert client.post("/analyze-campaign", json=campaign(campaign_id=campaign_id), headers=own).status_code == 200
    for campaign_id in TOGETHER:
        path = f"/v1/campaigns/{quote(campaign_id, safe='')}"
        assert client.get(path, headers=own).json()["comparison_report"]["campaign_id"] == campaign_id
        assert client.get(f"{path}/report", params={"format": "json"}, headers=own).json()["title"]
        assert client.post(f"{path}/accept", headers=own).json()["campaign_id"] == campaign_id
    for number, campaign_id in enumerate(TOGETHER, start=1):
        path = f"/v1/campaigns/{quote(campaign_id, safe='')}"
        assert client.delete(path, headers=own).status_code == 204
        assert client.get(path, headers=own).status_code == 404
        left = client.get("/v1/campaigns", headers=own).json()["items"]
        assert {item["campaign_id"] for item in left} == set(TOGETHER[number:])


@pytest.mark.parametrize("campaign_id", ["a\nb", "a\r\tb", "a\u2028b"])
def test_an_id_with_a_line_break_that_an_earlier_release_took_can_be_read_and_deleted(
    client, campaign, campaign_id, monkeypatch
):
    monkeypatch.setattr("reflection.engine.analysis.check_address", lambda *_: None)
    assert client.post("/analyze-campaign", json=campaign(campaign_id=campaign_id)).status_code == 200
    path = f"/v1/campaigns/{quote(campaign_id, safe='')}"

    assert client.get(path).json()["comparison_report"]["campaign_id"] == campaign_id
    assert client.delete(path).status_code == 204


def test_a_replay_is_the_bytes_that_were_stored_not_a_new_encoding(client, analysis):
    first = client.post("/analyze-campaign", json=CMP_007)
    second = client.post("/analyze-campaign", json=CMP_007)

    assert first.content == second.content
    assert first.headers["idempotency-replayed"] == "true"


def test_health_says_nothing_about_the_installation(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_ready_says_what_is_degraded(client):
    answer = client.get("/ready").json()

    assert answer["status"] == "ready"
    assert "degraded" in answer["parts"]


def test_every_response_carries_the_security_headers(client):
    for path in ("/health", "/insights", "/nowhere", "/docs"):
        headers = client.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-request-id"]
        assert "server" not in headers


def test_several_campaigns_are_not_one(client):
    response = client.post(
        "/analyze-campaign", content=json.dumps([CMP_007]), headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 422


def test_stored_campaigns_are_listed_with_filters_and_pages(client, campaign):
    for number in range(3):
        client.post("/analyze-campaign", json=campaign(campaign_id=f"listed-{number}", name=f"Listed {number}"))

    first = client.get("/v1/campaigns", params={"q": "listed", "limit": 2, "kind": "lead"}).json()
    second = client.get("/v1/campaigns", params={"q": "listed", "cursor": first["next_cursor"]}).json()

    CampaignPage.model_validate(first)
    assert [item["name"] for page in (first, second) for item in page["items"]] == ["Listed 0", "Listed 1", "Listed 2"]
    assert client.get("/v1/campaigns", params={"state": "held"}).json()["items"] == []
    assert client.get("/v1/campaigns", params={"since": "2031-01-01T00:00:00Z"}).json()["items"] == []
    for wrong in ({"state": "lost"}, {"since": "2031-01-01"}, {"cursor": "x"}, {"limit": 0}):
        assert client.get("/v1/campaigns", params=wrong).status_code == 422, wrong
