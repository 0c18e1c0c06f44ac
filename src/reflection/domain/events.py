"""An event: something that happened on a day beside the campaigns, such as a promotion, a price or tracking change.

People write it down, time lines show it, fits take it in. Its id is made of its content, so the same event again is the
same event. Must not know where events are kept, nor what they did.
"""

import hashlib
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reflection.domain.campaign import Strict, Text
from reflection.domain.instants import Day

EventKind = Literal["promotion", "price", "tracking", "site", "stock", "season", "other"]
EVERYTHING = "all"
MOST_EVENTS = 10_000
"""Events of one workspace; a time line of more says nothing."""

_NAMED = ("platform", "objective", "campaign")


def _scope(text: str) -> str:
    """What an event concerns, in one spelling: ``all``, ``platform:meta``, ``objective:sales``, ``campaign:<id>``."""
    kind, colon, name = text.partition(":")
    kind, name = kind.strip().casefold(), name.strip()
    if kind == EVERYTHING and not colon:
        return EVERYTHING
    if kind not in _NAMED or not name:
        raise ValueError("say 'all', 'platform:<name>', 'objective:<name>' or 'campaign:<id>'")
    return f"{kind}:{name if kind == 'campaign' else _plain_name(name)}"


def _plain_name(name: str) -> str:
    """A name however it is written; folded again it is itself."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(plain.split())


Scope = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=310), AfterValidator(_scope)]


class Event(Strict):
    """Something that happened beside the campaigns."""

    day: Annotated[Day, Field(strict=False, description="when, or the first day of it")]
    until: Annotated[Day | None, Field(strict=False, description="the last day of it; null where it is one day")] = None
    scope: Annotated[Scope, Field(description="`all`, `platform:<name>`, `objective:<name>` or `campaign:<id>`")] = (
        EVERYTHING
    )
    kind: EventKind = "other"
    text: Annotated[Text, StringConstraints(min_length=1, max_length=500), Field(description="what happened")]

    @model_validator(mode="after")
    def _in_order(self) -> "Event":
        if self.until is not None and self.until < self.day:
            raise ValueError("it ends before it begins")
        return self

    @property
    def event_id(self) -> str:
        """A name made of the content."""
        parts = (self.day.isoformat(), self.until.isoformat() if self.until else "", self.scope, self.kind, self.text)
        return "evt_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
