"""One analysis is one transaction: it replaces itself, never learns twice, and leaves nothing behind."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import event, insert, select

from reflection.domain.ports import AnalysisRecord, ForecastRow, StaleRevision, StoredCampaign
from reflection.errors import Conflict, StatementRefused
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.store.projections.outbox import Outbox
from reflection.store.row_values import forecast_row
from reflection.store.snapshot import SqlSnapshot
from reflection.store.tables.campaigns import evidence, performance_logs

Make = Callable[..., AnalysisRecord]
SnapshotOf = Callable[[str], SqlSnapshot]
Tables = Callable[[], dict[str, list[tuple[Any, ...]]]]


def test_a_stored_campaign_is_read_back_as_it_was_sent(store: SqlStore, record: Make, database: Database) -> None:
    sent = record("cmp_1")

    stored = store.save_analysis(sent)

    assert stored == store.campaign("default", "cmp_1")
    assert (stored.revision, stored.campaign_json, stored.answer) == (1, sent.campaign_json, sent.answer)
    assert store.campaign("default", "other") is None
    with database.read() as connection:
        performance = connection.execute(select(performance_logs)).one()
    assert orjson.loads(performance.deltas)["ctr_diff"]["pct_diff"] == 75.0
    assert performance.score == 101.0
    assert orjson.loads(performance.flags) == ["conversions_above_clicks"]


def test_the_same_content_again_changes_nothing_at_all(store: SqlStore, record: Make, tables: Tables) -> None:
    first = store.save_analysis(record("cmp_1"))
    before = tables()

    again = store.save_analysis(record("cmp_1", answer=b'{"other":1}', created_at="2027"))

    assert again == first
    assert (first.new, again.new) == (True, False)
    assert tables() == before


def test_a_new_revision_replaces_every_projection(
    store: SqlStore, database: Database, record: Make, snapshot_of: SnapshotOf
) -> None:
    store.save_analysis(record("cmp_1"))

    stored = store.save_analysis(record("cmp_1", version=2, expected_revision=1))

    assert stored.revision == 2
    assert [row["content"] for row in snapshot_of("default").insights(10)] == ["CTR rose 2", "CPA fell 2"]
    assert [(e.sign, e.revision, e.payload) for e in store.ledger("default")] == [
        (1, 1, b"evidence cmp_1 1"),
        (-1, 1, b"evidence cmp_1 1"),
        (1, 2, b"evidence cmp_1 2"),
    ]
    assert list(store.live_evidence("default")) == [("cmp_1", b"evidence cmp_1 2")]
    assert snapshot_of("default").evidence_of_signal("audience.age:1", 5) == []
    assert snapshot_of("default").evidence_of_signal("audience.age:2", 5) == [("cmp_1", b"evidence cmp_1 2")]
    memories = MemoryRows(database)
    assert memories.count("default") == 1
    assert memories.lexical("default", "version1") == []
    assert [found for found, _ in memories.lexical("default", "version2")] == ["campaign:cmp_1"]
    assert [row["body"] for row in store.revisions("default", "cmp_1")] == [
        record("cmp_1").campaign_json,
        record("cmp_1", version=2).campaign_json,
    ]
    assert verify(database) == []


def test_a_revision_somebody_else_wrote_first_is_refused(store: SqlStore, record: Make, tables: Tables) -> None:
    store.save_analysis(record("cmp_1"))
    before = tables()

    with pytest.raises(StaleRevision):
        store.save_analysis(record("cmp_1", version=2, expected_revision=0))
    with pytest.raises(StaleRevision):
        store.save_analysis(record("cmp_1", version=2, expected_revision=2))
    with pytest.raises(StaleRevision):
        store.save_analysis(record("new", expected_revision=1))

    assert tables() == before


def test_deleting_takes_the_evidence_back_and_keeps_the_history(
    store: SqlStore, database: Database, record: Make, tables: Tables
) -> None:
    store.save_analysis(record("cmp_1"))
    store.accept(record("cmp_1", expected_revision=1))

    assert store.delete_campaign("default", "cmp_1") is True
    assert store.delete_campaign("default", "cmp_1") is False

    assert store.campaign("default", "cmp_1") is None
    assert list(store.live_evidence("default")) == []
    assert [entry.sign for entry in store.ledger("default")] == [1, -1, 1, -1]
    assert len(store.revisions("default", "cmp_1")) == 2
    left = tables()
    for name in ("campaigns", "performance_logs", "insights", "campaign_signals", "acceptances"):
        assert left[name] == [], name
    assert verify(database) == []


def test_a_deleted_campaign_that_comes_back_continues_its_count(
    store: SqlStore, database: Database, record: Make
) -> None:
    store.save_analysis(record("cmp_1"))
    store.delete_campaign("default", "cmp_1")

    back = store.save_analysis(record("cmp_1", expected_revision=0))

    assert back.revision == 2
    assert list(store.live_evidence("default")) == [("cmp_1", b"evidence cmp_1 1")]
    assert MemoryRows(database).count("default") == 1
    assert verify(database) == []


def test_an_idempotency_key_gives_the_first_answer_for_ever(
    store: SqlStore, record: Make, snapshot_of: SnapshotOf
) -> None:
    keyed = record("cmp_1", idempotency_key="k")
    store.save_analysis(keyed)
    store.save_analysis(record("cmp_1", version=2, expected_revision=1))

    again = store.save_analysis(keyed)

    assert again.answer == keyed.answer
    assert snapshot_of("default").idempotent_answer("k") == (keyed.content_hash, keyed.answer)
    assert snapshot_of("other").idempotent_answer("k") is None
    current = store.campaign("default", "cmp_1")
    assert current is not None
    assert current.revision == 2


def test_an_idempotency_key_is_not_taken_for_another_request(store: SqlStore, record: Make, tables: Tables) -> None:
    store.save_analysis(record("cmp_1", idempotency_key="k"))
    before = tables()

    with pytest.raises(Conflict):
        store.save_analysis(record("cmp_2", idempotency_key="k"))

    assert tables() == before


def test_a_key_used_on_known_content_is_noted_and_nothing_else(
    store: SqlStore, record: Make, tables: Tables, snapshot_of: SnapshotOf
) -> None:
    first = store.save_analysis(record("cmp_1"))
    before = tables()

    store.save_analysis(record("cmp_1", idempotency_key="late"))

    after = tables()
    assert snapshot_of("default").idempotent_answer("late") == (first.content_hash, first.answer)
    del before["idempotency"], after["idempotency"]
    assert after == before


def test_a_batch_is_stored_in_order_even_when_a_campaign_repeats(
    store: SqlStore, database: Database, record: Make
) -> None:
    results = store.save_many(
        [
            record("a"),
            record("b"),
            record("a", version=2, expected_revision=1),
            record("b"),
            record("a", workspace="other"),
        ]
    )

    assert [(stored.campaign_id, stored.revision) for stored in results] == [
        ("a", 1), ("b", 1), ("a", 2), ("b", 1), ("a", 1)
    ]  # fmt: skip
    assert list(store.live_evidence("default")) == [("a", b"evidence a 2"), ("b", b"evidence b 1")]
    assert store.workspaces() == ["default", "other"]
    assert verify(database) == []


def test_a_batch_with_one_stale_record_stores_none(store: SqlStore, record: Make, tables: Tables) -> None:
    before = tables()

    with pytest.raises(StaleRevision):
        store.save_many([record("a"), record("b"), record("c", expected_revision=4)])

    assert tables() == before
    assert store.save_many([]) == []


def test_one_at_a_time_and_all_at_once_end_in_the_same_state(store: SqlStore, record: Make, tables: Tables) -> None:
    records = [record(f"cmp_{number}") for number in range(5)]
    store.save_many(records)
    together = tables()
    for number in range(5):
        store.delete_campaign("default", f"cmp_{number}")
    for item in records:
        store.save_analysis(item)
    apart = tables()

    assert [row[:2] for row in apart["workspaces"]] == [row[:2] for row in together["workspaces"]]
    for name in ("performance_logs", "campaign_signals"):
        assert apart[name] == together[name], name


def test_parallel_identical_posts_are_learnt_once(store: SqlStore, database: Database, record: Make) -> None:
    answers: list[bytes] = []

    def post() -> None:
        answers.append(store.save_analysis(record("cmp_1", idempotency_key="k")).answer)

    threads = [threading.Thread(target=post) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [record("cmp_1").answer] * 25
    assert [entry.sign for entry in store.ledger("default")] == [1]
    assert verify(database) == []


def test_analyses_that_come_while_others_are_stored_share_a_transaction(
    store: SqlStore, record: Make, database: Database
) -> None:
    names, begun = [f"cmp_{number}" for number in range(5)], []
    event.listen(database.writer, "begin", begun.append)

    results = _first_and_a_group(store, database, [record(name) for name in names])

    assert [one.revision for one in results if isinstance(one, StoredCampaign)] == [1] * 5
    assert len(begun) == 3  # the one that holds them up, the first, the others
    assert sorted(entry.campaign_id for entry in store.ledger("default")) == names
    assert verify(database) == []


def _first_and_a_group(
    store: SqlStore, database: Database, records: list[AnalysisRecord]
) -> list[StoredCampaign | BaseException]:
    """What each is answered, of which all but the first come while the first waits, and share a transaction."""
    with ThreadPoolExecutor(len(records)) as threads:
        with database.write("default"):
            answers = []
            for number, one in enumerate(records):
                answers.append(threads.submit(store.save_analysis, one))
                while not store._commits or len(next(iter(store._commits.values()))._queue) < number:
                    time.sleep(0.001)
        return [answer.exception() or answer.result() for answer in answers]


_REFUSING = {
    True: (
        "CREATE TRIGGER refusing BEFORE INSERT ON campaigns WHEN NEW.campaign_id = 'cmp_2' BEGIN SELECT json('{'); END",
        "DROP TRIGGER refusing",
    ),
    False: (
        "ALTER TABLE campaigns ADD CONSTRAINT refusing CHECK "
        "(CASE WHEN campaign_id = 'cmp_2' THEN 1 / (length(campaign_id) - 5) > 0 ELSE true END)",
        "ALTER TABLE campaigns DROP CONSTRAINT refusing",
    ),
}
"""Lets the database refuse the statement that stores one campaign, and no longer: of a file, of a server."""


def test_a_statement_that_the_database_refuses_takes_no_other_of_its_group_with_it(
    store: SqlStore, record: Make, database: Database
) -> None:
    names = [f"cmp_{number}" for number in range(5)]
    refuse, allow = _REFUSING[database.is_file]
    with database.write() as connection:
        connection.exec_driver_sql(refuse)

    results = _first_and_a_group(store, database, [record(name) for name in names])

    refused = [name for name, result in zip(names, results, strict=True) if isinstance(result, StatementRefused)]
    assert refused == ["cmp_2"]
    assert [entry.campaign_id for entry in store.ledger("default")] == ["cmp_0", "cmp_1", "cmp_3", "cmp_4"]
    with database.write() as connection:
        connection.exec_driver_sql(allow)
    assert [store.save_analysis(record(name)).revision for name in names] == [1] * 5
    assert sorted(entry.campaign_id for entry in store.ledger("default")) == names
    assert verify(database) == []


def test_forecasts_are_registered_once(store: SqlStore, record: Make) -> None:
    row = ForecastRow(
        issuer="planner",
        version="1",
        issued_at="2026-03-01T00:00:00+00:00",
        metric="ctr",
        point=0.02,
        quantiles={"0.05": 0.01, "0.95": 0.03},
        campaign_id="cmp_1",
        detail={"n": 3},
    )
    store.save_analysis(record("cmp_1", forecasts=(row,)))
    store.save_analysis(record("cmp_1", version=2, expected_revision=1, forecasts=(row,)))

    assert store.forecasts("default", "cmp_1") == [row]
    assert store.add_forecasts("default", [row, replace(row, point=0.03)]) == 1
    assert store.forecasts("other") == []


def test_a_forecasts_hash_is_the_same_whatever_the_version_of_the_encoder() -> None:
    """Equal forecasts are told by it: an encoder that writes numbers otherwise would register them a second time."""
    row = ForecastRow(
        issuer="planner",
        version="1",
        issued_at="2026-03-01T00:00:00+00:00",
        metric="ctr",
        point=5e-05,
        quantiles={"0.05": 1e-07, "0.95": 0.00025},
        campaign_id="cmp_1",
    )
    assert forecast_row("default", row)["content_hash"] == (
        "46810583db60ab1de9df0dae3d5781b99de97b390d2426b32dde373f36b73e57"
    )


def test_every_memory_topic_hears_of_a_change(database: Database, record: Make) -> None:
    store = SqlStore(database, topics=("memories",))
    store.save_analysis(record("cmp_1"))
    store.delete_campaign("default", "cmp_1")

    outbox = Outbox(database)
    assert [entry.key for entry in outbox.pending("memories")] == ["campaign:cmp_1"] * 2
    published = outbox.pending("artifacts")
    assert [entry.key for entry in published] == ["cmp_1"] * 2
    assert published[1].names == ("comparison.json", "insights.json", "patterns.json", "updated_weights.json")
    assert outbox.lag() == {"artifacts": 2, "memories": 2}


@pytest.mark.parametrize("table", ["evidence", "campaign_revisions", "forecasts"])
def test_the_database_itself_keeps_history_append_only(
    store: SqlStore, database: Database, record: Make, table: str
) -> None:
    forecast = ForecastRow("p", "1", "2026-01-01", "ctr", 0.1)
    store.save_analysis(record("cmp_1", forecasts=(forecast,)))

    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET workspace = 'other'"):
        with pytest.raises(Conflict), database.write() as connection:
            connection.exec_driver_sql(statement)


def test_evidence_without_a_stored_campaign_is_refused_by_the_database(store: SqlStore, database: Database) -> None:
    row = {"workspace": "default", "campaign_id": "x", "revision": 1, "sign": 1, "payload": b"0"}
    with pytest.raises(Conflict), database.write() as connection:
        connection.execute(insert(evidence), row)


def test_a_revision_cannot_be_learnt_twice(store: SqlStore, database: Database, record: Make) -> None:
    store.save_analysis(record("cmp_1"))

    with pytest.raises(Conflict), database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO evidence(workspace, campaign_id, revision, sign, payload, seal) "
            "SELECT workspace, campaign_id, revision, sign, payload, seal FROM evidence"
        )


def test_signals_are_kept_for_taking_them_out_again(store: SqlStore, record: Make, tables: Tables) -> None:
    store.save_analysis(record("cmp_1", signal_keys=("b:2", "a:1", "b:2")))

    assert tables()["campaign_signals"] == [("default", "a:1", "cmp_1"), ("default", "b:2", "cmp_1")]
    assert orjson.loads(tables()["campaigns"][0][10]) == ["a:1", "b:2"]
