"""One request, one state: what is read together is read in one transaction, each thing once.

Beside it only the memory reads, in transactions of its own: its index belongs to the process and follows the newest
commit, and what comes before it, embedding a text, may take seconds with no transaction open.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Connection

from reflection.api.app import create_app
from reflection.store.database.connections import Database
from reflection.store.snapshot import SqlSnapshot
from reflection.wiring import Application, build

MEMORY = "reflection.store.memories"
Reads = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, learnt: Path, settings_in) -> Iterator[TestClient]:
    """A workspace that has learnt from a history; no test depends on what another one adds."""
    folder = tmp_path_factory.mktemp("snapshots")
    shutil.copy(learnt, folder / "reflection.db")
    with build(settings_in(folder)) as application, TestClient(create_app(application)) as client:
        yield client


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """The modules that open a read transaction while a block runs, in order."""
    read = Database.read

    @contextmanager
    def counted() -> Iterator[list[str]]:
        modules: list[str] = []

        @contextmanager
        def noted(database: Database, *workspace: str) -> Iterator[Connection]:
            frame = sys._getframe(2)
            if frame.f_globals["__name__"] != KEYS:
                modules.append(frame.f_globals["__name__"])
            with read(database, *workspace) as connection:
                yield connection

        with monkeypatch.context() as patch:
            patch.setattr(Database, "read", noted)
            yield modules

    return counted


KEYS = "reflection.store.api_keys"
"""The gate looks every few seconds whether keys were made or revoked: no part of a request."""

PLAN = {"platform": "Meta", "objective": "Leads", "budget": 1_000.0}
REQUESTS = {
    "recommendations": ("GET", "/recommendations", None),
    "recommendations in a context": ("GET", "/recommendations?platform=Meta&objective=Sales", None),
    "recommendations with odds": ("GET", "/v1/recommendations", None),
    "insights": ("GET", "/insights", None),
    "insights of the past, too": ("GET", "/insights?past=true", None),
    "patterns": ("GET", "/patterns", None),
    "a plan": ("POST", "/v1/plans/evaluate", {"plans": [PLAN]}),
    "a question": ("POST", "/agent-chat", {"message": "What works best?"}),
    "a question on neighbours": ("POST", "/agent-chat", {"message": "Which campaigns are similar to a summer push?"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_reads_one_state(client: TestClient, transactions: Reads, name: str) -> None:
    method, path, body = REQUESTS[name]
    with transactions() as modules:
        answer = client.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    assert len([module for module in modules if module != MEMORY]) == 1


@pytest.mark.parametrize("name", ["recommendations", "insights", "patterns", "a question"])
def test_without_a_search_nothing_else_is_read(client: TestClient, transactions: Reads, name: str) -> None:
    method, path, body = REQUESTS[name]
    with transactions() as modules:
        client.request(method, path, json=body)
    assert len(modules) == 1


def test_a_question_on_a_campaign_reads_one_state(client: TestClient, transactions: Reads, history) -> None:
    with transactions() as modules:
        question = {"message": "Why did CPA fall?", "campaign_id": history[0].campaign_id}
        assert client.post("/agent-chat", json=question).status_code == 200
    assert len(modules) == 1


def test_an_analysis_reads_one_state_before_it_writes(client: TestClient, transactions: Reads, history) -> None:
    another = history[0].model_copy(update={"campaign_id": "another"})
    headers = {"Content-Type": "application/json", "Idempotency-Key": "once"}
    for replayed in (False, True):
        with transactions() as modules:
            answer = client.post("/analyze-campaign", content=another.canonical_json(), headers=headers)
        assert answer.status_code == 200, answer.text
        assert ("Idempotency-Replayed" in answer.headers) is replayed
        assert len([module for module in modules if module != MEMORY]) == 1


def test_knowledge_and_learnings_are_read_once_for_recommendations(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("knowledge", "learning_summaries"):
        question = getattr(SqlSnapshot, name)

        def noted(snapshot: SqlSnapshot, name: str = name, question: Callable[..., object] = question) -> object:
            asked.append(name)
            return question(snapshot)

        monkeypatch.setattr(SqlSnapshot, name, noted)
    assert client.get("/recommendations?platform=Meta").status_code == 200
    assert sorted(asked) == ["knowledge", "learning_summaries"]


def test_a_commit_in_the_middle_of_a_request_is_not_seen(application: Application, make_campaign) -> None:
    application.engine.analyze(make_campaign(campaign_id="before"))
    with application.store.snapshot("default") as snapshot:
        assert snapshot.campaign("before") is not None
        application.engine.analyze(make_campaign(campaign_id="during"))
        assert snapshot.campaign("during") is None
        assert {row["campaign_id"] for row in snapshot.insights(500)} == {"before"}
    assert application.store.campaign("default", "during") is not None
