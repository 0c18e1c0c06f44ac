"""The sender: what time makes true, events into messages, and messages on their way, each tried until it arrives.

    silence and due reports -> events -> messages of one kind, together -> tries, further and further apart -> given up

One round takes at most one message of each alert, those tried least first and side by side: a receiver that fails or
sleeps keeps no other waiting. A kill at any moment loses nothing; what it may cost is a message sent twice, under one
id. Must not know what is told, nor the protocols of receivers.
"""

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from reflection.alerts import messages
from reflection.alerts.alert import TEST, Alert
from reflection.alerts.items import of_silence
from reflection.alerts.messages import Document, Message
from reflection.alerts.schedule import DueReport, last_due
from reflection.delivery.addresses import FailedDelivery
from reflection.delivery.webhooks import LONGEST_WAIT
from reflection.domain.instants import instant_text, is_over
from reflection.errors import NotFound, ReportsMissing
from reflection.store.alert_outbox import AlertOutbox, DueMessage, WaitingEvents
from reflection.store.alerts import AlertBook

log = structlog.get_logger("reflection")
BACKOFF = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Pauses after tries that failed, as Standard Webhooks suggests them: ten tries in three days, then it is given up."""

QUIET, LONGEST = timedelta(seconds=10), timedelta(minutes=5)
"""Events of one kind are one message: it waits until none has come for so long, and never longer than the second."""

LOOK_AROUND = timedelta(seconds=30)
"""Between two looks at what only time makes true."""

AT_ONCE = 8
"""Messages on their way at one time."""

Deliver = Callable[[Alert, Message], None]
"""Sends a message once; raises `FailedDelivery`."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was made: its first lines in words, and the file."""

    lines: Sequence[str]
    document: Document


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the sender is."""

    backoff: Sequence[timedelta] = BACKOFF
    quiet: timedelta = QUIET
    longest: timedelta = LONGEST
    look_around: timedelta = LOOK_AROUND


class AlertSender:
    """Sends the alerts of all workspaces; one at work for a database is enough, and two do no harm.

    Args:
        make_report: the report on a period, for an alert's workspace and format.
        base_url: where the page is, without a slash at the end.
    """

    def __init__(
        self,
        book: AlertBook,
        outbox: AlertOutbox,
        deliver: Deliver,
        make_report: Callable[[Alert, DueReport], Report],
        *,
        base_url: str,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._book, self._outbox, self._deliver, self._make_report = book, outbox, deliver, make_report
        self._base_url, self._clock, self._pace = base_url, clock, pace or Pace()
        self._looked_at: dict[str, datetime] = {}

    def work(self, going_on: Callable[[], bool] = lambda: True, *, at_once: bool = False) -> None:
        """Everything that is due now; leaves off between two rounds when it is told to.

        Args:
            at_once: wait for no further events, as nobody may be here when they come.
        """
        now = self._clock()
        for alert in self._book.list():
            last = self._looked_at.get(alert.alert_id)
            if last is None or is_over(last, now, self._pace.look_around):
                self._looked_at[alert.alert_id] = now  # before: one whose report cannot be made keeps no other waiting
                self._note_silence(alert, now)
                self._note_report(alert, now)
        for waiting in self._outbox.waiting():
            if at_once or self._is_complete(waiting, now):
                self._form(waiting)
        while going_on() and (due := self._due()):
            with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="alert") as threads:
                list(threads.map(self._try, due))

    def test(self, workspace: str, alert_id: str) -> dict[str, Any]:
        """Send a trial now, in this thread and once; its row of the log.

        Raises:
            NotFound: there is no such alert.
        """
        alert, now = self._book.get(workspace, alert_id), self._clock()
        item = messages.trial_item(workspace, uuid.uuid4().hex)
        message = messages.compose(alert_id, workspace, [item], self._base_url, instant_text(now))
        later = instant_text(now + self._pause(0))
        self._outbox.add(alert, item, message, next_at=later)  # later, so that only this thread tries it now
        self._try(DueMessage(workspace, alert_id, message, 0))
        (row,) = (
            row
            for row in self._outbox.deliveries(workspace, alert_id, messages.MOST_ITEMS)
            if row["message_id"] == message.message_id
        )
        return row

    def _due(self) -> list[DueMessage]:
        """Messages whose time has come; one dated beyond every pause was so by a clock that has been set back since."""
        now = self._clock()
        beyond = now + max(*self._pace.backoff, timedelta(seconds=LONGEST_WAIT))
        return self._outbox.due(instant_text(now), instant_text(beyond), AT_ONCE)

    def _form(self, waiting: WaitingEvents) -> None:
        now = instant_text(self._clock())
        self._outbox.form(
            waiting,
            lambda items: messages.compose(waiting.alert_id, waiting.workspace, items, self._base_url, now),
        )

    def _is_complete(self, waiting: WaitingEvents, now: datetime) -> bool:
        oldest, newest = datetime.fromisoformat(waiting.oldest), datetime.fromisoformat(waiting.newest)
        return is_over(newest, now, self._pace.quiet) or is_over(oldest, now, self._pace.longest)

    def _try(self, due: DueMessage) -> None:
        """One try, counted before it is made."""
        now = self._clock()
        if due.tries > len(self._pace.backoff):
            self._outbox.failed(due, "every try ended in the middle", None, instant_text(now))
            return
        try:
            alert = self._book.get(due.workspace, due.alert_id)
        except NotFound:  # removed meanwhile, and its messages with it
            return
        if not self._outbox.claim(due, instant_text(now + self._pause(due.tries))):
            return
        try:
            self._deliver(alert, due.message)
        except FailedDelivery as error:
            self._note_failure(due, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever a library makes of a hostile answer; others wait
            reason = f"it could not be sent ({type(error).__name__})"  # without its text, which may hold the address
            log.error("an alert could not be sent", alert=due.alert_id, message=due.message.message_id, reason=reason)
            self._note_failure(due, FailedDelivery(reason))
            return
        self._outbox.arrived(due, instant_text(self._clock()))

    def _note_failure(self, due: DueMessage, error: FailedDelivery) -> None:
        now, tries = self._clock(), due.tries + 1
        over = error.final or tries > len(self._pace.backoff) or due.message.kind == TEST
        pause = max(self._pause(due.tries), timedelta(seconds=error.retry_after or 0))
        self._outbox.failed(due, error.message, None if over else instant_text(now + pause), instant_text(now))
        if over and due.message.kind != TEST:
            log.error("an alert was given up", alert=due.alert_id, message=due.message.message_id, reason=error.message)

    def _pause(self, tries: int) -> timedelta:
        return self._pace.backoff[min(tries, len(self._pace.backoff) - 1)]

    def _note_silence(self, alert: Alert, now: datetime) -> None:
        if "data.silent" not in alert.kinds:
            return
        last = self._outbox.last_arrival(alert.workspace)
        days = 0 if last is None else (now - datetime.fromisoformat(last)).days
        if last is None or days < alert.silence_days:
            return
        item = of_silence(last, days)
        if not self._outbox.has(alert, item):
            self._outbox.note(alert, item, instant_text(now))

    def _note_report(self, alert: Alert, now: datetime) -> None:
        """The last report that became due since the alert was made, once; made before it is said to be there."""
        if alert.report is None:
            return
        due = last_due(alert.report, now)
        item = messages.report_item(due, alert.report.format)
        if due.at < datetime.fromisoformat(alert.created_at) or self._outbox.has(alert, item):
            return
        reason = ""
        try:
            report = self._make_report(alert, due)
        except ReportsMissing as error:
            reason, report = f"{error.message}; {error.hint}", Report((), Document("", "", b""))
        message = messages.report_message(
            alert.alert_id, alert.workspace, item, report.lines, report.document, self._base_url, instant_text(now)
        )
        self._outbox.add(alert, item, message, reason=reason)
