"""A database of an earlier version opens, has the tables the first migration makes, and gives the same answers."""

import json
import lzma
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from reflection.domain.plan import PlanRequest
from reflection.domain.validation import read
from reflection.settings import Settings
from reflection.store.database import migrate
from reflection.store.database.connections import Database
from reflection.store.maintenance.verify import verify
from reflection.wiring import Application, build

FROZEN = Path(__file__).parent / "frozen"
SOURCE = "7226a49"
OF_THE_MOMENT = frozenset({"as_of", "recorded_at", "created_at", "revision", "epoch", "similar", "review"})
"""Not compared: instants, counters, and what embeddings rank, which may differ by processor."""


def _schema(path: Path) -> dict[tuple[str, str], str]:
    """Every object of a database with its statement, white space normalised."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    connection.close()
    return {(kind, name): " ".join((statement or "").split()) for kind, name, statement in rows}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the frozen database."""
    copy = tmp_path / "reflection.db"
    copy.write_bytes(lzma.decompress((FROZEN / f"{SOURCE}.db.xz").read_bytes()))
    return copy


@pytest.fixture
def application(path: Path, tmp_path: Path) -> Iterator[Application]:
    settings = {"output_dir": tmp_path / "out", "weights_path": tmp_path / "weights.json"}
    with build(Settings.load(database_path=path, embedding_model="none", **settings)) as application:
        yield application


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What the commit that wrote the database answered."""
    value: dict[str, Any] = orjson.loads(lzma.decompress((FROZEN / f"{SOURCE}.answers.json.xz").read_bytes()))
    return value


def _assert_same(now: Any, before: Any, where: str = "") -> None:
    """Equal in everything that was there before; numbers up to what another processor's sums may differ by."""
    if isinstance(before, dict):
        for name in before.keys() - OF_THE_MOMENT:
            _assert_same(now[name], before[name], f"{where}/{name}")
    elif isinstance(before, list):
        assert len(now) == len(before), where
        for place, (item_now, item_before) in enumerate(zip(now, before, strict=True)):
            _assert_same(item_now, item_before, f"{where}/{place}")
    elif isinstance(before, float):
        assert now == pytest.approx(before, rel=1e-6, abs=1e-9), where
    else:
        assert now == before, where


def _plain(answer: Any) -> Any:
    return orjson.loads(orjson.dumps(answer))


def test_the_first_migration_makes_the_tables_that_database_has_object_by_object(path: Path, tmp_path: Path) -> None:
    database = Database(tmp_path / "new.db")
    migrate.upgrade(database, "0007")
    database.close()

    assert _schema(tmp_path / "new.db") == _schema(path)
    assert len(_schema(path)) == 96


def test_it_opens_at_this_versions_tables_and_is_sound(path: Path, application: Application) -> None:
    assert migrate.current(application.database) == migrate.head()
    assert verify(application.database) == []


def test_stored_answers_are_what_they_were(application: Application, answers: dict[str, Any]) -> None:
    for campaign_id, body in answers["campaigns"].items():
        assert orjson.loads(application.engine.show(campaign_id)) == body
    assert application.store.last_seq("default") == answers["seq"]
    assert len(application.store.forecasts("default")) == answers["forecasts"]


def test_what_was_said_and_given_is_still_there(application: Application, answers: dict[str, Any]) -> None:
    details = application.book.get("default", answers["learnings"][0]["id"])

    assert [(review["verdict"], review["author"]) for review in details["reviews"]] == [("approve", "an analyst")]
    assert [recall["question"] for recall in details["recalls"]] == ["video for students"]
    assert [key.name for key in application.keys.list()] == ["a reader"]


def test_what_is_learnt_again_gives_the_same_answers(application: Application, answers: dict[str, Any]) -> None:
    learnings_before, _ = application.book.list("default")
    application.learner.learn_now("default")
    learnings, _ = application.book.list("default")
    plan = read(PlanRequest, json.dumps(answers["plan"]).encode())

    _assert_same(_plain(learnings_before), answers["learnings"])
    _assert_same(_plain(learnings), answers["learnings"])
    _assert_same(_plain(application.engine.effects()), answers["effects"])
    _assert_same(_plain(application.recommendations.evaluate(plan, workspace="default")), answers["evaluated"])
    _assert_same(_plain(application.engine.insights(limit=100)), answers["insights"])
    _assert_same(_plain(application.engine.patterns(limit=100)), answers["patterns"])


def test_the_calibration_is_a_column_of_its_own(application: Application) -> None:
    knowledge = application.learner.learn_now("default")
    with application.database.read() as connection:
        query = "SELECT calibration FROM fits ORDER BY id DESC LIMIT 1"
        stored = connection.exec_driver_sql(query).scalar_one()

    assert stored == knowledge.calibration != b""
    assert "calibration" not in knowledge.diagnostics
