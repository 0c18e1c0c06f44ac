"""Experiments over new and old databases: once each, all or none, counted for learning, gone with their workspace."""

import pytest

from reflection.domain.experiment import Arm, Experiment
from reflection.errors import Conflict, NotFound
from reflection.store import experiments as rows
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.experiments import ExperimentBook
from reflection.store.maintenance.purge import purge_workspace, remaining


def experiment(name: str, clicks: float = 10.0) -> Experiment:
    arms = (Arm(name="a", creative="x", impressions=100.0, clicks=clicks), Arm(name="b", creative="y"))
    return Experiment(experiment_id=name, name=name, arms=arms)


def test_an_experiment_is_there_once_whatever_is_sent(any_database: Database) -> None:
    book, store = ExperimentBook(any_database), SqlStore(any_database)
    assert [item.outcome for item in book.add("acme", [experiment("one"), experiment("two")])] == ["added", "added"]
    assert [item.outcome for item in book.add("acme", [experiment("two"), experiment("one")])] == ["unchanged"] * 2
    assert store.experiment_changes("acme") == 2
    assert [item.outcome for item in book.add("acme", [experiment("one", 11.0)])] == ["replaced"]
    assert store.experiments("acme").changes == 3
    listed, following = book.list("acme", limit=1)
    assert ([row["experiment_id"] for row in listed], following) == (["one"], "one")
    assert [row["experiment_id"] for row in book.list("acme", after="one")[0]] == ["two"]
    assert Experiment.model_validate_json(book.get("acme", "one")["body"]) == experiment("one", 11.0)
    assert "acme" in store.behind()
    book.remove("acme", "one")
    assert len(store.experiments("acme").bodies) == 1
    assert store.experiment_changes("acme") == 4
    with pytest.raises(NotFound):
        book.remove("acme", "one")
    with pytest.raises(NotFound):
        book.get("globex", "two")
    assert store.experiments("globex").bodies == ()
    purge_workspace(any_database, "acme", "2026-03-01T00:00:00.000000+00:00")
    assert set(remaining(any_database, "acme")) <= {"outbox"}
    assert "acme" not in store.behind()


def test_too_many_are_refused_and_none_of_them_is_stored(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows.ExperimentBook, "most", 2)
    book = ExperimentBook(database)
    with pytest.raises(Conflict):
        book.add("acme", [experiment(name) for name in "abc"])
    assert book.list("acme") == ([], None)
    assert SqlStore(database).experiment_changes("acme") == 0
