"""Advice as rows: append-only, idempotent, and per workspace."""

import pytest
from sqlalchemy import text

from reflection.domain.ports import ForecastRow
from reflection.errors import ReflectionError
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.recommendations import AdviceRows

CLAIM = {"signal": "creative.type:video", "lane": "exploit", "platform": None}


@pytest.fixture
def rows(database: Database) -> AdviceRows:
    return AdviceRows(database)


def test_a_claim_is_frozen_once_per_state_and_campaign(rows: AdviceRows):
    assert rows.show("default", "r", "c1", 7, "t1", CLAIM)
    assert not rows.show("default", "r", "c1", 7, "t2", {**CLAIM, "lane": "avoid"})
    assert rows.show("default", "r", "c1", 8, "t3", CLAIM)
    assert [one["shown_at"] for one in rows.displays("default", "r")] == ["t1", "t3"]
    assert rows.displays("default")[0]["claim"] == CLAIM
    assert rows.displays("other") == []


def test_feedback_is_noted_when_it_changes(rows: AdviceRows):
    assert rows.say("default", "r", True, "", "t1")
    assert not rows.say("default", "r", True, "", "t2")
    assert rows.say("default", "r", False, "too dear", "t3")
    assert rows.say("default", "r", True, "", "t4")
    assert [(one["accepted"], one["note"]) for one in rows.feedback("default", "r")] == [
        (True, ""), (False, "too dear"), (True, ""),
    ]  # fmt: skip


def test_accepted_are_claims_whose_last_word_was_yes(rows: AdviceRows, store: SqlStore):
    for name in ("a", "b", "c"):
        rows.show("default", name, "", 1, "t", CLAIM)
    rows.say("default", "a", True, "", "t")
    rows.say("default", "b", True, "", "t")
    rows.say("default", "b", False, "", "t")
    with store.snapshot("default") as snapshot:
        assert [advice["recommendation_id"] for advice in snapshot.accepted_advice()] == ["a"]


def test_the_first_assignment_holds(rows: AdviceRows):
    assert rows.assign("default", "c1", True, 0.8, "t1") is True
    assert rows.assign("default", "c1", False, 0.5, "t2") is True
    assert rows.assignments("default") == [{"unit": "c1", "treated": True, "probability": 0.8, "assigned_at": "t1"}]


@pytest.mark.parametrize("table", ["advice_shown", "advice_feedback", "advice_assignments"])
def test_what_was_said_cannot_be_changed(rows: AdviceRows, database: Database, table: str):
    rows.show("default", "r", "", 1, "t", CLAIM)
    rows.say("default", "r", True, "", "t")
    rows.assign("default", "c1", True, 0.8, "t1")
    with pytest.raises(ReflectionError), database.write() as connection:
        connection.execute(text(f"UPDATE {table} SET workspace = 'elsewhere'"))


def test_the_register_is_read_in_the_order_of_entry(rows: AdviceRows, store: SqlStore):
    made = [ForecastRow("agent", "1", "t", "ctr", float(k), campaign_id=f"c{k}", detail={"k": k}) for k in range(5)]
    store.add_forecasts("default", made)
    assert list(rows.register("default")) == made
    assert list(rows.register("other")) == []


def test_nothing_was_established_in_an_empty_workspace(rows: AdviceRows):
    assert rows.established("default") == []
