"""The book of alerts: makes, lists and removes them. A signing secret is shown once; addresses are never shown whole.

Both are kept as they are, for messages cannot be signed or sent with a digest: whoever reads the database can read
them. Must not know how messages are made or sent.
"""

import base64
import secrets
from dataclasses import fields

import orjson
from sqlalchemy import and_, bindparam, delete, func, insert, select
from sqlalchemy.engine import Connection, RowMapping

from reflection.alerts.alert import Alert, AlertRequest, ReportPlan, channel_of
from reflection.errors import Conflict, NotFound
from reflection.store.book import Book
from reflection.store.database.statements import insert_missing, key_of
from reflection.store.row_values import Row
from reflection.store.tables.alerts import alert_items, alert_messages, alerts
from reflection.store.tables.campaigns import workspaces

MOST_ALERTS = 50
"""Alerts of one workspace: every write of the workspace looks at them."""

_ID_BYTES, _SECRET_BYTES = 6, 32


class AlertBook(Book):
    """Makes, lists and removes alerts; thread-safe."""

    def create(self, workspace: str, request: AlertRequest) -> Alert:
        """A new alert, with the secret that its webhooks are signed with; it cannot be read again.

        Raises:
            InvalidInput: the address is none.
            Conflict: the workspace has as many alerts as it may have.
        """
        channel = channel_of(request.address)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        alert = Alert(
            workspace=workspace,
            alert_id="alr_" + secrets.token_hex(_ID_BYTES),
            channel=channel,
            name=request.name,
            address=request.address,
            secret=secret if channel == "webhook" else "",
            kinds=request.kinds,
            silence_days=request.silence_days,
            report=request.report,
            created_at=self._instant(),
        )
        with self._database.write(workspace) as connection:
            if connection.execute(_COUNT, {"w": workspace}).scalar_one() >= MOST_ALERTS:
                raise Conflict(f"the workspace has {MOST_ALERTS} alerts", hint="remove those nobody needs")
            own = {"workspace": workspace, "created_at": alert.created_at}
            connection.execute(insert_missing(workspaces), own)
            connection.execute(insert(alerts), _row(alert))
        return alert

    def list(self, workspace: str | None = None) -> list[Alert]:
        """Alerts by age, of one workspace or of all."""
        statement = select(alerts).order_by(alerts.c.created_at, alerts.c.alert_id)
        if workspace is not None:
            statement = statement.where(alerts.c.workspace == workspace)
        with self._database.read() as connection:
            return [_alert(row) for row in connection.execute(statement).mappings()]

    def get(self, workspace: str, alert_id: str) -> Alert:
        """One alert.

        Raises:
            NotFound: there is none of this id in the workspace.
        """
        with self._database.read(workspace) as connection:
            row = connection.execute(_ONE, {"w": workspace, "a": alert_id}).mappings().one_or_none()
        if row is None:
            raise NotFound(
                f"there is no alert '{alert_id}'", hint="'reflection alerts list' and GET /v1/alerts show them"
            )
        return _alert(row)

    def remove(self, workspace: str, alert_id: str) -> Alert:
        """Remove an alert with what was still to be sent and its log.

        Raises:
            NotFound: there is none of this id in the workspace.
        """
        alert = self.get(workspace, alert_id)
        with self._database.write(workspace) as connection:
            for table in (alert_messages, alert_items, alerts):
                own = and_(table.c.workspace == workspace, table.c.alert_id == alert_id)
                connection.execute(delete(table).where(own))
        return alert


def alerts_of(connection: Connection, workspace: str) -> list[Alert]:
    """The alerts of a workspace, inside somebody's transaction."""
    return [_alert(row) for row in connection.execute(_OF_WORKSPACE, {"w": workspace}).mappings()]


def _row(alert: Alert) -> Row:
    names = ("workspace", "alert_id", "channel", "name", "address", "secret", "silence_days", "created_at")
    return {
        **{name: getattr(alert, name) for name in names},
        "kinds": orjson.dumps(alert.kinds).decode(),
        "report": None if alert.report is None else alert.report.model_dump_json(),
    }


def _alert(row: RowMapping) -> Alert:
    report = None if row["report"] is None else ReportPlan.model_validate_json(row["report"])
    own = {field.name: row[field.name] for field in fields(Alert)}
    return Alert(**{**own, "kinds": tuple(orjson.loads(row["kinds"])), "report": report})


_ONE = select(alerts).where(key_of(alerts, workspace="w", alert_id="a"))
_OF_WORKSPACE = select(alerts).where(alerts.c.workspace == bindparam("w"))
_COUNT = select(func.count()).select_from(alerts).where(alerts.c.workspace == bindparam("w"))
