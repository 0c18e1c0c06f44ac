"""Planning and advice over HTTP: a plan evaluated, a recommendation's life, forecasts, the scoreboard."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2 as httpx
import pytest

PLAN = {"platform": "Meta", "objective": "Leads", "budget": 500.0, "creatives": [{"id": "a", "type": "video"}]}


@pytest.fixture(scope="module")
def taught(live: Any) -> Iterator[Any]:
    """A server that learned from campaigns in which video wins clearly."""
    with live.client() as client:
        for index in range(24):
            kind = ("video", "image")[index % 2]
            clicks = {"video": 900, "image": 350}[kind] + 7 * index
            conversions = clicks // 10
            metrics = {"impressions": 20_000, "clicks": clicks, "conversions": conversions, "spend": 400.0 + index}
            answer = client.post(
                "/analyze-campaign",
                json={
                    "campaign_id": f"adv-{index}", "platform": ("Meta", "Google", "TikTok")[index % 3],
                    "objective": "Leads", "planner": "ada", "creatives": [{"id": f"k{index % 5}", "type": kind}],
                    "expected_metrics": {"impressions": 20_000, "clicks": 600, "conversions": 60, "spend": 400.0},
                    "actual_metrics": metrics, "timestamp": f"2026-02-{1 + index:02d}T00:00:00+00:00",
                },
            )  # fmt: skip
            assert answer.status_code == 200, answer.text
        live.application.learner.learn_all()
    return live


@pytest.fixture
def http(taught: Any) -> Iterator[httpx.Client]:
    with taught.client() as client:
        yield client


def _first_card(http: httpx.Client) -> dict[str, Any]:
    cards = http.get("/v1/recommendations").json()["cards"]
    return next(card for card in cards if card["lane"] in ("exploit", "explore"))


def test_a_compact_plan_says_the_same_in_less(http: httpx.Client):
    body = {"plans": [{**PLAN, "targets": {"cpa": 5.0}}]}
    (whole,) = http.post("/v1/plans/evaluate", json=body).json()["plans"]
    (compact,) = http.post("/v1/plans/evaluate", json=body, params={"compact": True}).json()["plans"]

    assert compact == {name: whole[name] for name in ("plan_id", "metrics", "drivers", "texts", "notes")} | {
        "drivers": whole["drivers"][:5]
    }


def test_a_plan_is_evaluated(http: httpx.Client):
    answer = http.post("/v1/plans/evaluate", json={"plans": [{**PLAN, "targets": {"cpa": 5.0}}]})
    assert answer.status_code == 200, answer.text
    (plan,) = answer.json()["plans"]
    low, high = plan["metrics"]["conversions"]["intervals"]["90"]
    assert 0 < low < plan["metrics"]["conversions"]["calibrated"] < high
    assert 0 <= plan["metrics"]["cpa"]["p_target"] <= 1


@pytest.mark.parametrize("body", [{"plans": []}, {}, {"plans": [{**PLAN, "budget": -1}]}])
def test_a_wrong_plan_is_a_422(http: httpx.Client, body: dict[str, Any]):
    assert http.post("/v1/plans/evaluate", json=body).status_code == 422


def test_recommendations_are_the_same_until_a_draw_is_asked_for(http: httpx.Client):
    assert http.get("/v1/recommendations").content == http.get("/v1/recommendations").content
    assert http.get("/v1/recommendations?seed=3").content == http.get("/v1/recommendations?seed=3").content
    assert http.get("/recommendations").json()["cards"] == http.get("/v1/recommendations").json()["cards"]


def test_the_envelope_is_contract_c2(http: httpx.Client):
    wrapped = http.get("/v1/recommendations?format=envelope").json()
    assert set(wrapped) == {"agent_name", "recommendations", "tests"}
    assert wrapped["recommendations"][0]["source_recommendation_key"].startswith("rec_")


def test_the_life_of_a_recommendation_is_idempotent(http: httpx.Client):
    key = _first_card(http)["id"]
    for _ in range(2):
        assert http.post(f"/v1/recommendations/{key}/shown", json={"campaign_id": "next"}).status_code == 200
        assert http.post(f"/v1/recommendations/{key}/feedback", json={"accepted": True}).status_code == 200
    life = http.get(f"/v1/recommendations/{key}").json()
    assert [one["unit"] for one in life["shown"]].count("next") == 1
    assert len(life["feedback"]) == 1
    assert life["state"] in ("accepted", "measured")
    changed = http.post(f"/v1/recommendations/{key}/feedback", json={"accepted": False, "note": "too dear"}).json()
    assert [one["accepted"] for one in changed["feedback"]] == [True, False]


@pytest.mark.parametrize("sent", [{}, {"content": b"", "headers": {"Content-Type": "application/json"}}, {"json": {}}])
def test_shown_needs_no_body(http: httpx.Client, sent: dict[str, Any]):
    key = http.get("/v1/recommendations").json()["cards"][0]["id"]
    answer = http.post(f"/v1/recommendations/{key}/shown", **sent)
    assert answer.status_code == 200
    assert [one["unit"] for one in answer.json()["shown"]].count(None) == 1


def test_what_is_sent_to_shown_must_be_json(http: httpx.Client):
    key = http.get("/v1/recommendations").json()["cards"][0]["id"]
    assert http.post(f"/v1/recommendations/{key}/shown", content=b"next").status_code == 415


def test_a_recommendation_that_is_listed_can_be_looked_at_before_it_was_shown(http: httpx.Client):
    card = http.get("/v1/recommendations").json()["cards"][-1]
    life = http.get(f"/v1/recommendations/{card['id']}")
    assert life.status_code == 200
    assert life.json()["state"] == "proposed"
    assert life.json()["claim"]["sentence"] == card["sentence"]
    assert life.json()["shown"] == life.json()["outcomes"] == []


@pytest.mark.parametrize(
    ("path", "body", "problems"),
    [
        ("/v1/plans/evaluate", {"plans": []}, ["give at least one plan"]),
        ("/v1/forecasts", {"forecasts": []}, ["give at least one forecast"]),
        ("/v1/plans/evaluate", {"plans": [{**PLAN, "budget": -1}]}, ["should be greater than or equal to 0.000000001"]),
    ],
)
def test_a_list_is_called_empty_only_when_it_is(
    http: httpx.Client, path: str, body: dict[str, Any], problems: list[str]
):
    assert [one["problem"] for one in http.post(path, json=body).json()["errors"]] == problems


def test_the_older_paths_do_the_same(http: httpx.Client):
    key = _first_card(http)["id"]
    assert http.post("/shown", json={"recommendation_id": key}).json()["recommendation_id"] == key
    assert http.post("/feedback", json={"recommendation_id": key, "accepted": True}).status_code == 200


def test_an_unknown_recommendation_is_a_404(http: httpx.Client):
    assert http.get("/v1/recommendations/rec_0").status_code == 404
    assert http.post("/v1/recommendations/rec_0/shown", json={}).status_code == 404
    assert http.post("/feedback", json={"recommendation_id": "rec_0", "accepted": True}).status_code == 404


def test_an_outcome_is_attached_when_a_campaign_names_the_recommendation(http: httpx.Client):
    card = _first_card(http)
    kind, _, name = card["signal"].partition(":")
    creative, platform = (name, "Meta") if kind == "creative" else ("k1", name)
    http.post(f"/v1/recommendations/{card['id']}/shown", json={})
    metrics = {"impressions": 20_000, "clicks": 950, "conversions": 90, "spend": 400.0}
    answer = http.post(
        "/analyze-campaign",
        json={
            "campaign_id": "follower", "platform": platform, "objective": "Leads", "expected_metrics": metrics,
            "actual_metrics": metrics, "creatives": [{"id": creative, "type": "video"}],
            "timestamp": "2026-03-01T00:00:00+00:00", "recommendation_ids": [card["id"]],
        },
    )  # fmt: skip
    assert answer.status_code == 200
    life = http.get(f"/v1/recommendations/{card['id']}").json()
    assert life["state"] == "measured"
    assert life["outcomes"][0]["campaign_id"] == "follower"
    assert life["outcomes"][0]["measured"] > 0


def test_forecasts_are_appended_once(http: httpx.Client):
    body = {
        "forecasts": [
            {
                "issuer": "agent", "issued_at": "2026-01-01T00:00:00+00:00", "metric": "conversions", "point": 10.0,
                "campaign_id": "later",
            }
        ]
    }  # fmt: skip
    first, again = (http.post("/v1/forecasts", json=body) for _ in range(2))
    assert (first.status_code, first.json()) == (201, {"received": 1, "added": 1})
    assert again.json() == {"received": 1, "added": 0}


def test_the_scoreboard_knows_the_planner_and_us(http: httpx.Client):
    board = http.get("/v1/track-record").json()
    assert {"issuers", "probabilities", "findings", "advice", "holdback"} <= set(board)
    assert "ada" in {row["issuer"] for row in board["issuers"]}
    assert board["holdback"]["evaluable"] is False


def test_a_planned_campaign_keeps_its_hold_back(serve: Callable[..., Any]):
    with serve(holdback=0.2) as server, server.client() as http:
        answers = {name: http.get(f"/v1/recommendations?campaign_id={name}").json() for name in map(str, range(40))}
        held = [name for name, answer in answers.items() if not answer["holdback"]["treated"]]
        assert 2 <= len(held) <= 16
        assert all(answers[name]["cards"] == [] for name in held)
        assert "held back" in answers[held[0]]["reason"]
        assert http.get(f"/v1/recommendations?campaign_id={held[0]}").json()["holdback"] == answers[held[0]]["holdback"]
        invitation = http.post("/v1/plans/evaluate", json={"plans": [PLAN]}).json()["holdback"]
        assert "20% of planned campaigns get no advice" in invitation


def test_turned_off_nothing_is_held_back(serve: Callable[..., Any]):
    with serve() as server, server.client() as client:
        answers = [client.get(f"/v1/recommendations?campaign_id={k}").json() for k in range(5)]
        assert all(answer["holdback"] is None for answer in answers)
        assert "every campaign gets advice" in client.get("/v1/track-record").json()["holdback"]["reason"]
        assert "MARKO_HOLDBACK=0.2" in client.post("/v1/plans/evaluate", json={"plans": [PLAN]}).json()["holdback"]


def test_labels_and_sentences_are_spelt_as_campaigns_do_and_signals_are_keys(http: httpx.Client) -> None:
    found = http.get("/recommendations").json()
    platforms = {row["signal_key"]: row["label"] for row in found["top_signals"] if "platform:" in row["signal_key"]}
    spelt = {"platform:meta": "Meta", "platform:google": "Google", "platform:tiktok": "TikTok"}
    assert platforms
    assert all(label == spelt[key] for key, label in platforms.items())
    cards = [card for card in found["cards"] if card["signal"].startswith("platform:")]
    assert all(card["signal"] == card["signal"].casefold() for card in found["cards"])
    for card in cards:
        assert card["label"] in spelt.values()
        assert card["label"] in card["sentence"]
        assert card["label"] in card["action"]
    learnings = http.get("/v1/learnings", params={"limit": 500}).json()["items"]
    assert not any("meta" in row["text"] or "tiktok" in row["text"] for row in learnings)
