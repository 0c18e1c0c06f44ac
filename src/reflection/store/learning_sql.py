"""The statements of the book of learnings, apart from what it does with them. Every one names the workspace."""

from sqlalchemy import Float, Integer, Text, bindparam, delete, func, insert, select, update

from reflection.store import sqlite
from reflection.store.learning_tables import learning_evidence, learning_revisions, learnings
from reflection.store.schema import campaigns, evidence

_HEAD = (learnings.c.learning_id, learnings.c.signal_key, learnings.c.context, learnings.c.metric)
_BODY = (
    learning_revisions.c.revision,
    learning_revisions.c.recorded_at,
    learning_revisions.c.state,
    learning_revisions.c.worth,
    learning_revisions.c.as_of,
    learning_revisions.c.body,
)
_SAME = (learnings.c.workspace == learning_revisions.c.workspace) & (
    learnings.c.learning_id == learning_revisions.c.learning_id
)
_ALL = select(*_HEAD, *_BODY).join_from(learnings, learning_revisions, _SAME)
_ALL = _ALL.where(learnings.c.workspace == bindparam("w"))
_BEST_FIRST = (learning_revisions.c.worth.desc(), learnings.c.learning_id)
_NEWEST_REVISION = learning_revisions.c.revision == learnings.c.revision
CURRENT = _ALL.where(_NEWEST_REVISION).order_by(*_BEST_FIRST)
CURRENT_OF = _ALL.where(_NEWEST_REVISION, learnings.c.learning_id.in_(bindparam("ids", expanding=True)))
HEADS = (
    select(*_HEAD, learnings.c.state)
    .where(learnings.c.workspace == bindparam("w"))
    .order_by(learnings.c.worth.desc(), learnings.c.learning_id)
)
_earlier = learning_revisions.alias("earlier")
AS_OF = _ALL.where(
    learning_revisions.c.revision
    == select(func.max(_earlier.c.revision))
    .where(
        _earlier.c.workspace == learnings.c.workspace,
        _earlier.c.learning_id == learnings.c.learning_id,
        _earlier.c.recorded_at <= bindparam("t"),
    )
    .scalar_subquery()
).order_by(*_BEST_FIRST)
HISTORY = _ALL.where(
    learnings.c.learning_id == bindparam("l"), learning_revisions.c.recorded_at <= bindparam("t")
).order_by(learning_revisions.c.revision)
EVIDENCE = (
    select(*(learning_evidence.c[name] for name in ("campaign_id", "estimate", "sd", "supports")))
    .where(learning_evidence.c.workspace == bindparam("w"), learning_evidence.c.learning_id == bindparam("l"))
    .order_by(learning_evidence.c.sd, learning_evidence.c.campaign_id)
)
LAST_RECORDED = select(func.max(learning_revisions.c.recorded_at)).where(
    learning_revisions.c.workspace == bindparam("w")
)
NEWEST_EVIDENCE = (
    select(evidence.c.payload)
    .join(
        campaigns,
        (campaigns.c.workspace == evidence.c.workspace)
        & (campaigns.c.campaign_id == evidence.c.campaign_id)
        & (campaigns.c.revision == evidence.c.revision),
    )
    .where(campaigns.c.workspace == bindparam("w"), evidence.c.sign == 1)
    .order_by(campaigns.c.timestamp.desc(), campaigns.c.campaign_id)
    .limit(bindparam("n"))
)
ADD_HEAD = sqlite.insert_missing(learnings)
MOVE_HEAD = (
    update(learnings)
    .where(
        learnings.c.workspace == bindparam("w"),
        learnings.c.learning_id == bindparam("l"),
        learnings.c.revision == bindparam("old"),
    )
    .values(revision=bindparam("new"), state=bindparam("s"), worth=bindparam("v"))
)
CLEAR_EVIDENCE = delete(learning_evidence).where(
    learning_evidence.c.workspace == bindparam("w"), learning_evidence.c.learning_id == bindparam("l")
)
ADD_EVIDENCE = insert(learning_evidence).from_select(
    ["workspace", "learning_id", "campaign_id", "estimate", "sd", "supports"],
    select(
        campaigns.c.workspace,
        bindparam("l", type_=Text),
        campaigns.c.campaign_id,
        bindparam("e", type_=Float),
        bindparam("sd", type_=Float),
        bindparam("s", type_=Integer),
    ).where(campaigns.c.workspace == bindparam("w"), campaigns.c.campaign_id == bindparam("c")),
)
