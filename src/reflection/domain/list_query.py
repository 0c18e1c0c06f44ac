"""What a list of insights or patterns is narrowed to, and where its next page begins. Must not know rows or routes."""

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, Self

import orjson

from reflection.domain import signals
from reflection.errors import InvalidInput


class Place(NamedTuple):
    """A row's place in a list: the higher rank first; among equals what the workspace knows (text ids) before stored
    sentences (numbers), of those the newest first.
    """

    rank: float
    id: int | str

    @property
    def order(self) -> tuple[float, bool, int, str]:
        """Sorts rows."""
        stored = isinstance(self.id, int)
        return (-self.rank, stored, -int(self.id) if stored else 0, "" if stored else str(self.id))

    @property
    def cursor(self) -> str:
        """The place as a text for addresses."""
        return base64.urlsafe_b64encode(orjson.dumps([self.rank, self.id])).decode().rstrip("=")

    @classmethod
    def of_cursor(cls, cursor: str) -> Self:
        """The inverse of `cursor`.

        Raises:
            InvalidInput: it is no cursor that a page gave.
        """
        try:
            rank, row_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if not isinstance(row_id, int | str):
                raise TypeError
            return cls(float(rank), row_id)
        except (binascii.Error, ValueError, TypeError) as error:
            raise InvalidInput(
                "this cursor was given by no page", hint="take `next_cursor` of the page before", field="cursor"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which rows are asked for, and how many.

    Attributes:
        kind: kind of an insight, or category of a pattern.
        platform, objective: rows that rest on a campaign with this platform and objective, as people write them.
        since: rows made at this instant or later.
        past: also what rests on a learning that does not hold any longer.
        after: the place of the last row of the page before.
    """

    limit: int = 50
    kind: str | None = None
    platform: str | None = None
    objective: str | None = None
    since: datetime | None = None
    past: bool = False
    after: Place | None = None

    @property
    def signal_keys(self) -> tuple[str, ...]:
        """The signals that a row's campaign has."""
        platform = signals.of_platform(self.platform).key if self.platform is not None else None
        objective = signals.of_objective(self.objective).key if self.objective is not None else None
        return tuple(key for key in (platform, objective) if key is not None)

    @property
    def since_text(self) -> str:
        """`since` as rows carry their instants: UTC with milliseconds, so that texts compare as instants do."""
        return self.since.astimezone(UTC).isoformat(timespec="milliseconds") if self.since else ""

    def narrowed(self, *, kind: str | None, limit: int, after: Place | None = None) -> Self:
        """The same question for one kind, a length and a page."""
        return replace(self, kind=kind, limit=limit, after=after)

    def is_recent(self, instant: str) -> bool:
        """Whether a row's instant or day is not before `since`."""
        if self.since is None:
            return True
        moment = datetime.fromisoformat(instant)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) >= self.since


ALL = ListQuery()
"""Everything, in pages of the usual length."""
