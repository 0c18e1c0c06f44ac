"""What an answer shows is under a hash or said twice: each column that is changed by hand is named."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance import agreement
from reflection.store.maintenance.agreement import contradictions

pytestmark = pytest.mark.sqlite

BESIDE = """(SELECT max(i.id) FROM insights AS i, json_each(i.evidence) AS cited WHERE cited.value LIKE 'delta:%' AND
json_array_length(i.evidence) = 1 AND i.source = 'deterministic' AND i.priority < 0.51 AND i.kind = 'key_learning')"""
"""A sentence that a later fit may come to say; its text is told anew, and a change of it changes nothing."""

HAND = "a row of "
"""What is said of a wrong seal begins so; here it is about what two places say."""

CHANGES = [
    ("UPDATE campaigns SET body = replace(body, '1', '2') WHERE rowid = 1", "not what its hash says"),
    ("UPDATE campaigns SET body = CAST(x'ff' AS TEXT) WHERE rowid = 1", "not what its hash says"),
    *[
        (f"UPDATE performance_logs SET {column} = replace({column}, '1', '2') WHERE rowid = 1", "comparison")
        for column in ("expected", "actual", "deltas", "generated_at")
    ],
    ("UPDATE performance_logs SET score = score + 1 WHERE rowid = 1", "comparison"),
    ("UPDATE performance_logs SET flags = '[\"x\"]' WHERE rowid = 1", "comparison"),
    ("UPDATE performance_logs SET currency = 'XXX' WHERE rowid = 1", "comparison"),
    *[
        (f"UPDATE insights SET {column} = {value} WHERE id = 1", "insights are not")
        for column, value in {
            "kind": "'anomaly'",
            "content": "'CPA fell'",
            "priority": "0.123",
            "evidence": "'[]'",
            "source": "'model'",
        }.items()
    ],
    ("DELETE FROM insights WHERE id = 1", "insights are not"),
    *[
        (change.format(beside=BESIDE), "insights are not")
        for change in (
            "UPDATE insights SET priority = 99 WHERE id = {beside}",
            "UPDATE insights SET evidence = '[\"delta:nothing\"]' WHERE id = {beside}",
            "UPDATE insights SET source = 'model' WHERE id = {beside}",
            "INSERT INTO insights SELECT NULL, workspace, campaign_id, kind, content, priority, evidence, source, "
            "created_at, number, seal FROM insights WHERE id = {beside}",
        )
    ],
    *[
        (f"UPDATE forecasts SET {column} = {value} WHERE id = 1", "not what was registered")
        for column, value in {
            "point": "0.123",
            "quantiles": "'{\"0.5\":1}'",
            "issuer": "'somebody'",
            "issued_at": "'2020-01-01'",
            "metric": "'xyz'",
            "currency": "'XXX'",
            "campaign_id": "'other'",
            "detail": "'{\"a\":1}'",
        }.items()
    ],
    *[
        (f"UPDATE patterns SET {column} = {value}", "patterns are not")
        for column, value in {
            "summary": "'it works'",
            "impact_score": "99.5",
            "category": "'cluster'",
            "signal_key": "'x:y'",
            "body": "replace(body, '1', '2')",
        }.items()
    ],
    ("DELETE FROM patterns", "patterns are not"),
    *[
        (f"UPDATE weights SET {column} = {value} WHERE rowid = 1", "weights are not")
        for column, value in {
            "weight": "-0.852",
            "successes": "77",
            "failures": "77",
            "last_updated": "'2020'",
            "body": "replace(body, '1', '2')",
        }.items()
    ],
]


@pytest.fixture(scope="module")
def sound(learnt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learnt database in which everything agrees."""
    path = tmp_path_factory.mktemp("agreement") / "reflection.db"
    shutil.copy(learnt, path)
    database = open_database(path)
    assert contradictions(database) == []
    database.close()
    return path


def test_of_a_text_that_is_told_anew_before_it_is_shown_the_seal_alone_says_that_it_was_changed(
    sound: Path, tmp_path: Path
) -> None:
    shutil.copy(sound, tmp_path / "changed.db")
    with closing(sqlite3.connect(tmp_path / "changed.db")) as connection, connection:
        connection.execute(f"UPDATE insights SET content = 'CPA fell' WHERE id = {BESIDE}")
        assert connection.total_changes == 1
    with closing(Database(tmp_path / "changed.db")) as database:
        (problem,) = contradictions(database)
        assert problem.startswith(HAND)


@pytest.mark.parametrize(("change", "named"), CHANGES, ids=[change for change, _ in CHANGES])
def test_what_was_changed_by_hand_is_named(sound: Path, tmp_path: Path, change: str, named: str) -> None:
    shutil.copy(sound, tmp_path / "changed.db")
    connection = sqlite3.connect(tmp_path / "changed.db")
    connection.executescript("DROP TRIGGER forecasts_no_update;" + change)
    assert connection.total_changes, "the case changes nothing"
    connection.close()

    database = Database(tmp_path / "changed.db")
    problems = contradictions(database)
    database.close()

    (problem,) = [problem for problem in problems if not problem.startswith(HAND)]
    assert named in problem


def test_what_is_deleted_and_posted_meanwhile_is_no_contradiction(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sound, tmp_path / "busy.db")
    database, others = Database(tmp_path / "busy.db"), SqlStore(Database(tmp_path / "busy.db"))
    names = [stored.campaign_id for stored in others.campaigns("default")]
    compare = agreement._compares

    def deleting(*arguments: Any) -> bool:
        """Somebody deletes a campaign whenever one is compared, the last first: before its own turn comes."""
        if names:
            others.delete_campaign("default", names.pop())
        return compare(*arguments)

    monkeypatch.setattr(agreement, "_compares", deleting)
    monkeypatch.setattr(agreement, "_PAGE", 7)

    assert agreement.contradictions(database) == []

    assert len(names) < 10
    database.close()
