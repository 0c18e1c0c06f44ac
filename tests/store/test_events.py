"""Events over a new database and over one that an earlier release wrote; bounded, purged with their workspace."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reflection.domain.events import Event
from reflection.domain.validation import read
from reflection.errors import Conflict
from reflection.reports.table_service import TABLES
from reflection.reports.tables import csv_lines
from reflection.store import events as event_rows
from reflection.store.database.connections import Database
from reflection.store.events import EventBook
from reflection.store.maintenance.purge import purge_workspace, remaining


def test_events_are_kept_and_go_with_their_workspace(any_database: Database) -> None:
    book = EventBook(any_database)
    for workspace in ("acme", "globex"):
        book.add(workspace, Event(day=date(2026, 3, 1), text="a sale"))
    items, following = book.list("acme")

    assert ([item["text"] for item in items], following) == (["a sale"], None)
    purge_workspace(any_database, "acme", "2026-03-01T00:00:00.000000+00:00")
    assert set(remaining(any_database, "acme")) <= {"outbox"}, "what tells the publisher"
    assert book.list("acme") == ([], None)
    assert len(book.list("globex")[0]) == 1


def test_their_number_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_rows, "MOST_EVENTS", 2)
    book = EventBook(database)
    for number in range(2):
        book.add("acme", Event(day=date(2026, 3, 1), text=f"event {number}"))

    with pytest.raises(Conflict):
        book.add("acme", Event(day=date(2026, 3, 1), text="one more"))
    book.add("globex", Event(day=date(2026, 3, 1), text="another workspace's"))


@given(st.text(min_size=1, max_size=50), st.dates(), st.sampled_from(["all", "platform:x", "campaign:c"]))
def test_the_same_event_has_the_same_id_and_another_has_another(text: str, day: date, scope: str) -> None:
    event = Event.model_construct(day=day, until=None, scope=scope, kind="other", text=text)
    longer = event.model_copy(update={"text": text + "x"})

    assert event.event_id == event.model_copy().event_id != longer.event_id
    assert event.event_id != event.model_copy(update={"until": day}).event_id


@given(
    st.sampled_from(["platform:", " Objective :", "campaign:"]),
    st.text(alphabet="aAbBßİ %:/*-_\u00a0\u017f", min_size=1, max_size=20),
)
def test_a_scope_read_again_is_itself(kind: str, name: str) -> None:
    body = {"day": "2026-03-01", "text": "x"}
    assume(name.strip())
    first = read(Event, {**body, "scope": kind + name}).scope

    assert read(Event, {**body, "scope": first}).scope == first


def test_an_exported_event_is_no_formula(database: Database, record: Callable[..., object]) -> None:
    book = EventBook(database)
    book.add("acme", Event(day=date(2026, 3, 1), text="=1+1"))

    assert "'=1+1" in "".join(csv_lines(book.list("acme")[0], TABLES["events"].columns))
