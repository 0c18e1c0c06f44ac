"""The book of learnings over a real database: history, evidence, what people said, recalls, isolation, purging."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Table, insert, inspect, select, update
from sqlalchemy.engine import Connection
from tests.store.conftest import Clock

from reflection.domain.evidence import Cell, Counts, Evidence, encode
from reflection.domain.instants import instant_text
from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.errors import Conflict, NotFound
from reflection.learnings.claims import Claim
from reflection.learnings.revision import revised
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.learning_reviews import LearningNotes
from reflection.store.learnings import LearningBook
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.memories import MemoryRows
from reflection.store.tables import learnings as learning_tables
from reflection.store.tables.campaigns import campaign_revisions, campaigns, evidence
from reflection.store.tables.learnings import learning_evidence, learning_revisions

TABLES = [table for name, table in vars(learning_tables).items() if isinstance(table, Table) and name[0] != "_"]
VIDEO = Claim("creative.type:video", "", "ctr")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def book(database: Database, clock: Clock) -> LearningBook:
    return LearningBook(database, now=clock)


@pytest.fixture
def notes(database: Database, clock: Clock) -> LearningNotes:
    return LearningNotes(database, now=clock)


@pytest.fixture
def believe(database: Database, book: LearningBook) -> Callable[..., None]:
    """Stores what a fit says, as the store does: judged before the lock, written within it."""

    def store(knowledge: Knowledge, workspace: str = "default") -> None:
        write = _judged(book, knowledge, workspace)
        with database.write() as connection:
            write(connection)

    return store


@pytest.fixture
def campaign(database: Database) -> Callable[..., None]:
    """Stores one campaign's rows: day by day, with or without the signal, with a log effect on its CTR."""

    def store(name: str, day: int, effect: float, carries: bool = True, workspace: str = "default") -> None:
        clicks = 20_000 * math.exp(effect)
        counts = Counts(1_000_000.0, clicks, 100.0, 500.0, None)
        shares = {"creative.type:video" if carries else "creative.type:image": 1.0}
        payload = Evidence(
            name, day, "platform:meta", "objective:x", None, None, counts, counts, (Cell(shares, counts),)
        )
        key = {"workspace": workspace, "campaign_id": name, "revision": 1}
        when = instant_text(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day))
        common = {"content_hash": "h", "body": "{}", "created_at": when}
        with database.write() as connection:
            connection.execute(insert(campaign_revisions), {**key, **common})
            rest = {"platform": "meta", "objective": "x", "timestamp": when, "memory_id": f"campaign:{name}"}
            connection.execute(insert(campaigns), {**key, **common, **rest, "signal_keys": "[]", "answer": b""})
            connection.execute(insert(evidence), {**key, "sign": 1, "payload": encode(payload)})

    return store


def _effect(value: float, lfsr: float = 0.01, campaigns: float = 20.0, **changes: Any) -> Effect:
    lift = math.exp(value)
    effect = Effect(
        "creative.type:video", "creative.type", "ctr", None, lift, (lift * 0.9, lift * 1.1), 0.99, lfsr, campaigns,
        None, lfsr <= 0.05, "",
    )  # fmt: skip
    return replace(effect, **changes)


def _knowledge(*effects: Effect, seq: int = 1, **changes: Any) -> Knowledge:
    draws = np.zeros((2, 10), dtype=np.float32)
    posterior = MetricPosterior(("creative.type:video",), draws, 0.05, {}, 0.02)
    return Knowledge(seq=seq, effects=effects, posteriors={"ctr": posterior}, as_of="2026-01-01", **changes)


def _judged(book: LearningBook, knowledge: Knowledge, workspace: str = "default") -> Callable[[Connection], None]:
    """A fit judged against what stands now; what is given writes it."""
    snapshot = book.snapshot(workspace)
    news = revised(snapshot.learnings, knowledge, snapshot.evidence)
    return lambda connection: book.write(connection, workspace, knowledge, news, snapshot)


def test_a_finding_becomes_a_learning_with_the_campaigns_it_stands_on(
    book: LearningBook, believe: Callable[..., None], campaign: Callable[..., None]
) -> None:
    for day in range(10):
        campaign(f"v{day}", day, 0.3 if day else -0.9)
        campaign(f"i{day}", day, 0.0, carries=False)
    believe(_knowledge(_effect(0.3)))
    items, cursor = book.list("default")
    assert cursor is None
    assert [item["id"] for item in items] == [VIDEO.learning_id]
    assert items[0]["state"] == "established"
    assert items[0]["text"].startswith("creative type video: CTR +35 %")
    found = book.get("default", VIDEO.learning_id)
    assert (found["supporting"], found["contradicting"]) == (9, 1)
    assert {row["campaign_id"] for row in found["evidence"] if not row["supports"]} == {"v0"}
    assert found["since"] == "1970-01-01"
    assert len(found["history"]) == 1


def test_the_same_fit_again_writes_nothing(book: LearningBook, believe: Callable[..., None]) -> None:
    believe(_knowledge(_effect(0.3)))
    believe(_knowledge(_effect(0.3), seq=2))
    assert len(book.get("default", VIDEO.learning_id)["history"]) == 1


def test_what_was_believed_then_is_what_was_served_then(
    book: LearningBook, believe: Callable[..., None], clock: Clock
) -> None:
    served: dict[datetime, Any] = {START - timedelta(days=1): []}
    for step, value in enumerate([0.1, 0.2, 0.3, -0.4, 0.25]):
        clock.now = START + timedelta(days=step)
        believe(_knowledge(_effect(value, lfsr=0.01 if value > 0 else 0.6), seq=step))
        served[clock.now + timedelta(hours=1)] = book.list("default")[0]
    for instant, items in served.items():
        assert book.list("default", as_of=instant)[0] == items
    third = book.get("default", VIDEO.learning_id, as_of=START + timedelta(days=2, hours=1))
    assert math.log(third["effect"]) == pytest.approx(0.3)
    assert len(third["history"]) == 3
    with pytest.raises(NotFound):
        book.get("default", VIDEO.learning_id, as_of=START - timedelta(days=1))


def test_a_clock_set_back_does_not_reorder_beliefs(
    book: LearningBook, believe: Callable[..., None], clock: Clock
) -> None:
    believe(_knowledge(_effect(0.1)))
    clock.now = START - timedelta(days=30)
    believe(_knowledge(_effect(0.5), seq=2))
    dates = [item["recorded_at"] for item in book.get("default", VIDEO.learning_id)["history"]]
    assert dates == sorted(dates)


def test_history_cannot_be_rewritten(database: Database, believe: Callable[..., None]) -> None:
    believe(_knowledge(_effect(0.3)))
    with pytest.raises(Conflict), database.write() as connection:
        connection.execute(update(learning_revisions).values(resealed(learning_revisions, state="retired")))


def test_text_that_is_no_campaign_cannot_be_evidence(database: Database, believe: Callable[..., None]) -> None:
    believe(_knowledge(_effect(0.3)))
    row = {
        "workspace": "default",
        "learning_id": VIDEO.learning_id,
        "estimate": 9.0,
        "sd": 0.1,
        "supports": 1,
    }
    with pytest.raises(Conflict), database.write() as connection:
        connection.execute(insert(learning_evidence), {**row, "campaign_id": "a model said so"})


def test_a_deleted_campaign_stops_being_evidence_at_once_and_the_next_fit_recomputes(
    database: Database, book: LearningBook, believe: Callable[..., None], campaign: Callable[..., None]
) -> None:
    for day in range(8):
        campaign(f"v{day}", day, 0.3)
    believe(_knowledge(_effect(0.3)))
    with database.write() as connection:
        connection.execute(campaigns.delete().where(campaigns.c.campaign_id == "v3"))
    found = book.get("default", VIDEO.learning_id)
    assert "v3" not in {row["campaign_id"] for row in found["evidence"]}
    assert len(found["evidence"]) == 7
    believe(_knowledge(_effect(0.3), seq=2))
    assert book.get("default", VIDEO.learning_id)["supporting"] == 7
    believe(_knowledge(seq=3))
    assert book.get("default", VIDEO.learning_id)["state"] == "retired"


def test_a_campaign_deleted_while_a_fit_was_made_does_not_stop_the_fit(
    database: Database, book: LearningBook, campaign: Callable[..., None]
) -> None:
    campaign("v1", 1, 0.3)
    write = _judged(book, _knowledge(_effect(0.3)))
    with database.write() as connection:
        connection.execute(campaigns.delete())
        write(connection)
    assert book.get("default", VIDEO.learning_id)["evidence"] == []


def test_two_processes_that_learn_at_once_leave_one_history(database: Database, book: LearningBook) -> None:
    first, second = (_judged(book, _knowledge(_effect(value))) for value in (0.3, 0.4))
    for write in (first, second):
        with database.write() as connection:
            write(connection)
    found = book.get("default", VIDEO.learning_id)
    assert len(found["history"]) == 1
    assert math.log(found["effect"]) == pytest.approx(0.3)


def test_campaigns_held_back_as_faulty_are_no_evidence(
    book: LearningBook, believe: Callable[..., None], campaign: Callable[..., None]
) -> None:
    for day in range(6):
        campaign(f"v{day}", day, 0.3)
    believe(_knowledge(_effect(0.3), held={"v2": "tracking fault"}))
    assert "v2" not in {row["campaign_id"] for row in book.get("default", VIDEO.learning_id)["evidence"]}


def test_lists_are_filtered_and_paged_by_worth(book: LearningBook, believe: Callable[..., None]) -> None:
    effects = [_effect(0.1 * n, signal=f"audience.age:{n}", group="audience.age") for n in range(1, 6)] + [
        _effect(0.9, lfsr=0.04, campaigns=2.0)
    ]
    believe(_knowledge(*effects))
    everything, _ = book.list("default")
    assert [item["worth"] for item in everything] == sorted((item["worth"] for item in everything), reverse=True)
    pages, after = [], None
    while True:
        page, after = book.list("default", after=after, limit=2)
        pages += page
        if after is None:
            break
    assert pages == everything
    assert len(pages) == 6
    assert len(book.list("default", signal="audience.age")[0]) == 5
    assert len(book.list("default", signal="audience.age:3")[0]) == 1
    assert [item["id"] for item in book.list("default", state="emerging")[0]] == [VIDEO.learning_id]
    assert book.list("default", metric="cpa")[0] == []
    assert book.list("default", context="platform:meta")[0] == []


def test_cpa_and_its_reciprocal_are_listed_once_and_each_is_found_by_its_metric(
    book: LearningBook, believe: Callable[..., None]
) -> None:
    both, alone = "creative.type:video", "creative.type:text"
    believe(_knowledge(*(_effect(0.3, signal=key, metric="conversions_per_spend") for key in (both, alone)),
                       _effect(-0.3, signal=both, metric="cpa")))  # fmt: skip
    listed = {(item["signal_key"], item["metric"]) for item in book.list("default")[0]}
    assert listed == {(both, "cpa"), (alone, "conversions_per_spend")}
    assert len(book.list("default", metric="conversions_per_spend")[0]) == 2
    assert [item["signal_key"] for item in book.list("default", metric="cpa")[0]] == [both]


def test_a_persons_word_is_shown_and_moves_no_number(
    book: LearningBook, notes: LearningNotes, believe: Callable[..., None]
) -> None:
    believe(_knowledge(_effect(0.3)))
    before = book.get("default", VIDEO.learning_id)
    notes.review("default", VIDEO.learning_id, "approve", "we know this", "ana")
    notes.review("default", VIDEO.learning_id, "reject", "it was the season", "ben")
    after = book.get("default", VIDEO.learning_id)
    assert [review["verdict"] for review in after["reviews"]] == ["approve", "reject"]
    assert after["review"]["author"] == "ben"
    assert book.list("default")[0][0]["review"]["verdict"] == "reject"
    same = {key for key in before if key not in ("review", "reviews")}
    assert {key: before[key] for key in same} == {key: after[key] for key in same}
    believe(_knowledge(_effect(0.3), seq=2))
    assert len(book.get("default", VIDEO.learning_id)["history"]) == 1


def test_only_a_learning_that_is_there_can_be_reviewed(notes: LearningNotes) -> None:
    with pytest.raises(NotFound):
        notes.review("default", "lrn_0", "approve")


def test_recalls_are_logged_with_what_came_of_them(
    book: LearningBook, notes: LearningNotes, believe: Callable[..., None], clock: Clock
) -> None:
    believe(_knowledge(_effect(0.3)))
    assert notes.recall("default", "search", "video?", []) is None
    recall_id = notes.recall("default", "search", "does video work?", [(VIDEO.learning_id, 0.8)])
    assert recall_id is not None
    notes.outcome("default", recall_id, "cmp_9", {"verdict": "worse than forecast on CTR"})
    notes.outcome("default", recall_id, "cmp_9", {"verdict": "better than forecast on CTR"})
    (recall,) = book.get("default", VIDEO.learning_id)["recalls"]
    assert (recall["purpose"], recall["question"], recall["rank"]) == ("search", "does video work?", 1)
    assert [row["outcome"] for row in recall["outcomes"]] == [{"verdict": "better than forecast on CTR"}]
    with pytest.raises(NotFound):
        notes.outcome("default", "rcl_unknown", "cmp_9", {})
    assert notes.forget_recalls("default", clock.now + timedelta(days=1)) == 1
    assert book.get("default", VIDEO.learning_id)["recalls"] == []


def test_recalling_a_thousand_times_changes_no_belief(
    book: LearningBook, notes: LearningNotes, believe: Callable[..., None]
) -> None:
    believe(_knowledge(_effect(0.3)))
    before = book.list("default")
    for _ in range(20):
        notes.recall("default", "search", "again", [(VIDEO.learning_id, 1.0)])
    assert book.list("default") == before


def test_a_new_learning_is_remembered_once_and_keeps_its_vector(
    book: LearningBook, believe: Callable[..., None], rows: MemoryRows
) -> None:
    believe(_knowledge(_effect(0.3), _effect(0.2, signal="platform:meta", group="platform")))
    found = rows.fetch("default", [f"learning:{VIDEO.learning_id}"])[f"learning:{VIDEO.learning_id}"]
    assert (found.kind, found.platform_name, found.text) == (
        "learning",
        "",
        "learning: creative type video\nmetric: ctr",
    )
    meta = f"learning:{Claim('platform:meta', '', 'ctr').learning_id}"
    assert rows.fetch("default", [meta])[meta].platform_name == "meta"
    seq = rows.position("default").seq
    believe(_knowledge(_effect(0.5), _effect(0.2, signal="platform:meta", group="platform"), seq=2))
    assert rows.position("default").seq == seq


def test_facts_are_the_present_numbers(book: LearningBook, believe: Callable[..., None]) -> None:
    believe(_knowledge(_effect(0.3)))
    believe(_knowledge(_effect(0.6), seq=2))
    facts = book.facts("default", [VIDEO.learning_id, "lrn_unknown"])
    assert set(facts) == {VIDEO.learning_id}
    assert math.log(facts[VIDEO.learning_id]["effect"]) == pytest.approx(0.6)


def test_workspaces_are_apart_and_a_purged_one_leaves_nothing(
    database: Database,
    book: LearningBook,
    notes: LearningNotes,
    believe: Callable[..., None],
    campaign: Callable[..., None],
) -> None:
    for workspace in ("ours", "theirs"):
        campaign("canary", 1, 0.3, workspace=workspace)
        believe(_knowledge(_effect(0.3)), workspace)
        recall = notes.recall(workspace, "search", f"canary of {workspace}", [(VIDEO.learning_id, 1.0)])
        notes.outcome(workspace, recall or "", "canary", {})
        notes.review(workspace, VIDEO.learning_id, "note", f"canary of {workspace}")
    assert "canary of theirs" not in repr(book.get("ours", VIDEO.learning_id))
    with pytest.raises(NotFound):
        notes.outcome("third", recall or "", "canary", {})
    with pytest.raises(NotFound):
        book.get("third", VIDEO.learning_id)
    assert book.facts("third", [VIDEO.learning_id]) == {}
    assert book.list("third") == ([], None)
    assert purge_workspace(database, "ours", instant_text(START)) > 0
    assert set(remaining(database, "ours")) <= {"outbox"}
    with database.read() as connection:
        for table in TABLES:
            left = connection.execute(select(table.c.workspace)).scalars().all()
            assert set(left) == {"theirs"}, table.name


def test_the_tables_of_the_migration_are_those_of_the_code(database: Database) -> None:
    from reflection.store.tables.columns import metadata

    with database.read() as connection:
        for table in TABLES:
            found = inspect(connection).get_columns(table.name)
            assert [column["name"] for column in found] == [column.name for column in table.columns]
    assert {table.name for table in TABLES} <= set(metadata.tables)


def test_a_learning_is_told_in_the_spelling_of_the_campaigns(
    book: LearningBook, believe: Callable[..., None], rows: MemoryRows
) -> None:
    known = _knowledge(_effect(0.3))
    believe(replace(known, diagnostics={**known.diagnostics, "spelt": {"creative.type:video": "Video"}}))
    told = book.list("default")[0][0]
    assert told["text"].startswith("creative type Video: CTR")
    assert told["signal_key"] == "creative.type:video"
    name = f"learning:{VIDEO.learning_id}"
    assert rows.fetch("default", [name])[name].text.startswith("learning: creative type Video\n")
