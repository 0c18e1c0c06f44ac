"""History: over years every table stays flat; what an import may give back, and what was learnt, is not touched."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select

from reflection.domain.campaign import Campaign
from reflection.domain.instants import instant_text
from reflection.domain.ports import AnalysisRecord
from reflection.inference.recheck import differences
from reflection.ingest.jobs.register import DONE, NEW, UNDONE, Claim, Days, Outcome, PlannedCampaign
from reflection.ingest.jobs.undo import revision_to_restore
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.imports import ImportRows
from reflection.store.learning_reviews import LearningNotes
from reflection.store.maintenance.history import History
from reflection.store.maintenance.retention import Retention
from reflection.store.maintenance.verify import verify
from reflection.store.recommendations import AdviceRows
from reflection.store.tables.campaigns import fits, outbox
from reflection.store.tables.columns import metadata
from reflection.store.tables.learnings import learning_revisions, learnings
from reflection.wiring import build

Make = Callable[..., AnalysisRecord]
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = 90


class World:
    """A workspace whose clock stands where it is put, and what people do to it."""

    def __init__(self, database: Database, record: Make) -> None:
        self.now = START
        self.database = database
        self.store = SqlStore(database, now=self.clock)
        self.imports = ImportRows(database)
        self.history = History(database, KEPT, now=self.clock)
        self._record = record

    def clock(self) -> datetime:
        return self.now

    def post(self, campaign_id: str, version: int, **changes: Any) -> str:
        """A campaign says something; its content hash."""
        there = self.store.campaign("one", campaign_id)
        history = self.store.revisions("one", campaign_id)
        content = f"hash-{campaign_id}-{version}"
        if there is None or there.content_hash != content:
            expected = 0 if there is None else history[-1]["revision"]
            stamp = {"workspace": "one", "created_at": instant_text(self.now), "expected_revision": expected}
            self.store.save_analysis(self._record(campaign_id, version=version, **stamp, **changes))
        return content

    def bring(self, import_id: str, campaign_id: str, version: int) -> None:
        """An import says something of a campaign, and the days that it reports."""
        now, content = self.now.isoformat(timespec="milliseconds"), f"hash-{campaign_id}-{version}"
        days = [Days("meta", "meta", [[campaign_id, self.now.date().isoformat(), 10.0 * version]])]
        self.imports.begin("one", import_id, b"{}", [PlannedCampaign(campaign_id, content, b"{}")], days, now)
        there = self.store.campaign("one", campaign_id)
        earlier = self._claim(import_id).before or ()
        before = () if there is None else (*(one for one in earlier if one != there.content_hash), there.content_hash)
        self.imports.note_before("one", [Claim(import_id, campaign_id, content, before)])
        self.post(campaign_id, version)
        self.imports.settle("one", import_id, [Outcome(campaign_id, NEW)], now)
        self.imports.change_state("one", import_id, DONE, now)

    def _claim(self, import_id: str) -> Claim:
        return self.imports.unsettled("one", import_id, 1)[0][0]

    def learn(self) -> None:
        """A fit of everything that there is, as far as the tables are concerned."""
        row = {"workspace": "one", "epoch": 1, "seq": self.store.last_seq("one"), "format": "of a test"}
        with self.database.write("one") as connection:
            connection.execute(insert(fits), {**row, "body": b"", "draws": b""})
            old = select(fits.c.id).order_by(fits.c.id.desc()).offset(3)
            connection.execute(fits.delete().where(fits.c.id.in_(list(connection.execute(old).scalars()))))

    def contents(self) -> dict[str, dict[int, str]]:
        """Of each campaign what it said, by revision."""
        rows = {name: self.store.revisions("one", name) for name in "ab"}
        return {name: {row["revision"]: row["content_hash"] for row in history} for name, history in rows.items()}

    def undo_gives(self, contents: dict[str, dict[int, str]]) -> dict[str, str | None]:
        """What taking back each import that is there makes of its campaign: a content, "gone", or None for nothing."""
        gives: dict[str, str | None] = {}
        for campaign_id, history in contents.items():
            claims = self.imports.claims_on("one", [campaign_id])
            for claim in claims:
                others = [other for other in claims if other.import_id != claim.import_id]
                revision = revision_to_restore(claim, others, history)
                gives[claim.import_id] = None if revision is None else history.get(revision, "gone")
        return gives


@pytest.fixture
def world(database: Database, record: Make) -> World:
    return World(database, record)


def _rows(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def _bytes(database: Database) -> int:
    """Bytes of the pages in use, on SQLite; 0 elsewhere, where rows are counted only."""
    if database.dialect.__name__.endswith("postgres"):  # type: ignore[attr-defined]
        return 0
    with database.read() as connection:
        pages, free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _believe(database: Database, number: int, now: datetime) -> None:
    """A fit says something else of the one learning."""
    key = {"workspace": "one", "learning_id": "lrn_1"}
    state = ("supported", "established", "contested")[number % 3]
    with database.write("one") as connection:
        if not number:
            about = {"signal_key": "a:b", "context": "", "metric": "ctr", "created_at": instant_text(now)}
            connection.execute(insert(learnings), {**key, **about, "revision": 1, "state": state, "worth": 1.0})
        revision = {"revision": number + 1, "recorded_at": instant_text(now), "seq": 1, "body": "{}"}
        connection.execute(insert(learning_revisions), {**key, **revision, "state": state, "worth": 1.0})


def test_every_table_stays_flat_over_three_years(world: World, database: Database) -> None:
    notes, advice = LearningNotes(database, now=world.clock), AdviceRows(database)
    retention = Retention(
        world.store, notes, history=world.history, now=world.clock, elapsed=lambda: world.clock().timestamp()
    )
    step, seen = 30 * DAY, []
    for number in range(30):
        world.now = START + number * step
        world.bring(f"imp_{number:03}", "a", number)
        world.post("b", number, idempotency_key=f"key {number}")
        if number % 2:
            world.store.delete_campaign("one", "b")
        recall = notes.recall("one", "search", "video", [("lrn_1", 0.9)])
        assert recall is not None
        notes.outcome("one", recall, "a", {"ctr": 1.1})
        advice.show("one", "rec_1", "", world.store.last_seq("one"), instant_text(world.now), {"text": "x" * 200})
        _believe(database, number, world.now)
        world.learn()
        with database.write() as connection:  # the publisher's part
            connection.execute(delete(outbox))
        retention.work()
        seen.append((_rows(database), _bytes(database)))

    assert verify(database) == []
    for year in (seen[16::2], seen[17::2]):  # b is there every other time
        assert [rows for rows, _ in year] == [year[0][0]] * len(year)
    sizes = [size for _, size in seen[16:]]
    assert max(sizes) <= 1.15 * min(sizes)
    assert seen[-1][0]["campaign_revisions"] < 12


@pytest.mark.parametrize("seed", range(2))
def test_what_an_import_would_give_back_is_kept_as_long_as_the_import(world: World, seed: int) -> None:
    chance = random.Random(seed)
    removed = 0
    for _ in range(40):
        world.now += chance.choice((DAY, 20 * DAY, 45 * DAY))
        campaign_id, version = chance.choice("ab"), chance.randrange(5)
        what = chance.random()
        if what < 0.6:
            name = f"imp_{campaign_id}{version}"  # the same file again is the same import
            world.bring(name, campaign_id, version)
        elif what < 0.8:
            world.post(campaign_id, version)
        elif what < 0.9:
            world.store.delete_campaign("one", campaign_id)
        else:
            now = world.now.isoformat(timespec="milliseconds")
            for entry in world.imports.entries("one", 1):
                world.imports.change_state("one", entry.import_id, UNDONE, now)
        if chance.random() < 0.5:
            world.learn()
        before, live = world.contents(), list(world.store.live_evidence("one"))
        removed += world.history.forget("one")
        assert world.undo_gives(world.contents()) == world.undo_gives(before)
        assert list(world.store.live_evidence("one")) == live
    assert removed > 0
    assert verify(world.database) == []


def test_every_table_has_a_keeper_that_operators_can_read_of() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    table = page[page.index("## What is forgotten") : page.index("## Upgrade")]
    assert sorted(
        re.findall(r"`([a-z_]+)`", "".join(line.split("|")[2] for line in table.splitlines() if "|" in line))
    ) == (sorted(set(metadata.tables) - {"alembic_version"}))


def test_nothing_goes_that_no_fit_has_taken_in(world: World) -> None:
    for number in range(4):
        world.now = START + number * DAY
        world.post("a", number)
        if number == 1:
            world.learn()
    world.now = START + 3 * KEPT * DAY
    world.history.forget("one")
    # The kept fit has taken in the first two; the entry that it ends with is what tells a restored file.
    assert [row["revision"] for row in world.store.revisions("one", "a")] == [2, 3, 4]


def test_a_learning_keeps_its_present_state_and_when_it_was_established_first(world: World) -> None:
    for number in range(7):
        _believe(world.database, number, START + number * DAY)
    world.now = START + 3 * KEPT * DAY
    world.history.forget("one")
    with world.database.read("one") as connection:
        kept = connection.execute(select(learning_revisions.c.revision).order_by(learning_revisions.c.revision))
        assert list(kept.scalars()) == [2, 7]


def test_advice_that_somebody_spoke_of_is_kept(world: World) -> None:
    advice = AdviceRows(world.database)
    for name in ("rec_1", "rec_2"):
        advice.show("one", name, "", 1, instant_text(START), {"text": name})
    advice.say("one", "rec_2", True, "", instant_text(START))
    world.store.add_workspace("one")
    world.now = START + 3 * KEPT * DAY
    assert world.history.forget("one") == 1
    assert [row["recommendation_id"] for row in advice.displays("one")] == ["rec_2"]


def test_what_was_learnt_is_still_what_the_ledger_says(settings: Settings, history: tuple[Campaign, ...]) -> None:
    with build(settings) as application:
        application.engine.analyze_many(list(history))
        metrics = history[0].actual_metrics
        for clicks in range(1, 4):
            changed = metrics.model_copy(update={"spend": (metrics.spend or 0) + clicks})
            application.engine.analyze(history[0].model_copy(update={"actual_metrics": changed}))
        application.learner.learn_now("default")
        application.engine.analyze(history[1].model_copy(update={"platform": "Google"}))
        application.learner.learn_now("default")
        before = application.store.knowledge("default")

        later = History(application.database, KEPT, now=lambda: datetime.now(UTC) + 2 * KEPT * DAY)
        assert later.forget("default") > 0

        assert len(application.store.revisions("default", history[0].campaign_id)) == 1
        assert differences(application.store, "default") == []
        assert verify(application.database) == []
        application.learner.learn_now("default")
        assert application.store.knowledge("default").seq == before.seq
