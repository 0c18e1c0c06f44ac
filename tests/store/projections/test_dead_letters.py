"""One thing in the way stops nobody else: it is set aside with its reason, tried again, and forgotten when it went."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.store.conftest import Clock

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord
from reflection.errors import ReflectionError, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace
from reflection.store.projections import atomic_files
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import FIRST_PAUSE, LONGEST_PAUSE, Key, Outbox, OutboxEntry
from reflection.store.projections.publisher import DOWN, Handler, OutboxPublisher

Make = Callable[..., AnalysisRecord]
TOPIC = "artifacts"


class Recorder:
    """A handler that refuses some workspaces, all at once."""

    def __init__(self, *broken: str) -> None:
        self.seen: list[Key] = []
        self.broken, self.calls = set(broken), 0

    def publish(self, entries: Sequence[OutboxEntry]) -> None:
        self.calls += 1
        if self.broken & {entry.workspace for entry in entries}:
            raise Unavailable("the mirror is down")
        self.seen += [(entry.workspace, entry.key) for entry in entries]

    def rebuild(self) -> int:
        return 0


@pytest.fixture
def outbox(database: Database, clock: Clock) -> Outbox:
    return Outbox(database, now=clock)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def publisher(database: Database, outbox: Outbox, output: Path, tmp_path: Path) -> OutboxPublisher:
    return OutboxPublisher(
        outbox, {TOPIC: ArtifactFolder(database, output, output / "weights.json")}, tmp_path / "publish.lock"
    )


def in_the_way(output: Path, name: str, kind: str) -> Path:
    """Something that stands where a campaign's folder should be."""
    place = output / name
    output.mkdir(exist_ok=True)
    if kind == "file":
        place.write_text("somebody else's")
    elif kind == "link":
        place.symlink_to(output.parent / "elsewhere", target_is_directory=True)
    elif kind == "pipe called like a file":
        place.mkdir()
        os.mkfifo(place / "comparison.json")
    else:
        (place / "comparison.json").mkdir(parents=True)
    return place


@pytest.mark.parametrize("kind", ["file", "link", "folder called like a file", "pipe called like a file"])
@pytest.mark.parametrize("count", [3, atomic_files.MANY_FOLDERS])
def test_what_is_in_the_way_of_one_holds_up_no_other(
    store: SqlStore, publisher: OutboxPublisher, outbox: Outbox, output: Path, record: Make, kind: str, count: int
) -> None:
    place = in_the_way(output, "c1", kind)
    for number in range(count):
        store.save_analysis(record(f"c{number}"))
    store.save_analysis(record("c1", workspace="acme"))
    store.save_knowledge("default", Knowledge(epoch=1, seq=1), {"weights.json": b"{}"})

    with pytest.raises(ReflectionError) as refusal:
        publisher.publish_due()

    assert {path.parent.name for path in output.glob("c*/insights.json")} == {f"c{n}" for n in range(count)} - {"c1"}
    assert (output / "@acme" / "c1" / "insights.json").exists()
    assert (output / "weights.json").exists()
    (letter,) = outbox.dead(TOPIC, due_only=False)
    assert (letter.workspace, letter.key, letter.attempts, letter.reason) == ("default", "c1", 1, str(refusal.value))
    assert outbox.pending(TOPIC) == []

    inside = place / "comparison.json" if kind.endswith("called like a file") else place
    inside.rmdir() if kind.startswith("folder") else inside.unlink()
    assert publisher.publish_pending() == 1
    assert (output / "c1" / "insights.json").exists()
    assert outbox.lag() == {}


def test_a_campaign_called_like_a_file_has_a_folder_beside_it(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    store.save_analysis(record("weights.json"))
    publisher.publish_pending()
    store.save_knowledge("default", Knowledge(epoch=1, seq=1), {"weights.json": b'{"w":1}'})
    publisher.publish_pending()

    assert (output / "weights.json").read_bytes() == b'{"w":1}'
    assert len(list(output.glob("weights-json~*/insights.json"))) == 1


def test_it_is_tried_again_at_ever_longer_intervals_and_stays_one_letter(
    store: SqlStore, publisher: OutboxPublisher, outbox: Outbox, output: Path, record: Make, clock: Clock
) -> None:
    in_the_way(output, "c1", "file")
    pauses = []
    for version in range(1, 14):
        store.save_analysis(record("c1", version=version, expected_revision=version - 1))
        with pytest.raises(ReflectionError):
            publisher.publish_due()
        (letter,) = outbox.dead(TOPIC, due_only=False)
        assert letter.attempts == version
        pauses.append(datetime.fromisoformat(letter.due_at) - clock.now)
        assert publisher.publish_due() == 0  # not yet
        clock.now += pauses[-1] - timedelta(microseconds=1)
        assert outbox.dead(TOPIC) == []
        clock.now += timedelta(microseconds=1)
        assert len(outbox.dead(TOPIC)) == 1
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert max(pauses) == pauses[-1] == LONGEST_PAUSE


def test_a_clock_that_is_set_back_makes_nobody_wait(
    store: SqlStore, publisher: OutboxPublisher, outbox: Outbox, output: Path, record: Make, clock: Clock
) -> None:
    place = in_the_way(output, "c1", "file")
    store.save_analysis(record("c1"))
    with pytest.raises(ReflectionError):
        publisher.publish_due()
    place.unlink()
    clock.now -= timedelta(days=400)

    assert publisher.publish_due() == 1


@pytest.mark.sqlite
def test_a_damaged_answer_holds_up_no_other_campaign(
    store: SqlStore, publisher: OutboxPublisher, database: Database, outbox: Outbox, output: Path, record: Make
) -> None:
    store.save_many([record(f"c{number}") for number in range(4)])
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE campaigns SET answer = x'00' WHERE campaign_id = 'c2'")

    with pytest.raises(Unavailable, match="verify"):
        publisher.publish_due()

    assert {path.parent.name for path in output.glob("*/insights.json")} == {"c0", "c1", "c3"}
    with pytest.raises(Unavailable, match="verify"):
        publisher.rebuild()


def test_a_purged_workspace_leaves_no_dead_letter(
    store: SqlStore, publisher: OutboxPublisher, database: Database, outbox: Outbox, output: Path, record: Make
) -> None:
    in_the_way(output, "@acme", "file")
    store.save_analysis(record("c1", workspace="acme"))
    with pytest.raises(ReflectionError):
        publisher.publish_due()

    purge_workspace(database, "acme", "2026-01-01")
    publisher.publish_pending()

    assert outbox.lag() == {}


def test_a_broken_topic_holds_up_no_other_topic(
    database: Database, outbox: Outbox, output: Path, tmp_path: Path, record: Make
) -> None:
    mirror = Recorder("default")
    handlers: dict[str, Handler] = {
        "memories": mirror,
        TOPIC: ArtifactFolder(database, output, tmp_path / "weights.json"),
    }
    publisher = OutboxPublisher(outbox, handlers, tmp_path / "lock")
    SqlStore(database, topics=("memories", "unhandled")).save_analysis(record("c1"))

    with pytest.raises(Unavailable):
        publisher.publish_pending()
    assert (output / "c1" / "insights.json").exists()
    assert outbox.lag() == {"memories": 1, "unhandled": 1}
    assert outbox.dead_counts() == {"memories": 1}

    mirror.broken.clear()
    assert publisher.publish_pending() == 1
    assert mirror.seen == [("default", "campaign:c1")]
    assert outbox.lag() == {"unhandled": 1}


def test_a_workspace_that_a_mirror_refuses_holds_up_no_other_and_one_that_is_down_is_not_asked_for_each(
    outbox: Outbox, tmp_path: Path
) -> None:
    names = [f"w{number:02}" for number in range(20)]
    for name in names:
        outbox.add(name, TOPIC, ["k"], "2026-01-01")
    one, all_of_them = Recorder("w07"), Recorder(*names)

    with pytest.raises(Unavailable):
        OutboxPublisher(outbox, {TOPIC: one}, tmp_path / "lock").publish_due()
    assert {workspace for workspace, _ in one.seen} == set(names) - {"w07"}

    for name in names:
        outbox.add(name, TOPIC, ["k"], "2026-01-01")
    with pytest.raises(Unavailable):
        OutboxPublisher(outbox, {TOPIC: all_of_them}, tmp_path / "lock").publish_due()
    assert all_of_them.calls == 1 + DOWN
    assert outbox.dead_counts() == {TOPIC: 20}
