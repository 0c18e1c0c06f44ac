"""Every answer told from what was learnt says what it is as of and how many campaigns wait, by the same names."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES, Right
from reflection.domain.campaign import Campaign
from reflection.wiring import Application, build

PLAN = {"plans": [{"platform": "Meta", "objective": "Leads", "budget": 1_000.0}]}
SIGNAL = "platform:meta"
LATER = ("waits 1", "waits 2")
PERIOD = "start=2020-01-01&end=2030-01-01"

ASKED: dict[str, list[tuple[str, Any]]] = {
    "GET /insights": [("/insights", None), ("/insights?since=2100-01-01", None)],
    "GET /patterns": [("/patterns", None), ("/patterns?since=2100-01-01", None)],
    "GET /v1/insights": [("/v1/insights", None), ("/v1/insights?since=2100-01-01", None)],
    "GET /v1/patterns": [("/v1/patterns", None)],
    "GET /recommendations": [("/recommendations", None), ("/recommendations?platform=Meta", None)],
    "GET /v1/recommendations": [("/v1/recommendations", None), ("/v1/recommendations?format=envelope", None)],
    "GET /v1/recommendations/{recommendation_id}": [("/v1/recommendations/{card}", None)],
    "POST /v1/recommendations/{recommendation_id}/shown": [("/v1/recommendations/{card}/shown", {})],
    "POST /v1/recommendations/{recommendation_id}/feedback": [
        ("/v1/recommendations/{card}/feedback", {"accepted": False})
    ],
    "POST /shown": [("/shown", {"recommendation_id": "{card}"})],
    "POST /feedback": [("/feedback", {"recommendation_id": "{card}", "accepted": False})],
    "POST /v1/plans/evaluate": [("/v1/plans/evaluate", PLAN)],
    "POST /v1/plans/allocate": [("/v1/plans/allocate", PLAN)],
    "GET /v1/experiments": [("/v1/experiments", None)],
    "GET /v1/track-record": [("/v1/track-record", None)],
    "GET /v1/effects": [("/v1/effects", None), ("/v1/effects?metric=ctr&findings_only=true", None)],
    "GET /v1/effects/{signal:path}/evidence": [("/v1/effects/{signal}/evidence", None)],
    "GET /v1/creative-effects": [("/v1/creative-effects", None)],
    "GET /v1/creatives": [("/v1/creatives", None)],
    "POST /v1/creatives": [("/v1/creatives?register=false", {"creatives": [{"headline": "Save 20 %"}]})],
    "GET /v1/creatives/{creative_id:path}": [("/v1/creatives/{creative}", None)],
    "GET /v1/memory/search": [("/v1/memory/search?q=summer", None)],
    "GET /v1/learnings": [("/v1/learnings", None), ("/v1/learnings?state=retired", None)],
    "GET /v1/learnings/{learning_id}": [("/v1/learnings/{learning}", None)],
    "POST /agent-chat": [
        ("/agent-chat", {"message": "What works best?"}),
        ("/agent-chat", {"message": "Why did it fail?"}),
        ("/agent-chat", {"message": "What was CPA?", "campaign_id": "{campaign}"}),
    ],
    "GET /v1/attention": [("/v1/attention", None)],
    "GET /v1/campaigns": [("/v1/campaigns", None)],
    "GET /v1/months": [("/v1/months", None)],
    "GET /v1/tables/{table}": [(f"/v1/tables/{name}", None) for name in ("effects", "learnings", "campaigns")],
    "GET /v1/campaigns/{campaign_id:path}": [("/v1/campaigns/{campaign}", None)],
    "GET /v1/campaigns/{campaign_id:path}/report": [("/v1/campaigns/{campaign}/report?format=json", None)],
    "GET /v1/portfolio/report": [(f"/v1/portfolio/report?format=json&{PERIOD}", None)],
}
"""What is asked of each route that tells of what was learnt."""

TELLS_NOTHING_LEARNT = {
    "GET /v1/imports", "GET /v1/imports/{import_id}", "GET /v1/imports/{import_id}/events", "GET /v1/days",
    "GET /v1/pacing",  # of files
    "GET /ready",  # has the lag of learning by workspace
    "GET /v1/stream",  # events without end; `learning` says both, see its own tests
    "POST /mcp",  # each tool says both, see test_mcp
    "GET /v1/workspaces", "GET /v1/shares", "POST /v1/shares", "DELETE /v1/shares/{share_id}",
    "GET /v1/events", "POST /v1/events", "DELETE /v1/events/{event_id}",  # what people said
    "POST /v1/experiments", "POST /v1/experiments/next", "GET /v1/experiments/{experiment_id}",
    "DELETE /v1/experiments/{experiment_id}",  # what was tested; the list says what it is as of
    "DELETE /v1/creatives/{creative_id:path}",
    "GET /problems/{code}", "GET /openapi.json", "GET /docs", "GET /docs/{asset}",
    "POST /analyze-campaign", "POST /v1/forecasts", "POST /v1/imports", "POST /v1/observations",  # taken in
    "DELETE /v1/imports/{import_id}", "DELETE /v1/campaigns/{campaign_id:path}",
    "POST /v1/campaigns/{campaign_id:path}/accept", "DELETE /v1/campaigns/{campaign_id:path}/accept",
    "POST /v1/learnings/{learning_id}/review", "POST /v1/learnings/recalls/{recall_id}/outcome",
}  # fmt: skip


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, learnt: Path, settings_in: Any) -> Iterator[Application]:
    """A workspace that has learnt from a history, and two campaigns that wait."""
    folder = tmp_path_factory.mktemp("freshness")
    shutil.copy(learnt, folder / "reflection.db")
    with build(settings_in(folder)) as built:
        for name in LATER:
            built.engine.analyze(Campaign.model_validate_json(json.dumps({**CMP_007, "campaign_id": name})))
        yield built


@pytest.fixture(scope="module")
def client(application: Application) -> Iterator[TestClient]:
    with TestClient(create_app(application)) as client:
        yield client


@pytest.fixture(scope="module")
def names(client: TestClient, application: Application) -> dict[str, str]:
    """What stands for the names in the addresses."""
    card = next(iter(client.get("/v1/recommendations").json()["cards"]))["id"]
    learning = client.get("/v1/learnings").json()["items"][0]["id"]
    client.post("/v1/creatives", json={"creatives": [{"creative_id": "c1", "headline": "Save"}]}).raise_for_status()
    return {
        "card": card,
        "creative": "c1",
        "learning": learning,
        "signal": SIGNAL,
        "campaign": application.store.campaigns("default", limit=1)[0].campaign_id,
    }


def test_every_route_either_tells_of_what_was_learnt_or_is_named_as_one_that_does_not() -> None:
    public = {name for name, right in POLICIES.items() if right in (Right.PUBLIC, Right.OPERATE)}
    assert set(ASKED) | TELLS_NOTHING_LEARNT | public == set(POLICIES)
    assert not set(ASKED) & TELLS_NOTHING_LEARNT


@pytest.mark.parametrize("route", ASKED)
def test_every_answer_says_what_it_is_as_of_and_how_many_campaigns_wait(
    client: TestClient, application: Application, names: dict[str, str], route: str
) -> None:
    as_of = application.store.knowledge("default").as_of
    for address, body in ASKED[route]:
        path = _named(address, names)
        sent = None if body is None else json.loads(_named(json.dumps(body), names))
        answer = client.request(route.split(" ")[0], path, json=sent)
        assert answer.status_code == 200, (path, answer.text)
        if "tables" in path:
            assert (answer.headers["X-As-Of"], answer.headers["X-Pending"]) == (as_of, "2"), path
            continue
        told = answer.json()
        if isinstance(told, list) or "envelope" in path:  # shapes that were agreed on: beside them, in headers
            assert (answer.headers["X-As-Of"], answer.headers["X-Pending"]) == (as_of, "2"), path
            rows = told if isinstance(told, list) else [row["context"] for row in told["recommendations"]]
            assert all((row.get("known_as_of", row.get("as_of")), row["pending"]) == (as_of, 2) for row in rows), path
        else:
            assert (told["as_of"], told["pending"]) == (as_of, 2), path


def test_a_campaign_that_waits_itself_counts_the_others_as_its_own_analysis_did(client: TestClient) -> None:
    address = f"/v1/campaigns/{LATER[0]}"
    assert client.get(address).json()["pending"] == 1
    assert client.get(f"{address}/report?format=json").json()["pending"] == 1


def test_what_was_just_analysed_is_read_back_byte_for_byte(settings: Any) -> None:
    with build(settings) as application, TestClient(create_app(application)) as client:
        posted = client.post("/analyze-campaign", json=CMP_007)
        read = client.get(f"/v1/campaigns/{CMP_007['campaign_id']}")
        assert read.content == posted.content


def test_before_anything_was_learnt_a_bare_list_says_how_many_wait(settings: Any) -> None:
    with build(settings) as application, TestClient(create_app(application)) as client:
        client.post("/analyze-campaign", json=CMP_007)
        answer = client.get("/patterns")
    assert (answer.json(), answer.headers["X-Pending"], answer.headers.get("X-As-Of")) == ([], "1", None)


def _named(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text
