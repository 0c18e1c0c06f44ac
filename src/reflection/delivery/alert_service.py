"""What doors ask of alerts, and the one place where a channel is chosen for a message.

Refuses an address before it is stored; after that the sender judges it again at each try. Must not know doors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from reflection.alerts.alert import Alert, AlertRequest, channel_of
from reflection.alerts.messages import Document, Message
from reflection.alerts.schedule import DueReport
from reflection.delivery import chats, webhooks
from reflection.delivery.addresses import AddressGuard
from reflection.delivery.sender import AlertSender, Pace, Report
from reflection.domain.instants import instant_text
from reflection.errors import InvalidInput
from reflection.recommendations.service import RecommendationService
from reflection.reports.rendering import MEDIA_TYPES, require
from reflection.reports.service import CampaignPages, portfolio_report
from reflection.store.alert_outbox import REMEMBERED, AlertOutbox
from reflection.store.alerts import AlertBook
from reflection.store.database.connections import Database
from reflection.store.row_values import Row

GIVEN_UP = 5
"""Messages that were given up, of which an operator is told the reasons."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """What an installation lets its alerts use.

    Attributes:
        guard: judges addresses of webhooks.
        mail_url: the mail server with its password; None where there is none.
        base_url: where the page is, without a slash at the end.
        log_days: how long the log of what was settled is kept.
    """

    guard: AddressGuard
    mail_url: str | None
    base_url: str
    log_days: int


class AlertService:
    """The alerts of an installation; thread-safe.

    Args:
        pages, recommendations: what weekly reports are made from.
    """

    def __init__(
        self,
        database: Database,
        outlets: Outlets,
        pages: CampaignPages,
        recommendations: RecommendationService,
        *,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._outlets, self._pages, self._recommendations, self._clock = outlets, pages, recommendations, clock
        self.book, self.outbox = AlertBook(database, clock), AlertOutbox(database)
        self.sender = AlertSender(
            self.book, self.outbox, self._deliver, self._report, base_url=outlets.base_url, clock=clock, pace=pace
        )

    def add(self, workspace: str, request: AlertRequest) -> Alert:
        """A new alert; its secret cannot be read again.

        Raises:
            InvalidInput: its address may not be used, or its channel not here.
            ReportsMissing: it wants a report that cannot be made here.
            Conflict: the workspace has as many alerts as it may have.
        """
        channel = channel_of(request.address)
        if not request.kinds and request.report is None:
            raise InvalidInput("the alert is about nothing", hint="name an event, or a report", field="on")
        if request.report is not None:
            require(request.report.format)
        if channel == "webhook":
            self._outlets.guard.check(request.address)
        else:
            problem = chats.problem_of(channel, request.address, self._outlets.mail_url)
            if problem is not None:
                raise InvalidInput(problem, field="address")
        return self.book.create(workspace, request)

    def deliveries(self, workspace: str, alert_id: str, limit: int) -> list[Row]:
        """The log of an alert, the newest message first.

        Raises:
            NotFound: there is no such alert.
        """
        self.book.get(workspace, alert_id)
        return self.outbox.deliveries(workspace, alert_id, limit)

    def retry(self, workspace: str, alert_id: str) -> int:
        """Try what was given up again; how many messages.

        Raises:
            NotFound: there is no such alert.
        """
        self.book.get(workspace, alert_id)
        return self.outbox.retry(workspace, alert_id, instant_text(self._clock()))

    def given_up(self) -> list[Row]:
        """The last messages that were given up, with the reason."""
        return self.outbox.given_up(GIVEN_UP)

    def forget(self, workspace: str) -> int:
        """Drop what is past its time; how many rows."""
        now = self._clock()
        return self.outbox.forget(workspace, now - timedelta(days=self._outlets.log_days), now - REMEMBERED)

    def _deliver(self, alert: Alert, message: Message) -> None:
        if alert.channel == "webhook":
            webhooks.send(self._outlets.guard, alert.address, alert.secret, message)
        else:
            chats.send(alert, message, self._outlets.mail_url)

    def _report(self, alert: Alert, due: DueReport) -> Report:
        kind = "html" if alert.report is None else alert.report.format
        made = [
            portfolio_report(self._pages, self._recommendations, alert.workspace, due.start, due.end, one)
            for one in ("json", kind)
        ]
        view: dict[str, Any] = orjson.loads(made[0])
        lines = [f"{question}: {answer}" for question, answer in view["summary"]] or [view["verdict"]]
        name = f"report-{due.start.isoformat()}-to-{due.end.isoformat()}.{kind}"
        return Report(lines, Document(name, MEDIA_TYPES[kind], made[1]))
