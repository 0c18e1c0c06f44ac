"""Reading back: ledger, live evidence, knowledge, insights, workspaces."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from reflection.domain.knowledge import NOTHING, Knowledge, MetricPosterior
from reflection.domain.ports import AnalysisRecord, StaleRevision
from reflection.domain.results import Finding
from reflection.domain.weights import SignalWeight
from reflection.errors import LearningError, NotFound
from reflection.store import campaigns_read
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.maintenance.verify import verify
from reflection.store.projections.outbox import Outbox
from reflection.store.snapshot import SqlSnapshot

Make = Callable[..., AnalysisRecord]
SnapshotOf = Callable[[str], SqlSnapshot]


def _finding(number: int, supporting: tuple[str, ...]) -> Finding:
    return Finding(
        finding_id=f"f{number}",
        category="winning_audience",
        title="t",
        description=f"description {number}",
        signal_key=f"audience:{number}",
        impact_score=float(number),
        evidence_count=len(supporting),
        metadata={},
        metric="ctr",
        direction="favorable",
        effect=1.2,
        interval=(1.1, 1.3),
        probability=0.99,
        lfsr=0.01,
        raw_lift=1.4,
        effective_campaigns=3.0,
        spend=100.0,
        supporting=supporting,
        contradicting=(),
    )


def _knowledge(seq: int, *, epoch: int = 1, findings: int = 2, **changes: Any) -> Knowledge:
    weight = SignalWeight("platform:meta", 1.1, 3, 1, "2026-03-29T10:00:00+00:00", (0.9, 1.3), 1.2, 3.5)
    posterior = MetricPosterior(("platform:meta",), np.ones((2, 4), np.float32), 0.2, {"platform": 0.1}, 0.02)
    fields: dict[str, Any] = {
        "epoch": epoch,
        "seq": seq,
        "as_of": f"2026-03-29T10:00:{seq:02d}+00:00",
        "campaigns": seq,
        "findings": tuple(_finding(number, ("b", "a")) for number in range(findings)),
        "weights": (weight,),
        "posteriors": {"ctr": posterior},
        "reason": None,
    }
    return Knowledge(**{**fields, **changes})


def test_the_ledger_is_read_after_a_number_and_up_to_a_limit(store: SqlStore, record: Make) -> None:
    store.save_many([record(f"cmp_{number:04}") for number in range(1_203)])
    everything = list(store.ledger("default"))

    assert len(everything) == 1_203
    assert store.last_seq("default") == everything[-1].seq
    assert list(store.ledger("default", after=everything[1_000].seq)) == everything[1_001:]
    assert list(store.ledger("default", limit=1_100)) == everything[:1_100]
    assert list(store.ledger("default", limit=0)) == []
    assert list(store.ledger("other")) == []
    assert store.last_seq("other") == 0
    assert [campaign for campaign, _ in store.live_evidence("default")] == [e.campaign_id for e in everything]


def test_of_large_campaigns_fewer_are_read_together(
    store: SqlStore, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same entries in the same order, whatever is the most that is held at a time."""
    store.save_many([record(f"cmp_{number}") for number in range(7)])
    ledger, live = list(store.ledger("default")), list(store.live_evidence("default"))
    newest = store.newest_campaigns("default", 7)

    size = 2 * len(ledger[0].payload)
    monkeypatch.setattr(campaigns_read, "PAGE_SIZE", size)
    with store._database.read("default") as connection:
        assert len(campaigns_read.ledger_page(connection, "default", 0, 7)) == 3
        assert len(campaigns_read.evidence_page(connection, "default", ledger[-1].seq, "", 7)) == 3
    assert list(store.ledger("default")) == ledger
    assert list(store.ledger("default", limit=5)) == ledger[:5]
    assert list(store.live_evidence("default")) == live
    monkeypatch.setattr(campaigns_read, "PAGE_SIZE", 2 * len(newest[0]))
    assert store.newest_campaigns("default", 7) == newest[:3]


def test_the_newest_campaigns_are_those_of_the_latest_instants(store: SqlStore, record: Make) -> None:
    days = {"a": 3, "b": 1, "c": 3, "d": 2}
    store.save_many([record(name, version=day) for name, day in days.items()])
    store.save_analysis(record("e", workspace="other", version=9))

    def newest(workspace: str, limit: int) -> list[str]:
        return [json.loads(body)["campaign_id"] for body in store.newest_campaigns(workspace, limit)]

    assert newest("default", 9) == ["a", "c", "d", "b"]
    assert newest("default", 3) == ["a", "c", "d"]
    assert newest("other", 3) == ["e"]
    store.delete_campaign("default", "c")
    assert newest("default", 2) == ["a", "d"]


def test_live_evidence_is_one_state_however_long_reading_takes(store: SqlStore, record: Make) -> None:
    store.save_many([record(f"cmp_{number:04}") for number in range(1_500)])
    reading = store.live_evidence("default")
    seen = [next(reading)]

    store.save_analysis(record("cmp_1400", version=2, expected_revision=1))
    store.delete_campaign("default", "cmp_1401")
    store.save_analysis(record("cmp_1402b"))
    seen += list(reading)

    assert seen == [(f"cmp_{number:04}", f"evidence cmp_{number:04} 1".encode()) for number in range(1_500)]
    now = dict(store.live_evidence("default"))
    assert now["cmp_1400"] == b"evidence cmp_1400 2"
    assert "cmp_1401" not in now
    assert "cmp_1402b" in now


def test_what_was_believed_at_an_entry_can_be_read_later(store: SqlStore, record: Make) -> None:
    store.save_analysis(record("a"))
    then = store.last_seq("default")
    store.save_analysis(record("a", version=2, expected_revision=1))
    store.delete_campaign("default", "a")

    assert list(store.live_evidence("default", upto=then)) == [("a", b"evidence a 1")]
    assert list(store.live_evidence("default", upto=0)) == []


def test_evidence_of_a_signal_names_only_campaigns_that_have_it_now(
    store: SqlStore, record: Make, snapshot_of: SnapshotOf
) -> None:
    store.save_many([record(name) for name in "cab"])
    store.save_analysis(record("b", version=2, expected_revision=1, signal_keys=("audience.age:2",)))

    assert snapshot_of("default").evidence_of_signal("platform:meta", 10) == [
        ("a", b"evidence a 1"),
        ("c", b"evidence c 1"),
    ]
    assert [name for name, _ in snapshot_of("default").evidence_of_signal("platform:meta", 1)] == ["a"]
    assert snapshot_of("other").evidence_of_signal("platform:meta", 10) == []


def test_an_empty_workspace_knows_nothing(store: SqlStore) -> None:
    assert store.knowledge("default") is NOTHING
    assert store.workspaces() == []


def test_knowledge_is_read_back_and_replaces_patterns_and_weights(
    store: SqlStore, database: Database, record: Make, snapshot_of: SnapshotOf
) -> None:
    store.save_many([record("a"), record("b", version=2)])

    assert store.save_knowledge("default", _knowledge(1, findings=3), {"weights.json": b"{}"})
    assert store.save_knowledge("default", _knowledge(2, findings=2), {"weights.json": b"{}"})

    knowledge = store.knowledge("default")
    assert knowledge.seq == 2
    assert knowledge.findings == _knowledge(2).findings
    assert np.array_equal(knowledge.posteriors["ctr"].draws, np.ones((2, 4), np.float32))
    assert store.knowledge("default") is knowledge
    assert [row["id"] for row in snapshot_of("default").patterns(10)] == ["f1", "f0"]
    assert snapshot_of("default").patterns(1)[0] == {
        "id": "f1",
        "campaign_id": "b",
        "category": "winning_audience",
        "signal_key": "audience:1",
        "summary": "description 1",
        "impact_score": 1.0,
        "created_at": "2026-03-29T10:00:02+00:00",
    }
    assert [entry.key for entry in Outbox(database).pending("artifacts")][-1] == ""


def test_older_knowledge_never_replaces_newer(store: SqlStore) -> None:
    assert store.save_knowledge("default", _knowledge(5, epoch=2), {})

    for seq, epoch in ((5, 2), (4, 2), (9, 1)):
        assert store.save_knowledge("default", _knowledge(seq, epoch=epoch), {}) is False
    assert store.knowledge("default").seq == 5
    assert store.save_knowledge("default", _knowledge(3, epoch=3), {})
    assert store.knowledge("default").epoch == 3


def test_only_the_last_fits_are_kept(store: SqlStore, database: Database) -> None:
    for seq in range(1, 8):
        store.save_knowledge("default", _knowledge(seq), {})
    store.save_knowledge("other", _knowledge(1), {})

    with database.read() as connection:
        kept = connection.exec_driver_sql("SELECT workspace, seq FROM fits ORDER BY id").fetchall()
    assert [tuple(row) for row in kept] == [("default", 5), ("default", 6), ("default", 7), ("other", 1)]


def test_a_fit_of_another_version_is_ignored_and_learnt_again(store: SqlStore, database: Database) -> None:
    store.save_knowledge("default", _knowledge(5), {})
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE fits SET format = 'older'")

    assert store.knowledge("default") is NOTHING
    assert store.save_knowledge("default", _knowledge(5), {})
    assert store.knowledge("default").seq == 5


def test_knowledge_with_a_number_that_is_not_finite_is_refused(store: SqlStore) -> None:
    with pytest.raises(LearningError):
        store.save_knowledge("default", _knowledge(1, diagnostics={"x": float("nan")}), {})
    assert store.knowledge("default") is NOTHING


def test_another_stores_fit_is_seen_at_once(store: SqlStore, database: Database) -> None:
    other = SqlStore(database)
    store.save_knowledge("default", _knowledge(1), {})
    assert other.knowledge("default").seq == 1
    store.save_knowledge("default", _knowledge(2), {})
    assert other.knowledge("default").seq == 2


def test_a_pattern_names_its_most_recent_supporting_campaign(
    store: SqlStore, record: Make, snapshot_of: SnapshotOf
) -> None:
    store.save_many([record("old", version=1), record("new", version=9)])
    findings = (_finding(1, ("old", "new")), _finding(2, ("gone",)), _finding(3, ()))

    store.save_knowledge("default", replace(_knowledge(1), findings=findings), {})

    assert {row["id"]: row["campaign_id"] for row in snapshot_of("default").patterns(9)} == {
        "f1": "new",
        "f2": "gone",
        "f3": "",
    }


def test_insights_come_by_priority_and_newest_first(store: SqlStore, record: Make, snapshot_of: SnapshotOf) -> None:
    store.save_analysis(record("a"))
    store.save_analysis(record("b"))

    rows = snapshot_of("default").insights(3)

    assert [(row["campaign_id"], row["priority"]) for row in rows] == [("b", 0.9), ("a", 0.9), ("b", 0.4)]
    assert rows[0]["evidence"] == ["delta:ctr"]
    assert rows[0]["kind"] == "key_learning"
    assert snapshot_of("other").insights(9) == []


def test_sentences_are_numbered_within_their_workspace_and_no_number_is_given_twice(
    store: SqlStore, record: Make, snapshot_of: SnapshotOf
) -> None:
    def numbers(workspace: str) -> list[int]:
        return sorted(row["id"] for row in snapshot_of(workspace).insights(9))

    for campaign, workspace in (("a", "one"), ("a", "two"), ("b", "one")):
        store.save_analysis(record(campaign, workspace=workspace))
    assert (numbers("one"), numbers("two")) == ([1, 2, 3, 4], [1, 2])

    store.delete_campaign("one", "b")
    store.save_many([record(campaign, workspace="one") for campaign in ("c", "d")])
    assert numbers("one") == [1, 2, 5, 6, 7, 8]


def test_accepting_is_remembered_over_revisions(store: SqlStore, record: Make) -> None:
    store.save_analysis(record("a"))
    assert store.accept(record("a", expected_revision=1)).revision == 2
    assert store.accept(record("a", expected_revision=2)).revision == 2
    store.save_analysis(record("a", version=2, expected_revision=2))

    assert store.accepted("default") == frozenset({"a"})
    assert store.accepted("other") == frozenset()
    with pytest.raises(NotFound):
        store.accept(record("nobody"))


def test_accepting_is_seen_in_the_ledger(store: SqlStore, database: Database, record: Make) -> None:
    store.save_analysis(record("a"))
    before = store.last_seq("default")
    store.accept(record("a", expected_revision=1))

    assert store.last_seq("default") > before
    assert [(entry.revision, entry.sign) for entry in store.ledger("default")] == [(1, 1), (1, -1), (2, 1)]
    assert verify(database) == []


def test_accepting_an_outdated_analysis_changes_nothing(
    store: SqlStore, record: Make, tables: Callable[[], Any]
) -> None:
    store.save_analysis(record("a"))
    store.save_analysis(record("a", version=2, expected_revision=1))
    before = tables()

    with pytest.raises(StaleRevision):
        store.accept(record("a", expected_revision=1))

    assert tables() == before


def test_campaigns_are_listed_in_pages(store: SqlStore, record: Make) -> None:
    store.save_many([record(name) for name in ("c", "a", "b")])

    assert [stored.campaign_id for stored in store.campaigns("default", limit=2)] == ["a", "b"]
    assert [stored.campaign_id for stored in store.campaigns("default", after="b")] == ["c"]


def test_old_idempotency_records_can_be_dropped(store: SqlStore, record: Make, snapshot_of: SnapshotOf) -> None:
    store.save_analysis(record("a", idempotency_key="k"))

    assert store.forget_idempotency("default", datetime(2026, 1, 1, tzinfo=UTC)) == 0
    assert store.forget_idempotency("default", datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert snapshot_of("default").idempotent_answer("k") is None


def test_two_workspaces_never_see_each_other(store: SqlStore, record: Make, snapshot_of: SnapshotOf) -> None:
    for workspace in ("one", "two"):
        store.save_analysis(record("same", workspace=workspace, answer=f'"{workspace}"'.encode()))
        store.save_knowledge(workspace, _knowledge(1 if workspace == "one" else 2), {})

    assert store.delete_campaign("one", "same")

    left = store.campaign("two", "same")
    assert left is not None
    assert left.answer == b'"two"'
    assert store.campaign("one", "same") is None
    assert snapshot_of("one").insights(9) == []
    assert len(snapshot_of("two").insights(9)) == 2
    assert store.knowledge("one").seq == 1
    assert store.knowledge("two").seq == 2
    assert [entry.sign for entry in store.ledger("two")] == [1]


def test_a_forked_child_writes_and_reads_without_harm(store: SqlStore, record: Make) -> None:
    store.save_analysis(record("before"))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.save_analysis(record("child"))
            code = 0 if store.campaign("default", "before") else 1
        finally:
            os._exit(code)
    store.save_analysis(record("parent"))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert [name for name, _ in store.live_evidence("default")] == ["before", "child", "parent"]
