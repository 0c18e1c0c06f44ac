"""Messages: events of one kind for one alert, together; what people read, and what programs get.

A message's id is made of its events, and its content is fixed before it is sent the first time: however often it is
sent, it says the same under the same id. Must not know how it is sent.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from reflection.alerts.alert import REPORT, TEST
from reflection.alerts.items import Item, by_weight
from reflection.alerts.schedule import DueReport
from reflection.explain import formatting
from reflection.explain.sentences import Sentences

MOST_LINES = 10
"""Events that a message tells in words; programs get all of them."""

MOST_ITEMS = 200
"""Events of one message; more are the next message."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        title: the message in a few words.
        lines: one event each, with its link ("" where there is none).
        payload: the body of a webhook: {type, timestamp, data}, JSON.
        created_at: instant at which it was made.
    """

    message_id: str
    kind: str
    title: str
    lines: tuple[tuple[str, str], ...]
    payload: bytes
    created_at: str

    @property
    def document(self) -> Document | None:
        """The file that goes with it."""
        if self.kind != REPORT:
            return None
        file = orjson.loads(self.payload)["data"]["report"]
        return Document(file["name"], file["media_type"], base64.b64decode(file["base64"]))

    @property
    def text(self) -> str:
        """The lines below each other."""
        return "\n".join(" ".join(filter(None, line)) for line in self.lines)


def compose(alert_id: str, workspace: str, items: Sequence[Item], base_url: str, now: str) -> Message:
    """One message on events of one kind.

    Args:
        items: at least one, of the same kind.
        base_url: where the page is, without a slash at the end.
        now: instant of the message.
    """
    items = by_weight(items)
    kind, title = items[0].kind, _title(items)
    lines = [(item.text, base_url + item.link) for item in items[:MOST_LINES]]
    if len(items) > MOST_LINES:
        lines.append((Sentences().say("alert.more", number=formatting.count(len(items) - MOST_LINES)), ""))
    entries = [{"id": item.item_id, "text": item.text, "link": base_url + item.link, **item.figures} for item in items]
    data = {"workspace": workspace, "text": title, "items": entries}
    message_id = _message_id(alert_id, [item.item_id for item in items])
    return Message(message_id, kind, title, tuple(lines), _payload(kind, now, data), now)


def trial_item(workspace: str, key: str) -> Item:
    """The event of a trial; each has a key of its own."""
    return Item(TEST, key, Sentences().say("alert.test_line", workspace=workspace), "/")


def report_item(due: DueReport, file_format: str) -> Item:
    """The event that a report is due: once for its period and format."""
    start, end = due.start.isoformat(), due.end.isoformat()
    link = f"/v1/portfolio/report?start={start}&end={end}&format={file_format}"
    return Item(REPORT, f"{start}\0{end}\0{file_format}", report_title(due.start, due.end), link)


def report_title(start: date, end: date) -> str:
    """What a report is called, with the days it is about."""
    return Sentences().say("alert.report.ready", start=start.isoformat(), end=end.isoformat())


def report_message(
    alert_id: str, workspace: str, item: Item, lines: Sequence[str], document: Document, base_url: str, now: str
) -> Message:
    """A report with its first lines in words; the file goes with mail and in a webhook's body."""
    link = base_url + item.link
    content = base64.b64encode(document.content).decode()
    file = {"name": document.name, "media_type": document.media_type, "base64": content}
    data = {"workspace": workspace, "text": item.text, "link": link, "lines": list(lines), "report": file}
    message_id = _message_id(alert_id, [item.item_id])
    rows = (*((line, "") for line in lines), (Sentences().word("alert.whole_report"), link))
    return Message(message_id, REPORT, item.text, rows, _payload(REPORT, now, data), now)


def _title(items: Sequence[Item]) -> str:
    kind, sentences = items[0].kind, Sentences()
    if len(items) == 1:
        return sentences.say(f"alert.{kind}")
    words = {"campaigns": sentences.counted("campaign", len(items)), "number": formatting.count(len(items))}
    return sentences.say(f"alert.{kind}_many", **words)


def _message_id(alert_id: str, item_ids: Sequence[str]) -> str:
    return "msg_" + hashlib.sha256("\0".join((alert_id, *sorted(item_ids))).encode()).hexdigest()[:24]


def _payload(kind: str, now: str, data: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, "timestamp": now, "data": data})
