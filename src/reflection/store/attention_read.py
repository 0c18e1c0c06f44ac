"""What a list of matters that need somebody is made of: when something came last, and which learnings ended lately.

Functions on a connection somebody else opened, each over an index, whatever the length of the history. Must not write,
nor know what needs attention.
"""

from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.engine import Connection

from reflection.domain.instants import instant_text
from reflection.store.database.statements import same_key
from reflection.store.tables.campaigns import campaign_revisions, evidence
from reflection.store.tables.learnings import learning_revisions, learnings

_earlier = learning_revisions.alias("earlier")


def last_arrival(connection: Connection, workspace: str) -> str | None:
    """When the campaign came that is the last entry of the ledger; None for an empty one."""
    row = connection.execute(_LAST_ARRIVAL, {"w": workspace}).first()
    return None if row is None else row.created_at


def ended_learnings(
    connection: Connection, workspace: str, states: tuple[str, ...], since: datetime, limit: int
) -> dict[str, str]:
    """Learnings that came into one of these states since an instant: id -> when, the latest first."""
    rows = connection.execute(_ENDED, {"w": workspace, "states": states, "since": instant_text(since), "limit": limit})
    return {row.learning_id: row.ended_at for row in rows}


def _last_arrival() -> Select[tuple[str]]:
    revision = same_key(campaign_revisions, evidence, "workspace", "campaign_id", "revision")
    return (
        select(campaign_revisions.c.created_at)
        .select_from(evidence.join(campaign_revisions, revision))
        .where(evidence.c.workspace == bindparam("w"), evidence.c.sign == 1)
        .order_by(evidence.c.seq.desc())
        .limit(1)
    )


def _ended() -> Select[tuple[str, str]]:
    """A learning's revisions since it last was in another state, the first of them dating the change."""
    own = same_key(learning_revisions, learnings, "workspace", "learning_id")
    otherwise = (
        select(func.coalesce(func.max(_earlier.c.revision), 0))
        .where(
            same_key(_earlier, learnings, "workspace", "learning_id"),
            _earlier.c.state != learnings.c.state,
        )
        .correlate(learnings)
        .scalar_subquery()
    )
    ended_at = func.min(learning_revisions.c.recorded_at)
    return (
        select(learnings.c.learning_id, ended_at.label("ended_at"))
        .select_from(learnings.join(learning_revisions, own))
        .where(
            learnings.c.workspace == bindparam("w"),
            learnings.c.state.in_(bindparam("states", expanding=True)),
            learning_revisions.c.revision > otherwise,
        )
        .group_by(learnings.c.learning_id)
        .having(ended_at >= bindparam("since"))
        .order_by(ended_at.desc(), learnings.c.learning_id)
        .limit(bindparam("limit"))
    )


_LAST_ARRIVAL = _last_arrival()
_ENDED = _ended()
