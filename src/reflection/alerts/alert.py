"""An alert: where messages go, about which events, and the weekly report that goes there too.

The channel follows from the address: Slack and Teams have hosts of their own, ``mailto:`` is mail, any other address is
a signed webhook. Must not know how anything is sent or stored.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator

from reflection.domain.campaign import Strict
from reflection.errors import InvalidInput

Channel = Literal["webhook", "slack", "teams", "mail"]
Kind = Literal[
    "campaign.outside_interval",
    "campaign.held",
    "learning.established",
    "learning.contested",
    "learning.ended",
    "import.failed",
    "import.findings",
    "data.silent",
    "intervals.too_narrow",
]
"""What an alert may be about."""

KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
REPORT, TEST = "report.ready", "test"
"""Kinds of messages that nobody subscribes to: the weekly report, and a trial."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = Weekday.__args__  # type: ignore[attr-defined]

LONGEST_ADDRESS, LONGEST_NAME = 2_000, 100
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
SLACK_HOST = "hooks.slack.com"
_TEAMS = re.compile(r"([a-z0-9-]+\.)+(logic\.azure\.com|logic\.azure\.us|powerplatform\.com)")


class ReportPlan(Strict):
    """When the report on the last seven days is sent, and as what."""

    format: Annotated[Literal["html", "pdf"], Field(description="of the file")] = "html"
    weekday: Annotated[Weekday, Field(description="the day it is sent; it is about the seven days before")] = "monday"
    hour: Annotated[int, Field(ge=0, le=23, description="of that day")] = 8
    zone: Annotated[str, Field(max_length=64, description="time zone of day and hour: `Europe/Berlin`")] = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone; write it as 'Europe/Berlin' or 'UTC'") from None
        return value


class AlertRequest(Strict):
    """An alert to be made."""

    address: Annotated[
        str,
        StringConstraints(min_length=1, max_length=LONGEST_ADDRESS, strip_whitespace=True),
        Field(description="`https://...` (a webhook, or one of Slack or Teams), or `mailto:somebody@example.com`"),
    ]
    on: Annotated[list[Kind] | None, Field(strict=False, description="which events; left out: all of them")] = None
    name: Annotated[str, Field(max_length=LONGEST_NAME, description="who or what it is for")] = ""
    silence_days: Annotated[int, Field(ge=1, le=90, description="days without data until `data.silent`")] = 7
    report: Annotated[ReportPlan | None, Field(description="also send the weekly report there")] = None

    @field_validator("name")
    @classmethod
    def _is_printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("has printable characters only")
        return value

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The events in a fixed order; all of them where none is named."""
        return KINDS if self.on is None else tuple(kind for kind in KINDS if kind in self.on)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is stored. `address` and `secret` are for the sender alone: no list, log or error shows them."""

    workspace: str
    alert_id: str
    channel: Channel
    name: str
    address: str
    secret: str
    kinds: tuple[str, ...]
    silence_days: int
    report: ReportPlan | None
    created_at: str

    @property
    def where(self) -> str:
        """Where it goes, as much as may be seen: of a mail its receiver, of any other address the host alone."""
        return shown_address(self.address)

    def public(self) -> dict[str, Any]:
        """As anybody who may manage alerts may see it: without its address and its secret."""
        names = ("alert_id", "channel", "name", "silence_days", "created_at")
        return {
            **{name: getattr(self, name) for name in names},
            "where": self.where,
            "on": list(self.kinds),
            "report": None if self.report is None else self.report.model_dump(),
        }


def shown_address(address: str) -> str:
    """An address without what is secret in it: paths and queries of webhooks hold keys."""
    if address.startswith("mailto:"):
        return address
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/..."


def channel_of(address: str) -> Channel:
    """What kind of receiver an address is.

    Raises:
        InvalidInput: it is none; the address is not repeated, for it may hold a secret.
    """
    if address.lower().startswith("mailto:"):
        if not _MAIL.fullmatch(address[len("mailto:") :]):
            raise _refusal("write one receiver as 'mailto:somebody@example.com'")
        return "mail"
    parts = _parts(address)
    if parts.hostname == SLACK_HOST:
        return "slack"
    return "teams" if _TEAMS.fullmatch(parts.hostname or "") else "webhook"


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port_is_one = parts.port != 0
    except ValueError:
        raise _refusal("it cannot be read") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_one:
        raise _refusal("write 'https://...' or 'mailto:somebody@example.com'")
    if parts.username is not None or parts.password is not None:
        raise _refusal("leave out the user and the password; messages are signed")
    if any(char.isspace() or not char.isprintable() for char in address):
        raise _refusal("it has a blank in it")
    return parts


def _refusal(reason: str) -> InvalidInput:
    return InvalidInput(f"the address cannot be used: {reason}", field="address")
