"""Advice as rows: claims frozen when shown, feedback, hold-back assignments, and the register read for scoring.

Everything is append-only: a claim is judged by what it said, not by what a later fit would say. Must not know how a
recommendation is made or scored.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Connection, RowMapping

from reflection.domain.ports import ForecastRow
from reflection.store.campaigns_read import plain
from reflection.store.database.connections import Database
from reflection.store.database.statements import insert_missing
from reflection.store.tables.campaigns import forecasts
from reflection.store.tables.learnings import learning_revisions, learnings
from reflection.store.tables.recommendations import advice_assignments, advice_feedback, advice_shown

SHOWN_LIMIT = 10_000
ACCEPTED_LIMIT = 50
_PAGE = 5_000


class AdviceRows:
    """The rows of advice of every workspace; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(
        self, workspace: str, recommendation_id: str, unit: str, seq: int, shown_at: str, claim: dict[str, Any]
    ) -> bool:
        """Freeze a claim; False when it was shown for this unit on this state already."""
        row = {
            "workspace": workspace, "recommendation_id": recommendation_id, "unit": unit, "seq": seq,
            "shown_at": shown_at, "claim": orjson.dumps(claim).decode(),
        }  # fmt: skip
        with self._database.write(workspace) as connection:
            return connection.execute(insert_missing(advice_shown), row).rowcount > 0

    def displays(self, workspace: str, recommendation_id: str | None = None) -> list[dict[str, Any]]:
        """Claims as they were shown, oldest first: {recommendation_id, unit, seq, shown_at, claim}."""
        query = select(advice_shown).where(advice_shown.c.workspace == workspace)
        if recommendation_id is not None:
            query = query.where(advice_shown.c.recommendation_id == recommendation_id)
        with self._database.read(workspace) as connection:
            rows = connection.execute(query.order_by(advice_shown.c.id.desc()).limit(SHOWN_LIMIT)).mappings().all()
        return [_row_of(row) for row in reversed(rows)]

    def say(self, workspace: str, recommendation_id: str, accepted: bool, note: str, created_at: str) -> bool:
        """Note feedback; False when the last feedback said the same."""
        row = {
            "workspace": workspace, "recommendation_id": recommendation_id, "accepted": int(accepted), "note": note,
            "created_at": created_at,
        }  # fmt: skip
        with self._database.write(workspace) as connection:
            last = _last_feedback(connection, workspace, recommendation_id)
            if last is not None and (bool(last["accepted"]), last["note"]) == (accepted, note):
                return False
            connection.execute(advice_feedback.insert(), row)
            return True

    def feedback(self, workspace: str, recommendation_id: str) -> list[dict[str, Any]]:
        """Everything that was said to a recommendation, oldest first."""
        query = (
            select(advice_feedback.c.accepted, advice_feedback.c.note, advice_feedback.c.created_at)
            .where(advice_feedback.c.workspace == workspace)
            .where(advice_feedback.c.recommendation_id == recommendation_id)
            .order_by(advice_feedback.c.id)
        )
        with self._database.read(workspace) as connection:
            return [{**plain(row), "accepted": bool(row["accepted"])} for row in connection.execute(query).mappings()]

    def assign(self, workspace: str, unit: str, treated: bool, probability: float, assigned_at: str) -> bool:
        """Log an assignment and return the one that holds: the first, whatever was asked for later."""
        row = {
            "workspace": workspace, "unit": unit, "treated": int(treated), "probability": probability,
            "assigned_at": assigned_at,
        }  # fmt: skip
        where = (advice_assignments.c.workspace == workspace, advice_assignments.c.unit == unit)
        with self._database.write(workspace) as connection:
            connection.execute(insert_missing(advice_assignments), row)
            return bool(connection.execute(select(advice_assignments.c.treated).where(*where)).scalar_one())

    def assignments(self, workspace: str) -> list[dict[str, Any]]:
        """Every assignment in order: {unit, treated, probability, assigned_at}."""
        table = advice_assignments.c
        query = select(table.unit, table.treated, table.probability, table.assigned_at)
        query = query.where(table.workspace == workspace).order_by(table.assigned_at, table.unit)
        with self._database.read(workspace) as connection:
            return [{**plain(row), "treated": bool(row["treated"])} for row in connection.execute(query).mappings()]

    def register(self, workspace: str) -> Iterator[ForecastRow]:
        """The whole forecast register in the order of entry, a page at a time."""
        after = 0
        while True:
            query = (
                select(forecasts)
                .where(forecasts.c.workspace == workspace, forecasts.c.id > after)
                .order_by(forecasts.c.id)
                .limit(_PAGE)
            )
            with self._database.read(workspace) as connection:
                rows = connection.execute(query).mappings().all()
            yield from (_forecast(row) for row in rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1]["id"]

    def established(self, workspace: str) -> list[dict[str, Any]]:
        """Learnings that were ever established: {learning_id, state (now), body (when first established), latest (when
        last)}."""
        revision = learning_revisions.c
        query = (
            select(learnings.c.learning_id, learnings.c.state, revision.body)
            .join(learning_revisions, (revision.workspace == learnings.c.workspace)
                  & (revision.learning_id == learnings.c.learning_id))
            .where(learnings.c.workspace == workspace, revision.state == "established")
            .order_by(learnings.c.learning_id, revision.revision)
        )  # fmt: skip
        by_id: dict[str, dict[str, Any]] = {}
        with self._database.read(workspace) as connection:
            for row in connection.execute(query).mappings():
                body = orjson.loads(row["body"])
                by_id.setdefault(row["learning_id"], {**plain(row), "body": body})["latest"] = body
        return list(by_id.values())


def accepted(connection: Connection, workspace: str) -> list[dict[str, Any]]:
    """The last claims shown whose latest feedback accepted them: what a campaign may be following."""
    return [_row_of(row) for row in connection.execute(_ACCEPTED, {"w": workspace}).mappings()]


def _accepted_claims() -> Select[Any]:
    latest = (
        select(advice_feedback.c.accepted)
        .where(advice_feedback.c.workspace == advice_shown.c.workspace)
        .where(advice_feedback.c.recommendation_id == advice_shown.c.recommendation_id)
        .order_by(advice_feedback.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(advice_shown)
        .where(advice_shown.c.workspace == bindparam("w"), latest == 1)
        .order_by(advice_shown.c.id.desc())
        .limit(ACCEPTED_LIMIT)
    )


_ACCEPTED = _accepted_claims()
"""Made once: every analysis asks it, and making it took longer than asking."""


def _last_feedback(connection: Connection, workspace: str, recommendation_id: str) -> RowMapping | None:
    query = (
        select(advice_feedback.c.accepted, advice_feedback.c.note)
        .where(advice_feedback.c.workspace == workspace, advice_feedback.c.recommendation_id == recommendation_id)
        .order_by(advice_feedback.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def _row_of(row: RowMapping) -> dict[str, Any]:
    names = ("recommendation_id", "unit", "seq", "shown_at")
    return {**{name: row[name] for name in names}, "claim": orjson.loads(row["claim"])}


def _forecast(row: RowMapping) -> ForecastRow:
    names = (
        "issuer", "version", "issued_at", "metric", "point", "campaign_id", "platform", "objective", "period_start",
        "period_end", "currency",
    )  # fmt: skip
    return ForecastRow(
        **{name: row[name] for name in names},
        quantiles=orjson.loads(row["quantiles"]),
        detail=orjson.loads(row["detail"]),
    )
