"""History that nothing needs any longer: what a campaign said before, old imports, what was believed and shown once.

Each campaign keeps what it said from some time on, and of the ledger what belongs to that: a revision that was replaced
counts nothing (it was added and taken back), so what is learnt stays the same bits. Kept whatever its age: what a
campaign says now, the revisions that an import which is still there would give back, and whatever the kept fits have
not taken in. Must not know why anything was written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, exists, func, select
from sqlalchemy.engine import Connection

from reflection.domain.instants import instant_text
from reflection.ingest.jobs.register import DONE, UNDONE
from reflection.store.database.connections import Database
from reflection.store.database.statements import delete_some, key_of, same_key
from reflection.store.database.turns import delete_in_turns, turns
from reflection.store.tables.campaigns import campaign_revisions, evidence, fits
from reflection.store.tables.imports import import_campaigns, import_claims, import_days, imports
from reflection.store.tables.learnings import learning_revisions
from reflection.store.tables.recommendations import advice_feedback, advice_shown

_PORTION = 200
"""Campaigns or imports that are looked at in one transaction."""

PORTION = 500
"""Revisions, or claims of imports, that go in one transaction."""


class History:
    """Forgets what was replaced, done or shown long ago; thread-safe.

    Args:
        days: how long it is kept.
        now: the clock that ages are taken by.
    """

    def __init__(
        self, database: Database, days: int, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._keep_for = timedelta(days=days)
        self._now = now

    def forget(self, workspace: str) -> int:
        """Drop what is past its time; how many rows. Imports first: the rest asks which of them are there.

        Raises:
            Unavailable: the database is busy or full; what was forgotten before that stays so.
        """
        before = instant_text(self._now() - self._keep_for)
        values = {"w": workspace, "t": before}
        return (
            self._imports(workspace, before)
            + self._revisions(workspace, before)
            + delete_in_turns(self._database, _FORGET_BELIEFS, values, workspace)
            + delete_in_turns(self._database, _FORGET_ADVICE, values, workspace)
        )

    def _imports(self, workspace: str, before: str) -> int:
        """What an import claimed first: where it is killed, the import is still there to be found again."""
        removed = 0
        while True:
            with self._database.read(workspace) as connection:
                names = list(connection.execute(_OLD_IMPORTS, {"w": workspace, "t": before}).scalars())
            if not names:
                return removed
            values = {"w": workspace, "names": names}
            removed += sum(delete_in_turns(self._database, drop, values, workspace) for drop in _DROP_IMPORTS)

    def _revisions(self, workspace: str, before: str) -> int:
        removed, after = 0, ""
        while True:
            with self._database.read(workspace) as connection:
                values = {"w": workspace, "t": before, "after": after}
                current = {row[0]: row[1] for row in connection.execute(_REPLACED, values)}
                dropped = _not_needed(connection, workspace, current)
            for portion, _ in zip(_portions(dropped), turns(), strict=False):
                removed += self._drop_before(workspace, portion)
            if len(current) < _PORTION:
                return removed
            after = max(current)

    def _drop_before(self, workspace: str, portion: Sequence[tuple[str, int]]) -> int:
        """Drop the revisions before one of each campaign, with their ledger entries."""
        rows = [{"w": workspace, "c": campaign_id, "first": first} for campaign_id, first in portion]
        with self._database.write(workspace) as connection, self._database.dialect.lifted_guards(connection):
            return sum(
                connection.execute(statement, row).rowcount
                for row in rows
                for statement in (_DROP_EVIDENCE, _DROP_REVISIONS)
            )


def _portions(dropped: Mapping[str, range]) -> Iterator[list[tuple[str, int]]]:
    """The revisions to drop, by campaign, as (campaign, the first that stays) a transaction."""
    portion, size = list[tuple[str, int]](), 0
    for campaign_id, revisions in dropped.items():
        for start in revisions[::PORTION]:
            first = min(start + PORTION, revisions.stop)
            if size + first - start > PORTION:
                yield portion
                portion, size = [], 0
            portion.append((campaign_id, first))
            size += first - start
    if portion:
        yield portion


def _not_needed(connection: Connection, workspace: str, current: dict[str, int]) -> dict[str, range]:
    """Of each campaign the revisions from its oldest to the first that is still needed, where there are any.

    Args:
        current: the revision that was current at the end of the time that is kept.
    """
    learnt = connection.execute(_LEARNT, {"w": workspace}).scalar_one_or_none()
    if not current or learnt is None:
        return {}
    values = {"w": workspace, "ids": list(current)}
    latest: dict[tuple[str, str], int] = {}
    oldest: dict[str, int] = {}
    for campaign_id, revision, content in connection.execute(_CONTENTS, values):
        latest[campaign_id, content] = revision
        oldest.setdefault(campaign_id, revision)
    needed = dict(current)
    for campaign_id, content, replaced in connection.execute(_CLAIMS, values):
        for one in (content, *(replaced or "").split()):
            needed[campaign_id] = min(needed[campaign_id], latest.get((campaign_id, one), needed[campaign_id]))
    for campaign_id, revision in connection.execute(_NOT_LEARNT, {**values, "seq": learnt}):
        needed[campaign_id] = min(needed[campaign_id], revision)
    return {name: range(oldest[name], first) for name, first in needed.items() if first > oldest[name]}


_OLD_IMPORTS = (
    select(imports.c.import_id)
    .where(
        imports.c.workspace == bindparam("w"),
        imports.c.state.in_((DONE, UNDONE)),
        imports.c.updated_at < bindparam("t"),
    )
    .order_by(imports.c.id)
    .limit(_PORTION)
)


_DROP_IMPORTS = [
    delete_some(
        table,
        key_of(table, workspace="w"),
        table.c.import_id.in_(bindparam("names", expanding=True)),
        limit=PORTION,
    )
    for table in (import_claims, import_campaigns, import_days, imports)
]
_REPLACED = (
    select(campaign_revisions.c.campaign_id, func.max(campaign_revisions.c.revision))
    .where(
        campaign_revisions.c.workspace == bindparam("w"),
        campaign_revisions.c.campaign_id > bindparam("after"),
        campaign_revisions.c.created_at < bindparam("t"),
    )
    .group_by(campaign_revisions.c.campaign_id)
    .having(func.count() > 1)
    .order_by(campaign_revisions.c.campaign_id)
    .limit(_PORTION)
)
_CONTENTS = (
    select(campaign_revisions.c.campaign_id, campaign_revisions.c.revision, campaign_revisions.c.content_hash)
    .where(
        campaign_revisions.c.workspace == bindparam("w"),
        campaign_revisions.c.campaign_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(campaign_revisions.c.campaign_id, campaign_revisions.c.revision)
)
_CLAIMS = select(import_claims.c.campaign_id, import_claims.c.content_hash, import_claims.c.before).where(
    import_claims.c.workspace == bindparam("w"),
    import_claims.c.campaign_id.in_(bindparam("ids", expanding=True)),
)
_LEARNT = select(func.min(fits.c.seq)).where(fits.c.workspace == bindparam("w"))
_NOT_LEARNT = select(evidence.c.campaign_id, evidence.c.revision).where(
    evidence.c.workspace == bindparam("w"),
    evidence.c.campaign_id.in_(bindparam("ids", expanding=True)),
    evidence.c.seq >= bindparam("seq"),
)
_DROP_EVIDENCE = delete(evidence).where(
    key_of(evidence, workspace="w", campaign_id="c"), evidence.c.revision < bindparam("first")
)
_DROP_REVISIONS = delete(campaign_revisions).where(
    key_of(campaign_revisions, workspace="w", campaign_id="c"), campaign_revisions.c.revision < bindparam("first")
)
_later, _earlier = learning_revisions.alias("later"), learning_revisions.alias("earlier")
_same = learning_revisions.c
_FORGET_BELIEFS = delete_some(
    learning_revisions,
    _same.workspace == bindparam("w"),
    _same.recorded_at < bindparam("t"),
    exists().where(
        _later.c.workspace == _same.workspace,
        _later.c.learning_id == _same.learning_id,
        _later.c.revision > _same.revision,
        _later.c.recorded_at < bindparam("t"),
    ),
    # When a learning was established first is what it is judged by later.
    (_same.state != "established")
    | exists().where(
        _earlier.c.workspace == _same.workspace,
        _earlier.c.learning_id == _same.learning_id,
        _earlier.c.revision < _same.revision,
        _earlier.c.state == "established",
    ),
    limit=PORTION,
)
_FORGET_ADVICE = delete_some(
    advice_shown,
    advice_shown.c.workspace == bindparam("w"),
    advice_shown.c.shown_at < bindparam("t"),
    ~exists().where(same_key(advice_feedback, advice_shown, "workspace", "recommendation_id")),
    limit=PORTION,
)
