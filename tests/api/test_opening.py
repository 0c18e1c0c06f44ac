"""A server that takes long to open answers /health at once, holds early requests a little, and says when to come."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from reflection.api import app as door
from reflection.api import middleware
from reflection.api.app import create_app
from reflection.api.opening import Opening
from reflection.cli import serve
from reflection.errors import ConfigurationError, Unavailable
from reflection.settings import Settings
from reflection.store.database import migrate
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.wiring import Application, build


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What lets the opening of a server go on; no server waits for it before it answers."""
    release = threading.Event()

    def slow(settings: Settings, announce: Callable[[str], None]) -> Application:
        announce("its tables are brought up to this version")
        assert release.wait(60)
        return build(settings)

    monkeypatch.setattr(door, "build", slow)
    monkeypatch.setattr(door, "AT_ONCE", 0.0)
    yield release
    release.set()


def test_health_answers_at_once_and_readiness_says_when_to_come(
    held: threading.Event, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "PATIENCE", 0.05)
    with TestClient(create_app(settings=settings)) as client:
        assert client.get("/health").status_code == 200
        for path in ("/ready", "/insights", "/nowhere", "/share/x", "/"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), path
            assert int(answer.headers["Retry-After"]) >= 1, path
            assert "its tables are brought up to this version" in answer.json()["detail"], path
        held.set()
        monkeypatch.setattr(middleware, "PATIENCE", 60.0)
        assert client.get("/insights").json() == []
        assert client.get("/ready").status_code == 200


def test_an_early_request_waits_and_is_answered(held: threading.Event, settings: Settings) -> None:
    with TestClient(create_app(settings=settings)) as client:
        threading.Timer(0.3, held.set).start()
        assert client.get("/patterns").json() == []


def test_a_server_that_is_stopped_while_it_opens_closes_what_it_opened(
    held: threading.Event, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    close = Application.close
    monkeypatch.setattr(Application, "close", lambda self: (closed.append(1), close(self)))
    with TestClient(create_app(settings=settings)) as client:
        client.get("/health")
        held.set()
    assert closed == [1]


def test_what_is_wrong_stops_a_quick_start_and_is_told_by_a_slow_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(settings: Settings, _announce: Any) -> Application:
        raise ConfigurationError("a newer version wrote this database", hint="update")

    monkeypatch.setattr(door, "build", wrong)
    with pytest.raises(ConfigurationError), TestClient(create_app(settings=settings)):
        pass
    monkeypatch.setattr(door, "AT_ONCE", 0.0)
    with TestClient(create_app(settings=settings)) as client:
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert "a newer version wrote this database" in answer.text
        assert client.get("/health").status_code == 200


def test_a_database_that_is_away_for_a_while_is_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()

    def away(settings: Settings, _announce: Any) -> Application:
        if not back.is_set():
            raise Unavailable("the database server cannot be reached")
        return build(settings)

    monkeypatch.setattr(door, "build", away)
    monkeypatch.setattr(door, "AT_ONCE", 0.0)
    monkeypatch.setattr(door, "RETRY_AFTER", 0.01)
    with TestClient(create_app(settings=settings)) as client:
        while "cannot be reached" not in (answer := client.get("/ready")).text:
            assert answer.status_code == 503
        back.set()
        while client.get("/ready").status_code != 200:
            continue
    back.clear()
    with TestClient(create_app(settings=settings)) as client:  # one that is stopped meanwhile stops
        assert client.get("/health").status_code == 200


def test_waiting_ends_with_the_opening() -> None:
    async def story() -> None:
        opening = Opening()
        with pytest.raises(Unavailable):
            await opening.wait(0.0)
        waiting = asyncio.create_task(opening.wait(60.0))
        await asyncio.sleep(0)
        opening.done()
        await waiting
        await opening.wait(0.0)

    asyncio.run(story())


def test_opening_asks_the_same_however_much_is_stored(
    settings_in: Callable[..., Settings], learnt: Path, tmp_path: Path
) -> None:
    """O(what is pending): no statement of an opening reads the history."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "reflection.db").write_bytes(learnt.read_bytes())
    asked = [_statements(settings_in(tmp_path / name)) for name in ("empty", "full")]
    assert asked[0] == asked[1]
    assert len(asked[0]) < 20


def _statements(settings: Settings) -> list[str]:
    from sqlalchemy.engine import Engine

    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    Database(settings.database).close()  # there, where a database of a server stands for the file
    event.listen(Engine, "before_cursor_execute", note)
    try:
        build(settings).close()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return seen


def test_what_an_earlier_version_wrote_is_brought_up_when_everybody_can_ask_and_not_before(settings: Settings) -> None:
    """A start that looks for keys takes the tables as they are: nobody would be answered meanwhile."""
    database = open_database(settings.database)
    migrate.downgrade(database, "0018")
    said: list[str] = []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve.Settings, "load", lambda **_: settings)
        assert not serve._any_stored()
    assert migrate.current(database) == "0018"
    build(settings, said.append).close()

    (sentence,) = said
    assert f"tables are brought up to this version (0018 to {migrate.head()})" in sentence
    database.close()


@pytest.mark.sqlite
def test_looking_for_keys_where_there_is_no_database_makes_none(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = settings.model_copy(update={"database_path": tmp_path / "none.db"})
    monkeypatch.setattr(serve.Settings, "load", lambda **_: elsewhere)

    assert not serve._any_stored()
    assert not elsewhere.database_path.exists()


def test_looking_for_keys_before_a_start_publishes_and_learns_nothing(
    application: Application, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.engine.analyze(sample)
    monkeypatch.setattr(serve.Settings, "load", lambda **_: application.settings)
    pending = application.outbox.lag()
    assert not serve._any_stored()
    assert application.outbox.lag() == pending == {"artifacts": 1}
    application.keys.create("default", "write", "owner")
    assert serve._any_stored()
