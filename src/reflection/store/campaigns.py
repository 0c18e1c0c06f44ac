"""`SqlStore`: the `Store` protocol over one database, each call in a transaction of its own, or many in a `snapshot`.

A facade: the statements live by subject in campaigns_write, campaigns_read, fits, learnings and snapshot. Must not
know how anything is compared, learnt or published.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from reflection.domain.experiment import StoredExperiments
from reflection.domain.instants import instant_text
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.ports import AnalysisRecord, ForecastRow, LedgerEntry, StoredCampaign
from reflection.learnings import revision
from reflection.store import alert_items, campaigns_read, campaigns_write, events, experiments, fits, knowledge_blob
from reflection.store.book import Book
from reflection.store.campaigns_read import PAGE
from reflection.store.database.connections import Database
from reflection.store.database.statements import delete_some, insert_missing, key_of
from reflection.store.database.turns import delete_in_turns
from reflection.store.fits import FitHead
from reflection.store.group_commit import GroupCommit
from reflection.store.learnings import LearningBook
from reflection.store.row_values import analysis_rows, forecast_row
from reflection.store.snapshot import SqlSnapshot
from reflection.store.tables.campaigns import forecasts, idempotency, workspaces

_FORGET_KEYS = delete_some(
    idempotency, key_of(idempotency, workspace="w"), idempotency.c.created_at < bindparam("t"), limit=PAGE
)
_CACHED_FITS = 64


Values = ParamSpec("Values")
Answer = TypeVar("Answer")


def _question(
    function: Callable[Concatenate[Connection, str, Values], Answer],
) -> Callable[Concatenate["SqlStore", str, Values], Answer]:
    """What a function reads of a workspace through a connection, as a method with a transaction of its own."""

    @wraps(function)
    def method(store: "SqlStore", workspace: str, /, *values: Values.args, **named: Values.kwargs) -> Answer:
        with store._database.read(workspace) as connection:
            return function(connection, workspace, *values, **named)

    return method


class SqlStore(Book):
    """The structured truth. Safe to share between threads and across forks.

    Args:
        topics: outbox topics besides ``artifacts`` that are told the id of every memory that changed; name one only if
            a publisher handles it, for its entries wait until then.
        book: keeps learnings in step with every fit, in its transaction.
    """

    def __init__(
        self,
        database: Database,
        *,
        topics: Sequence[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        book: LearningBook | None = None,
    ) -> None:
        super().__init__(database, now)
        self._topics = tuple(topics)
        self._book = book
        self._fits: dict[str, tuple[int, Knowledge]] = {}
        self._fits_lock, self._reading_fit = threading.Lock(), threading.Lock()
        self._commits: dict[tuple[int, str], GroupCommit[AnalysisRecord, StoredCampaign]] = {}

    @contextmanager
    def snapshot(self, workspace: str) -> Iterator[SqlSnapshot]:
        """One state of a workspace, for several questions that belong together: one read transaction."""
        with self._database.read(workspace) as connection:
            yield SqlSnapshot(connection, workspace, self._knowledge)

    # Campaigns

    campaign = _question(campaigns_read.campaign)
    campaigns = _question(campaigns_read.campaign_page)
    revisions = _question(campaigns_read.revisions)
    accepted = _question(campaigns_read.accepted)
    newest_campaigns = _question(campaigns_read.newest_campaigns)
    last_seq = _question(campaigns_read.last_seq)
    forecasts = _question(campaigns_read.forecast_list)
    experiment_changes = _question(experiments.changes)

    def campaigns_named(self, workspace: str, campaign_ids: Sequence[str]) -> dict[str, StoredCampaign]:
        """The current revisions of those campaigns that are there."""
        with self.snapshot(workspace) as snapshot:
            return snapshot.campaigns_named(campaign_ids)

    def save_analysis(self, record: AnalysisRecord) -> StoredCampaign:
        """Store one analysis, with others that come meanwhile; see `save_many`.

        A file has one writer, whatever it writes to; a server one for each workspace. Each process has its own: in what
        a fork copies nobody is left who would make the transaction.
        """
        writer = os.getpid(), "" if self._database.is_file else record.workspace
        return self._commits.setdefault(writer, GroupCommit(self.save_many)).store(record)

    def save_many(self, records: Sequence[AnalysisRecord]) -> list[StoredCampaign]:
        """Store analyses in one transaction, in the order given; all of them or none.

        A record whose content is already current changes nothing and gets the stored campaign; one whose
        idempotency key was used before gets the answer given then.

        Raises:
            StaleRevision: a campaign has another revision than its analysis expected; nothing was written.
            Conflict: an idempotency key was used for another request.
            StorageFull, Unavailable: nothing was written.
        """
        batches = [[analysis_rows(record) for record in batch] for batch in _batches(records)]
        results: list[StoredCampaign] = []

        def committed(connection: Connection) -> bool:
            return _all_current(connection, results)

        with self._database.write({record.workspace for record in records}, committed) as connection:
            for batch in batches:
                stored = campaigns_write.save(connection, batch, self._topics)
                new = [rows.record for rows, one in zip(batch, stored, strict=True) if one.new]
                alert_items.add_campaigns(connection, new, self._instant())
                results += stored
        return results

    def delete_campaign(self, workspace: str, campaign_id: str) -> bool:
        """Retract a campaign and remove what was made from it; its history stays. Whether it was there."""

        def committed(connection: Connection) -> bool:
            return campaigns_read.campaign(connection, workspace, campaign_id) is None

        with self._database.write(workspace, committed) as connection:
            alert_items.take_back_campaign(connection, workspace, campaign_id)
            return campaigns_write.take_back(connection, workspace, campaign_id, self._instant(), self._topics)

    def forget_idempotency(self, workspace: str, before: datetime) -> int:
        """Drop idempotency records older than an instant. How many there were."""
        return delete_in_turns(self._database, _FORGET_KEYS, {"w": workspace, "t": instant_text(before)}, workspace)

    # Evidence

    def ledger(self, workspace: str, after: int = 0, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Ledger entries after a number, in order, at most `limit`."""
        left = limit
        while left is None or left > 0:
            with self._database.read(workspace) as connection:
                size = PAGE if left is None else min(PAGE, left)
                page = campaigns_read.ledger_page(connection, workspace, after, size)
            if not page:
                return
            yield from page
            after, left = page[-1].seq, None if left is None else left - len(page)

    def live_evidence(self, workspace: str, upto: int | None = None) -> Iterator[tuple[str, bytes]]:
        """Campaign ids and payloads that count, in the order of campaign ids.

        One consistent state, however long the reading takes and whatever is written meanwhile: the ledger's
        as it ended at entry `upto` (by default the last one at the start).
        """
        end = self.last_seq(workspace) if upto is None else upto
        after = ""
        while True:
            with self._database.read(workspace) as connection:
                page = campaigns_read.evidence_page(connection, workspace, end, after, PAGE)
            if not page:
                return
            yield from page
            after = page[-1][0]

    def accept(self, record: AnalysisRecord) -> StoredCampaign:
        """Let a campaign count although its tracking looks faulty; its later revisions are accepted too.

        The analysis made without the suspicion becomes a revision of its own, so the ledger says that
        something changed. Accepting again changes nothing.

        Raises:
            NotFound: there is no such campaign.
            StaleRevision: it has another revision than the analysis expected; nothing was written.
        """
        rows = analysis_rows(record)

        def committed(connection: Connection) -> bool:
            return record.campaign_id in campaigns_read.accepted(connection, record.workspace)

        with self._database.write(record.workspace, committed) as connection:
            stored = campaigns_write.accept(connection, rows, self._topics, self._instant())
            alert_items.add_campaigns(connection, [record] if stored.new else [], self._instant())
            return stored

    def unaccept(self, record: AnalysisRecord) -> StoredCampaign:
        """Take an acceptance back: the analysis made with the suspicion becomes a revision of its own.

        Changes nothing where the campaign is not accepted.

        Raises:
            NotFound: there is no such campaign.
            StaleRevision: it has another revision than the analysis expected; nothing was written.
        """
        rows = analysis_rows(record)

        def committed(connection: Connection) -> bool:
            return record.campaign_id not in campaigns_read.accepted(connection, record.workspace)

        with self._database.write(record.workspace, committed) as connection:
            return campaigns_write.unaccept(connection, rows, self._topics)

    # Knowledge

    def knowledge(self, workspace: str) -> Knowledge:
        """What the workspace knows; `NOTHING` before the first fit. Decoded once per fit and process."""
        with self._database.read(workspace) as connection:
            return self._knowledge(connection, workspace, fits.newest(connection, workspace))

    def save_knowledge(
        self, workspace: str, knowledge: Knowledge, artifacts: dict[str, bytes], rests_on: int = 0
    ) -> bool:
        """Store a fit, its patterns and weights, and let `artifacts` (file name -> bytes) be published.

        Returns: False, and nothing is written, unless the fit's epoch is newer than the stored one's, or the
            same and its `seq` greater; nor where the ledger entry it `rests_on` is gone, because the workspace was
            purged meanwhile.

        Raises:
            LearningError: the fit holds a number that is not finite.
        """
        blob = knowledge_blob.encode(knowledge)
        snapshot = self._book.snapshot(workspace) if self._book is not None else None
        revised = revision.revised(snapshot.learnings, knowledge, snapshot.evidence) if snapshot is not None else ()

        def committed(connection: Connection) -> bool:
            head = fits.newest(connection, workspace)
            return head is not None and (head.epoch, head.seq) == (knowledge.epoch, knowledge.seq)

        with self._database.write(workspace, committed) as connection:
            if rests_on and not fits.has_entry(connection, workspace, rests_on):
                return False
            before = self._knowledge(connection, workspace, fits.newest(connection, workspace))
            saved = fits.save(connection, workspace, knowledge, blob, artifacts, self._instant())
            if saved and self._book is not None and snapshot is not None:
                news = self._book.write(connection, workspace, knowledge, revised, snapshot)
                alert_items.add_fit(connection, workspace, before, knowledge, news, self._now())
            return saved

    # What is read back

    def workspaces(self) -> list[str]:
        """Every workspace that was ever written to, by name."""
        with self._database.read() as connection:
            return list(connection.execute(select(workspaces.c.workspace).order_by(workspaces.c.workspace)).scalars())

    def behind(self) -> list[str]:
        """The workspaces whose ledger goes further than their newest fit, by name; one statement for all of them."""
        with self._database.read() as connection:
            return fits.behind(connection)

    def experiments(self, workspace: str) -> StoredExperiments:
        """Every randomised experiment, and how often they were changed."""
        with self._database.read(workspace) as connection:
            stored = experiments.stored(connection, workspace)
            return replace(stored, events=events.every(connection, workspace))

    def add_workspace(self, workspace: str) -> bool:
        """Make a workspace that has nothing in it yet; whether it was new."""
        with self._database.write(workspace) as connection:
            row = {"workspace": workspace, "created_at": self._instant()}
            return connection.execute(insert_missing(workspaces), row).rowcount > 0

    def add_forecasts(self, workspace: str, rows: Sequence[ForecastRow]) -> int:
        """Append forecasts to the register; one that is there already adds nothing. How many were new."""
        with self._database.write(workspace) as connection:
            statement = insert_missing(forecasts)
            return sum(connection.execute(statement, forecast_row(workspace, row)).rowcount for row in rows)

    def _knowledge(self, connection: Connection, workspace: str, head: FitHead | None) -> Knowledge:
        if head is None:
            return NOTHING
        if (knowledge := self._remembered(workspace, head.fit_id)) is None:
            with self._reading_fit:  # once, however many requests meet a new fit at the same time
                if (knowledge := self._remembered(workspace, head.fit_id)) is None:
                    knowledge = fits.load(connection, workspace, head.fit_id)
                    self._remember_fit(workspace, (head.fit_id, knowledge))
        return knowledge

    def _remembered(self, workspace: str, fit_id: int) -> Knowledge | None:
        with self._fits_lock:
            cached = self._fits.get(workspace)
        return cached[1] if cached is not None and cached[0] == fit_id else None

    def _remember_fit(self, workspace: str, fit: tuple[int, Knowledge]) -> None:
        with self._fits_lock:
            self._fits.pop(workspace, None)
            while len(self._fits) >= _CACHED_FITS:
                self._fits.pop(next(iter(self._fits)))
            self._fits[workspace] = fit


def _batches(records: Sequence[AnalysisRecord]) -> list[list[AnalysisRecord]]:
    """Runs of records of one workspace and of different campaigns and idempotency keys, in order."""
    batches: list[list[AnalysisRecord]] = []
    workspace = ""
    ids: set[str] = set()
    keys: set[str] = set()
    for record in records:
        repeats = record.campaign_id in ids or record.idempotency_key in keys
        if not batches or record.workspace != workspace or repeats:
            batches.append([])
            workspace, ids, keys = record.workspace, set(), set()
        batches[-1].append(record)
        ids.add(record.campaign_id)
        if record.idempotency_key is not None:
            keys.add(record.idempotency_key)
    return batches


def _all_current(connection: Connection, results: Sequence[StoredCampaign]) -> bool:
    """Whether the store says what `results` say, a campaign's last result counting."""
    last = {(stored.workspace, stored.campaign_id): stored for stored in results}
    for (workspace, campaign_id), stored in last.items():
        now = campaigns_read.campaign(connection, workspace, campaign_id)
        if now is None or (now.revision, now.content_hash) != (stored.revision, stored.content_hash):
            return False
    return True
