"""Registered creatives and places of texts: once each, all or none, first places stay, gone with their workspace."""

import pytest

from reflection.domain.creative_entry import CreativeEntry
from reflection.errors import Conflict, NotFound
from reflection.store import creatives as rows
from reflection.store.creatives import CreativeBook
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace, remaining


def entry(name: str, headline: str = "Is it you?") -> CreativeEntry:
    return CreativeEntry(creative_id=name, headline=headline)


def test_a_creative_is_there_once_and_keeps_its_first_score(any_database: Database) -> None:
    book = CreativeBook(any_database)
    assert book.add("acme", [(entry("One"), 61.0), (entry("two"), None)]) == ["added", "added"]
    assert book.add("acme", [(entry("One"), 40.0)]) == ["unchanged"]
    assert book.get("acme", "creative:one")["own_score"] == 61.0
    assert book.add("acme", [(entry("One", "It is you"), 40.0)]) == ["replaced"]
    listed, following = book.list("acme", limit=1)
    assert ([row["creative_id"] for row in listed], following) == (["One"], "creative:one")
    assert [row["creative_id"] for row in book.list("acme", after="creative:one")[0]] == ["two"]
    assert {one.creative_key: one.own_score for one in book.newest("acme", 9)} == {
        "creative:one": 40.0,
        "creative:two": None,
    }
    assert book.newest("other", 9) == []
    assert book.remove("acme", "creative:two")["creative_id"] == "two"
    with pytest.raises(NotFound):
        book.get("acme", "creative:two")


def test_places_are_kept_as_they_were_first_and_go_with_their_workspace(any_database: Database) -> None:
    book = CreativeBook(any_database)
    book.add("acme", [(entry("one"), None)])
    book.keep("acme", "model", {"b": (-1, 2**31 - 1), "a": (0, 5)})
    book.keep("acme", "model", {"a": (9, 9)})
    assert book.places("acme", "model", ["a", "b", "c"]) == {"a": (0, 5), "b": (-1, 2**31 - 1)}
    assert book.places("acme", "other model", ["a"]) == book.places("other", "model", ["a"]) == {}
    purge_workspace(any_database, "acme", "2026-01-01T00:00:00+00:00")
    assert {
        name: left for name, left in remaining(any_database, "acme").items() if name in ("creatives", "text_places")
    } == {}


def test_a_workspace_is_bounded(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows.CreativeBook, "most", 1)
    book = CreativeBook(any_database)
    with pytest.raises(Conflict):
        book.add("acme", [(entry("one"), None), (entry("two"), None)])
    assert book.list("acme") == ([], None)
