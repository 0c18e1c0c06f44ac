"""/v1/memory/search and /v1/learnings over HTTP: shapes, filters, errors, recalls, reviews, workspaces."""

from datetime import UTC, datetime, timedelta

import pytest

from reflection.api.openapi import CMP_007

CANARY = "zeppelin-canary-77"


def analyse(client, **changes):
    answer = client.post("/analyze-campaign", json={**CMP_007, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()


def plant(live, workspace="default", count=24):
    """Campaigns in which video does better, learnt from."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with live.client() as client:
        for number in range(count):
            kind = ("video", "image")[number % 2]
            clicks = 3_000 + number if kind == "video" else 2_000 + number
            metrics = {"impressions": 100_000, "clicks": clicks, "conversions": 100.0, "spend": 900.0}
            analyse(
                client,
                campaign_id=f"plant_{number}",
                expected_metrics=metrics,
                actual_metrics=metrics,
                audiences=[{"name": "students"}],
                creatives=[{"id": f"crt_{number % 4}", "type": kind, "headline": "Build your portfolio"}],
                timestamp=(start + timedelta(days=number)).isoformat(),
            )
    live.application.learner.learn_now(workspace)
    live.application.backfill.catch_up("default")


@pytest.fixture(scope="module")
def planted(live):
    plant(live)
    return live


def test_a_question_finds_campaigns_and_learnings_and_says_why(planted, client):
    answer = client.get("/v1/memory/search", params={"q": "does video get more clicks?", "limit": 40})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"items", "index", "degraded", "recall_id", "as_of", "pending"}
    assert (body["index"], body["degraded"]) == ("local", [])
    assert [item["rank"] for item in body["items"]] == list(range(1, len(body["items"]) + 1))
    assert {item["kind"] for item in body["items"]} == {"campaign", "learning"}
    assert set(body["items"][0]) == {"id", "kind", "score", "rank", "why", "outcome", "text"}
    assert all(item["why"] for item in body["items"])
    assert body["recall_id"].startswith("rcl_")


def test_an_id_comes_first_and_filters_hold(planted, client):
    found = client.get("/v1/memory/search", params={"q": "plant_7", "kind": "campaign"}).json()
    assert found["items"][0]["id"] == "plant_7"
    assert found["recall_id"] is None
    first = {"from": "2026-01-10T00:00:00+00:00", "to": "2026-01-12T00:00:00+00:00", "kind": "campaign"}
    found = client.get("/v1/memory/search", params={"q": "portfolio", **first}).json()
    assert {item["id"] for item in found["items"]} == {"plant_9", "plant_10", "plant_11"}
    nowhere = client.get("/v1/memory/search", params={"q": "portfolio", "platform": "TikTok", "kind": "campaign"})
    assert nowhere.json()["items"] == []


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "x" * 2_001},
        {"q": "a\x00b"},
        {"q": "x", "limit": 0},
        {"q": "x", "limit": 101},
        {"q": "x", "kind": "insight"},
        {"q": "x", "from": "2026-01-01"},
        {"q": "x", "from": "2026-01-02T00:00:00+00:00", "to": "2026-01-01T00:00:00+00:00"},
    ],
)
def test_what_cannot_be_searched_for_is_a_problem_with_a_field(client, params):
    answer = client.get("/v1/memory/search", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_learnings_are_listed_paged_and_shown_with_their_evidence(planted, client):
    page = client.get("/v1/learnings", params={"limit": 1}).json()
    rest = client.get("/v1/learnings", params={"cursor": page["next_cursor"], "limit": 500}).json()
    everything = client.get("/v1/learnings", params={"limit": 500}).json()["items"]
    assert page["items"] + rest["items"] == everything
    assert rest["next_cursor"] is None
    wanted = client.get("/v1/learnings", params={"signal": "creative.type:video", "metric": "ctr"}).json()["items"]
    assert [item["state"] for item in wanted] == ["established"]
    detail = client.get(f"/v1/learnings/{wanted[0]['id']}").json()
    assert {row["campaign_id"] for row in detail["evidence"]} <= {f"plant_{n}" for n in range(0, 24, 2)}
    assert detail["history"][-1]["text"] == detail["text"] == wanted[0]["text"]


def test_what_was_believed_before_anything_was_known_is_nothing(planted, client):
    then = client.get("/v1/learnings", params={"as_of": "2020-01-01T00:00:00+00:00"})
    assert (then.json()["items"], then.json()["next_cursor"]) == ([], None)


def test_a_review_is_shown_and_changes_no_number(planted, client):
    before = client.get("/v1/learnings").json()["items"][0]
    said = client.post(
        f"/v1/learnings/{before['id']}/review", json={"verdict": "reject", "note": "season", "author": "ana"}
    )
    assert said.status_code == 201
    after = client.get(f"/v1/learnings/{before['id']}").json()
    assert after["review"]["note"] == "season"
    assert {key: after[key] for key in before if key != "review"} == {
        key: before[key] for key in before if key != "review"
    }


def test_an_outcome_is_attached_to_a_recall(planted, client):
    found = client.get("/v1/memory/search", params={"q": "video", "kind": "learning"}).json()
    told = {"campaign_id": "plant_3", "outcome": "video did better again"}
    answer = client.post(f"/v1/learnings/recalls/{found['recall_id']}/outcome", json=told)
    assert answer.status_code == 201
    recalls = client.get(f"/v1/learnings/{found['items'][0]['id']}").json()["recalls"]
    (recall,) = [row for row in recalls if row["recall_id"] == found["recall_id"]]
    assert recall["outcomes"][0]["campaign_id"] == "plant_3"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/learnings/lrn_0123456789abcdef", None, 404),
        ("GET", "/v1/learnings/not-an-id", None, 422),
        ("GET", "/v1/learnings?state=great", None, 422),
        ("POST", "/v1/learnings/lrn_0123456789abcdef/review", {"verdict": "note"}, 404),
        ("POST", "/v1/learnings/lrn_0123456789abcdef/review", {"verdict": "adore"}, 422),
        ("POST", "/v1/learnings/lrn_0123456789abcdef/review", {"verdict": "note", "effect": 2.0}, 422),
        ("POST", "/v1/learnings/recalls/rcl_0123456789abcdef0123/outcome", {"campaign_id": "c", "outcome": "x"}, 404),
    ],
)
def test_errors_have_the_one_shape(client, method, path, body, status):
    answer = client.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_workspaces_do_not_find_each_other(guarded, keys):
    with guarded.client(keys["owner"]) as owner, guarded.client(keys["other"]) as other:
        analyse(owner, campaign_id=CANARY)
        analyse(other, campaign_id="ours")
        for params in ({"q": CANARY}, {"q": "summer bootcamp", "limit": 100}):
            assert CANARY in owner.get("/v1/memory/search", params=params).text
            assert CANARY not in other.get("/v1/memory/search", params=params).text
        assert CANARY not in analyse(other, campaign_id="ours_too").__repr__()


def test_a_search_still_answers_when_nothing_can_be_written(planted, client, monkeypatch):
    from reflection.errors import StorageFull

    def full(*_, **__):
        raise StorageFull("the disk is full")

    monkeypatch.setattr(planted.application.notes, "recall", full)
    answer = client.get("/v1/memory/search", params={"q": "video"})
    assert answer.status_code == 200
    assert answer.json()["recall_id"] is None
