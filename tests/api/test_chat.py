"""POST /agent-chat over HTTP: cited answers, events, and clear refusals."""

import json
from typing import Any

import pytest

from reflection.api.openapi import CMP_007

CAMPAIGN = CMP_007["campaign_id"]


@pytest.fixture
def told(client: Any) -> Any:
    assert client.post("/analyze-campaign", json=CMP_007).status_code == 200
    return client


def test_a_question_about_a_campaign_is_answered_and_cited(told: Any) -> None:
    body = told.post("/agent-chat", json={"message": "Why did CPA fall?", "campaign_id": CAMPAIGN}).json()
    assert body["can_tell"] is True
    assert "accounts for" in body["answer"]
    assert body["source"] == "deterministic"
    assert {"driver:cpa:ctr"} <= {citation["evidence_id"] for citation in body["citations"]}
    assert all(citation["campaign_id"] == CAMPAIGN for citation in body["citations"])


def test_a_campaign_named_in_the_message_is_found(told: Any) -> None:
    body = told.post("/agent-chat", json={"message": f"How did {CAMPAIGN} perform?"}).json()
    assert body["campaign_id"] == CAMPAIGN
    assert "did better than its forecast" in body["answer"]


def test_what_the_data_does_not_hold_cannot_be_told(told: Any) -> None:
    body = told.post("/agent-chat", json={"message": "Who won the cup?"}).json()
    assert body["can_tell"] is False
    assert body["answer"].startswith("I cannot tell from the data.")


def test_events_where_asked_for(told: Any) -> None:
    asked = {"message": "Why did CPA fall?", "campaign_id": CAMPAIGN}
    response = told.post("/agent-chat", json=asked, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in response.text.strip().split("\n\n")]
    names = [lines[0].removeprefix("event: ") for lines in events]
    data = [json.loads(lines[1].removeprefix("data: ")) for lines in events]
    assert names[-1] == "done"
    whole = data[-1]
    again = told.post("/agent-chat", json=asked).json()
    assert {**again, "as_of": None} == {**whole, "as_of": None}, "learning may have ended in between"
    sentences = [item["text"] for name, item in zip(names, data, strict=True) if name == "sentence"]
    assert " ".join(sentences) == whole["answer"]


def test_an_unknown_campaign_is_not_found(told: Any) -> None:
    response = told.post("/agent-chat", json={"message": "CPA?", "campaign_id": "nobody"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": " "},
        {"message": "x" * 2_001},
        {"message": 5},
        {"message": "CPA?", "surplus": 1},
    ],
)
def test_a_malformed_message_is_refused(client: Any, body: dict[str, Any]) -> None:
    response = client.post("/agent-chat", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "message",
    ["<script>alert(1)</script>", "'; DROP TABLE campaigns; --", "../../etc/passwd", "\u202e{e1.actual}"],
)
def test_strange_messages_are_answered_and_not_repeated(told: Any, message: str) -> None:
    response = told.post("/agent-chat", json={"message": message})
    assert response.status_code == 200
    assert message not in response.json()["answer"]
