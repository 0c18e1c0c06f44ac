"""What people say of learnings, when they were recalled, and what came of it. Recorded, shown, never counted.

A review or a recall changes no number and no state: confidence comes from campaigns alone. Must not know how a state
is found.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select
from sqlalchemy.engine import Connection

from reflection.domain.instants import instant_text
from reflection.errors import NotFound, Unavailable
from reflection.store.book import Book
from reflection.store.database.statements import delete_some, key_of, same_key, upsert
from reflection.store.database.turns import delete_in_turns
from reflection.store.row_values import Row, json_text
from reflection.store.tables.learnings import learning_reviews, learnings, recall_outcomes, recalled, recalls

MAX_NOTE = 4_000
SHOWN_RECALLS = 50
PORTION = 1_000
"""Recalls forgotten in one transaction."""

_SHOWN_RECALL = ("recall_id", "purpose", "question", "recalled_at", "rank", "score")


class LearningNotes(Book):
    """Reviews, recalls and their outcomes; thread-safe."""

    def review(self, workspace: str, learning_id: str, verdict: str, note: str = "", author: str = "") -> Row:
        """Record a person's word on a learning as it stands now.

        Raises:
            NotFound: there is no such learning.
        """
        with self._database.write(workspace) as connection:
            revision = connection.execute(_REVISION, {"w": workspace, "l": learning_id}).scalar_one_or_none()
            if revision is None:
                raise NotFound(f"there is no learning {learning_id!r}")
            row: Row = {"revision": revision, "verdict": verdict, "note": note, "author": author}
            row["created_at"] = self._instant()
            connection.execute(insert(learning_reviews), {"workspace": workspace, "learning_id": learning_id, **row})
        return row

    def recall(self, workspace: str, purpose: str, question: str, hits: Sequence[tuple[str, float]]) -> str | None:
        """Log that learnings were given to somebody; the id that outcomes refer to, None when nothing was given.

        Args:
            purpose: what for, such as ``search`` or ``recommendation``.
            hits: learning ids with their scores, best first.
        """
        if not hits:
            return None
        recall_id = f"rcl_{uuid.uuid4().hex[:20]}"
        key = {"workspace": workspace, "recall_id": recall_id}
        with self._database.write(workspace) as connection:
            about = {"purpose": purpose, "question": question[:MAX_NOTE]}
            connection.execute(insert(recalls), {**key, **about, "recalled_at": self._instant()})
            connection.execute(
                insert(recalled),
                [
                    {**key, "learning_id": learning_id, "rank": rank, "score": score}
                    for rank, (learning_id, score) in enumerate(hits, 1)
                ],
            )
        return recall_id

    def try_recall(self, workspace: str, purpose: str, question: str, hits: Sequence[tuple[str, float]]) -> str | None:
        """`recall` for a read, which must not fail because nothing can be written: None then."""
        try:
            return self.recall(workspace, purpose, question, hits)
        except Unavailable:
            return None

    def outcome(self, workspace: str, recall_id: str, campaign_id: str, outcome: dict[str, Any]) -> None:
        """Attach how a campaign that acted on a recall turned out; a later word on the same campaign replaces it.

        Raises:
            NotFound: nothing was recalled under this id.
        """
        key = {"workspace": workspace, "recall_id": recall_id}
        with self._database.write(workspace) as connection:
            there = select(recalls.c.recall_id).where(
                recalls.c.workspace == workspace, recalls.c.recall_id == recall_id
            )
            if connection.execute(there).first() is None:
                raise NotFound(f"nothing was recalled under {recall_id!r}")
            body = {"outcome": json_text(outcome), "created_at": self._instant()}
            connection.execute(_PUT_OUTCOME, {**key, "campaign_id": campaign_id, **body})

    def forget_recalls(self, workspace: str, before: datetime) -> int:
        """Drop recalls older than an instant with their outcomes. How many there were."""
        return delete_in_turns(self._database, _FORGET_RECALLS, {"w": workspace, "t": instant_text(before)}, workspace)


def newest_reviews(connection: Connection, workspace: str) -> dict[str, Row]:
    """The latest word on every learning that was reviewed."""
    return {row["learning_id"]: _review(row) for row in connection.execute(_ALL, {"w": workspace}).mappings()}


def remarks(connection: Connection, workspace: str, learning_id: str) -> dict[str, list[Row]]:
    """Reviews of a learning, oldest first, and its newest recalls with their outcomes."""
    key = {"w": workspace, "l": learning_id}
    reviews = [_review(row) for row in connection.execute(_OF_LEARNING, key).mappings()]
    recent = connection.execute(_RECALLS, {**key, "n": SHOWN_RECALLS}).mappings()
    recall_rows = [{name: row[name] for name in _SHOWN_RECALL} for row in recent]
    ids = [row["recall_id"] for row in recall_rows]
    outcomes: dict[str, list[Row]] = {}
    for row in connection.execute(_OUTCOMES, {"w": workspace, "ids": ids}).mappings():
        outcome = {"campaign_id": row["campaign_id"], "outcome": orjson.loads(row["outcome"])}
        outcomes.setdefault(row["recall_id"], []).append({**outcome, "created_at": row["created_at"]})
    return {
        "reviews": reviews,
        "recalls": [{**row, "outcomes": outcomes.get(row["recall_id"], [])} for row in recall_rows],
    }


def _review(row: Any) -> Row:
    return {name: row[name] for name in ("revision", "verdict", "note", "author", "created_at")}


_REVISION = select(learnings.c.revision).where(key_of(learnings, workspace="w", learning_id="l"))
_ALL = select(learning_reviews).where(learning_reviews.c.workspace == bindparam("w")).order_by(learning_reviews.c.id)
_OF_LEARNING = _ALL.where(learning_reviews.c.learning_id == bindparam("l"))
_RECALLS = (
    select(
        recalls.c.recall_id,
        recalls.c.purpose,
        recalls.c.question,
        recalls.c.recalled_at,
        recalled.c.rank,
        recalled.c.score,
    )
    .join(
        recalled,
        same_key(recalled, recalls, "workspace", "recall_id"),
    )
    .where(recalls.c.workspace == bindparam("w"), recalled.c.learning_id == bindparam("l"))
    .order_by(recalls.c.recalled_at.desc(), recalls.c.recall_id)
    .limit(bindparam("n"))
)
_OUTCOMES = (
    select(recall_outcomes)
    .where(
        recall_outcomes.c.workspace == bindparam("w"),
        recall_outcomes.c.recall_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(recall_outcomes.c.campaign_id)
)
_FORGET_RECALLS = delete_some(
    recalls, key_of(recalls, workspace="w"), recalls.c.recalled_at < bindparam("t"), limit=PORTION
)
_PUT_OUTCOME = upsert(recall_outcomes, ["workspace", "recall_id", "campaign_id"])
