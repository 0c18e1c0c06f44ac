"""When something came last, and which learnings ended lately, over a real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from reflection.domain.instants import instant_text
from reflection.store.attention_read import ended_learnings, last_arrival
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.tables.learnings import learning_revisions, learnings

START = datetime(2026, 1, 1, tzinfo=UTC)
ENDED = ("retired", "superseded")


def history(database: Database, learning_id: str, states: list[str], workspace: str = "default") -> None:
    """A learning whose states were these, one a day."""
    head = {"workspace": workspace, "learning_id": learning_id}
    claim = {"signal_key": "s:1", "context": "", "metric": "ctr", "worth": 0.1, "created_at": instant_text(START)}
    with database.write() as connection:
        connection.execute(insert(learnings), {**head, **claim, "revision": len(states), "state": states[-1]})
        for number, state in enumerate(states, start=1):
            day = instant_text(START + timedelta(days=number))
            row = {**head, "revision": number, "state": state, "recorded_at": day, "worth": 0.1, "seq": 1, "body": "{}"}
            connection.execute(insert(learning_revisions), row)


def test_a_learning_ends_when_it_came_into_its_state_not_when_it_was_revised_last(database: Database) -> None:
    history(database, "lrn_old", ["established", "superseded", "superseded", "superseded", "superseded"])
    history(database, "lrn_again", ["superseded", "established", "established", "superseded", "superseded"])
    history(database, "lrn_never", ["established"] * 5)
    history(database, "lrn_first", ["retired"])
    history(database, "lrn_other", ["established", "retired"], workspace="other")

    with database.read() as connection:
        since = {
            day: ended_learnings(connection, "default", ENDED, START + timedelta(days=day), 10) for day in (0, 3, 5)
        }
        assert list(ended_learnings(connection, "default", ENDED, START, 1)) == ["lrn_again"]

    assert list(since[0]) == ["lrn_again", "lrn_old", "lrn_first"]
    assert since[0]["lrn_old"] == instant_text(START + timedelta(days=2))
    assert since[3] == {"lrn_again": instant_text(START + timedelta(days=4))}
    assert since[5] == {}


def test_the_last_arrival_is_that_of_a_campaign_and_not_of_taking_one_back(
    database: Database, store: SqlStore, record: Callable[..., Any]
) -> None:
    with database.read() as connection:
        assert last_arrival(connection, "default") is None
    store.save_analysis(record("cmp_1"))
    store.save_analysis(record("cmp_2"))
    with database.read() as connection:
        last = last_arrival(connection, "default")
    store.delete_campaign("default", "cmp_1")
    with database.read() as connection:
        assert last_arrival(connection, "default") == last
        assert last_arrival(connection, "other") is None
    assert last is not None
    assert datetime.fromisoformat(last).tzinfo is not None
