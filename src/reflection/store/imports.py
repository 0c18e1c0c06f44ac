"""Imports as rows: the register, what each import says of which campaign (a claim), and the days it reported.

A claim is written before its campaign is, with the revision that was current then: whatever happens in between, an
import can be gone on with and taken back. Must not know how files are read or campaigns analysed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.engine import Connection, RowMapping

from reflection.alerts import items
from reflection.alerts.items import Item
from reflection.domain.instants import instant_text
from reflection.ingest.jobs.register import (
    DONE,
    REFUSED,
    RUNNING,
    UNDOING,
    UNDONE,
    Claim,
    Days,
    ImportEntry,
    Outcome,
    PendingImport,
    PlannedCampaign,
)
from reflection.store import alert_items, days_of_imports
from reflection.store.campaigns_read import chunks
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.database.statements import insert_missing, insert_rows, key_of, same_key, upsert
from reflection.store.row_values import packed, unpacked
from reflection.store.tables.imports import import_claims, imports


class ImportRows:
    """The imports of every workspace (implements `register.ImportRegister`); safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        workspace: str,
        import_id: str,
        verdict: bytes,
        planned: Sequence[PlannedCampaign],
        days: Sequence[Days],
        now: str,
    ) -> None:
        """Register an import and everything it is going to do; one that is there already starts again."""
        key = {"workspace": workspace, "import_id": import_id}
        row = {**key, "state": RUNNING, "verdict": packed(verdict), "created_at": now, "updated_at": now}
        claims = [{**key, **_claim_row(item), "position": position} for position, item in enumerate(planned)]
        reported = days_of_imports.rows_of(workspace, import_id, days)
        with self._database.write(workspace) as connection:
            connection.execute(insert_missing(imports), row)
            changed = {name: row[name] for name in ("state", "verdict", "updated_at")}
            connection.execute(
                update(imports).where(*_is(imports, workspace, import_id)).values(resealed(imports, **changed))
            )
            earlier = {claim.campaign_id: claim for claim in _claims(connection, workspace, import_id)}
            for claim in claims:
                claim["before"] = _replaced_before(claim, earlier.get(claim["campaign_id"]))
            insert_rows(connection, _PUT_CLAIM, claims)
            days_of_imports.put(connection, workspace, import_id, reported)

    def entry(self, workspace: str, import_id: str) -> ImportEntry | None:
        """One import; None when it is not there."""
        with self._database.read(workspace) as connection:
            row = connection.execute(select(imports).where(*_is(imports, workspace, import_id))).mappings().first()
            return None if row is None else _entry(connection, row)

    def entries(self, workspace: str, limit: int, states: Sequence[str] | None = None) -> list[ImportEntry]:
        """The last imports, newest first; in some states only, where they are given."""
        own = [imports.c.workspace == workspace, *([imports.c.state.in_(states)] if states is not None else [])]
        query = select(imports).where(*own).order_by(imports.c.id.desc()).limit(limit)
        with self._database.read(workspace) as connection:
            return [_entry(connection, row) for row in connection.execute(query).mappings().all()]

    def waiting(self) -> PendingImport | None:
        """The oldest import of any workspace that is not done with."""
        columns = (imports.c.workspace, imports.c.import_id, imports.c.state)
        query = select(*columns).where(imports.c.state.in_((RUNNING, UNDOING))).order_by(imports.c.id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else PendingImport(*row)

    def change_state(self, workspace: str, import_id: str, state: str, now: str, *, only: str | None = None) -> bool:
        """Change an import's state, if `only` is given from that one; whether it was changed."""
        query = update(imports).where(*_is(imports, workspace, import_id))
        if only is not None:
            query = query.where(imports.c.state == only)
        with self._database.write(workspace) as connection:
            changed = connection.execute(query.values(resealed(imports, state=state, updated_at=now))).rowcount > 0
            if changed and state == DONE:
                alert_items.add(connection, workspace, lambda: _events(connection, workspace, import_id), _instant(now))
            return changed

    def note_unread(self, workspace: str, files: str, reason: str, now: str) -> None:
        """Note for the alerts that files could not be read; the same files and reason once a day."""
        item = items.of_unread(files, reason, f"{files}\0{reason}\0{now[:10]}")
        with self._database.write(workspace) as connection:
            alert_items.add(connection, workspace, lambda: [item], _instant(now))

    def unsettled(self, workspace: str, import_id: str, limit: int) -> list[tuple[Claim, bytes]]:
        """Claims that are still to be done, in order, each with its campaign's JSON."""
        where = _is(import_claims, workspace, import_id)
        query = select(import_claims).where(*where, import_claims.c.change == "", import_claims.c.body.is_not(None))
        with self._database.read(workspace) as connection:
            rows = connection.execute(query.order_by(import_claims.c.position).limit(limit)).mappings().all()
        return [(_claim(row), unpacked(row["body"])) for row in rows]

    def note_before(self, workspace: str, claims: Sequence[Claim]) -> None:
        """Write what was current before each campaign of these claims is touched."""
        rows = [
            {"w": workspace, "i": claim.import_id, "c": claim.campaign_id, "b": _hashes(claim.before)}
            for claim in claims
        ]
        with self._database.write(workspace) as connection:
            if rows:
                connection.execute(_NOTE_BEFORE, rows)

    def settle(self, workspace: str, import_id: str, outcomes: Sequence[Outcome], now: str) -> None:
        """Write what became of campaigns: of claims to be done, or of those taken back."""
        with self._database.write(workspace) as connection:
            for outcome in outcomes:
                values: dict[str, Any] = {"undone": outcome.change} if outcome.undone else {
                    "change": outcome.change, "detail": outcome.detail, "body": None
                }  # fmt: skip
                where = _is(import_claims, workspace, import_id)
                query = update(import_claims).where(*where, import_claims.c.campaign_id == outcome.campaign_id)
                connection.execute(query.values(resealed(import_claims, **values)))
            connection.execute(
                update(imports).where(*_is(imports, workspace, import_id)).values(resealed(imports, updated_at=now))
            )

    def restate(self, workspace: str, claim: Claim) -> None:
        """Change what an import says of a campaign that was made anew of the rows that are left."""
        where = _is(import_claims, workspace, claim.import_id)
        query = update(import_claims).where(*where, import_claims.c.campaign_id == claim.campaign_id)
        with self._database.write(workspace) as connection:
            connection.execute(query.values(resealed(import_claims, content_hash=claim.content_hash)))

    def not_taken_back(self, workspace: str, import_id: str, limit: int) -> list[Claim]:
        """Claims of an import that are still to be taken back, in order."""
        where = _is(import_claims, workspace, import_id)
        query = select(import_claims).where(*where, import_claims.c.undone == "").order_by(import_claims.c.position)
        with self._database.read(workspace) as connection:
            return [_claim(row) for row in connection.execute(query.limit(limit)).mappings()]

    def claims_on(self, workspace: str, campaign_ids: Sequence[str]) -> list[Claim]:
        """What every import that was begun says of some campaigns, oldest import first."""
        rows: list[RowMapping] = []
        with self._database.read(workspace) as connection:
            for chunk in chunks(campaign_ids):
                rows += connection.execute(_CLAIMS_ON, {"w": workspace, "ids": chunk}).mappings().all()
        return [_claim(row) for row in sorted(rows, key=lambda row: int(row["number"]))]

    def details(self, workspace: str, import_id: str, limit: int) -> list[dict[str, str]]:
        """Campaigns that were replaced or refused: {campaign_id, change, undone, detail}."""
        columns = [import_claims.c[name] for name in ("campaign_id", "change", "undone", "detail")]
        where = _is(import_claims, workspace, import_id)
        query = select(*columns).where(*where, import_claims.c.detail != "").order_by(import_claims.c.position)
        with self._database.read(workspace) as connection:
            rows = connection.execute(query.limit(limit)).mappings()
            return [{str(name): str(value) for name, value in row.items()} for row in rows]

    def version(self, workspace: str) -> tuple[int, int | None, str | None]:
        """What changes whenever `days` may say something else: how many are in force, the last, when one changed."""
        query = select(func.count(), func.max(imports.c.id), func.max(imports.c.updated_at)).where(
            imports.c.workspace == workspace, imports.c.state.not_in((UNDOING, UNDONE))
        )
        with self._database.read(workspace) as connection:
            number, last, changed = connection.execute(query).one()
        return number, last, changed

    def days(self, workspace: str, campaigns: Collection[str] | None = None) -> list[Days]:
        """The days that imports in force reported, the latest import last; with `campaigns` what was said under these
        names and keys alone (and all of imports of before campaigns were kept apart)."""
        with self._database.read(workspace) as connection:
            return days_of_imports.read(connection, workspace, campaigns)


def _events(connection: Connection, workspace: str, import_id: str) -> list[Item]:
    """What an import that is done says that somebody should know."""
    row = connection.execute(select(imports).where(*_is(imports, workspace, import_id))).mappings().one()
    entry = _entry(connection, row)
    refused = select(import_claims.c.detail).where(
        *_is(import_claims, workspace, import_id), import_claims.c.change == REFUSED
    )
    reasons = list(connection.execute(refused.order_by(import_claims.c.position)).scalars())
    item = items.of_import(import_id, orjson.loads(entry.verdict), reasons, entry.total)
    return [] if item is None else [item]


def _instant(now: str) -> str:
    """The register's instants have milliseconds."""
    return instant_text(datetime.fromisoformat(now))


def _is(table: Table, workspace: str, import_id: str) -> tuple[Any, Any]:
    return table.c.workspace == workspace, table.c.import_id == import_id


def _hashes(before: tuple[str, ...] | None) -> str | None:
    return None if before is None else " ".join(before)


def _claims(connection: Connection, workspace: str, import_id: str) -> list[Claim]:
    query = select(import_claims).where(*_is(import_claims, workspace, import_id))
    return [_claim(row) for row in connection.execute(query).mappings()]


def _replaced_before(row: Mapping[str, Any], claim: Claim | None) -> str | None:
    """What a claim that said the same before replaced then."""
    same = claim is not None and claim.content_hash == row["content_hash"]
    return _hashes(claim.before) if claim is not None and same else None


def _claim_row(item: PlannedCampaign) -> dict[str, Any]:
    """A claim to be done."""
    return {
        "campaign_id": item.campaign_id,
        "content_hash": item.content_hash,
        "body": packed(item.body),
        "before": None,
        "change": "",
        "undone": "",
        "detail": "",
    }


def _claim(row: RowMapping) -> Claim:
    state = str(row["state"]) if "state" in row else ""
    return Claim(
        import_id=row["import_id"],
        campaign_id=row["campaign_id"],
        content_hash=row["content_hash"],
        before=None if row["before"] is None else tuple(row["before"].split()),
        in_force=state not in (UNDOING, UNDONE),
    )


def _entry(connection: Connection, row: RowMapping) -> ImportEntry:
    where = _is(import_claims, row["workspace"], row["import_id"])
    columns = (import_claims.c.change, import_claims.c.undone, func.count())
    counted = connection.execute(select(*columns).where(*where).group_by(columns[0], columns[1])).all()
    counts: dict[str, int] = {}
    for change, undone, count in counted:
        for name in filter(None, (change, undone)):
            counts[name] = counts.get(name, 0) + count
    return ImportEntry(
        import_id=row["import_id"],
        state=row["state"],
        verdict=unpacked(row["verdict"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        done=sum(count for change, _, count in counted if change),
        total=sum(count for _, _, count in counted),
        counts=counts,
    )


_CLAIMS_ON = (
    select(import_claims, imports.c.state, imports.c.id.label("number"))
    .join(imports, same_key(imports, import_claims, "workspace", "import_id"))
    .where(
        import_claims.c.workspace == bindparam("w"), import_claims.c.campaign_id.in_(bindparam("ids", expanding=True))
    )
)
_PUT_CLAIM = upsert(import_claims, ["workspace", "import_id", "campaign_id"])
_NOTE_BEFORE = (
    update(import_claims)
    .where(key_of(import_claims, workspace="w", import_id="i", campaign_id="c"))
    .values(resealed(import_claims, before=bindparam("b")))
)
