"""`OutboxPublisher`: gives pending outbox entries to the handlers of their topics, and can publish all again.

One publisher works at a time, over all processes: a slow one could otherwise put an older state over a newer.
Must not know what a topic means; `Handler`s do.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Protocol

from reflection.errors import ReflectionError
from reflection.store.projections import atomic_files
from reflection.store.projections.outbox import Key, Outbox, OutboxEntry

Failures = Mapping[Key, ReflectionError]
"""Why, by what could not be published."""

DOWN = 3
"""So many workspaces refused in a row are no fault of theirs."""


class Handler(Protocol):
    """Publishes one topic. Both verbs may be repeated at any time: they end in what the rows say."""

    def publish(self, entries: Sequence[OutboxEntry]) -> Failures | None:
        """Publish what the rows say now of the entries' keys; those that could not be, and why.

        Raises:
            ReflectionError: nothing of it could be published.
        """

    def rebuild(self) -> int:
        """Publish everything again from the rows; how many things."""


class OutboxPublisher:
    """Publishes committed work. What cannot be published is set aside with its reason and holds up nothing else.

    Args:
        handlers: topic -> handler; entries of other topics stay pending.
        lock_path: a file beside the database that keeps a second publisher waiting.
    """

    def __init__(self, outbox: Outbox, handlers: Mapping[str, Handler], lock_path: Path) -> None:
        self._outbox = outbox
        self._handlers = dict(handlers)
        self._lock_path = lock_path

    def publish_pending(self, topics: Collection[str] | None = None) -> int:
        """Publish what is pending, of all topics or of some, dead letters among it; how many entries.

        Raises:
            ReflectionError: some could not be published (the reason of the first); they are set aside, all others are
                published.
        """
        return self._publish(topics, None, due_only=False).all_published()

    def publish_due(self, topics: Collection[str] | None = None) -> int:
        """Publish what is pending, and dead letters whose time has come; how many entries.

        Raises:
            ReflectionError: as `publish_pending`.
        """
        return self._publish(topics, None).all_published()

    def publish_and_say(self) -> str | None:
        """Publish as `publish_due`; a sentence where something is not published, which keeps nobody from going on."""
        try:
            self.publish_due()
        except ReflectionError as error:
            reason = error.message
        else:
            if not (letters := self._outbox.some_dead(1)):
                return None
            reason = letters[0].reason
        return (
            f"everything is stored, but not all of it could be published ({reason}); it is set aside and tried again, "
            "and 'reflection doctor' shows it"
        )

    def publish_some(self) -> int:
        """Publish one page of each topic, so that others come in between; how many entries were taken in hand.

        What cannot be published is set aside, and told by whoever looks at the dead letters.
        """
        return self._publish(None, 1).entries

    def publish_until(self, end: float | None) -> None:
        """Publish what is pending, page by page and not beyond an instant of `time.monotonic`; None for all of it."""
        while (end is None or time.monotonic() < end) and self.publish_some():
            continue

    def rebuild(self) -> int:
        """Publish everything again from the rows, then what became pending meanwhile; how many things.

        Raises:
            ReflectionError: some could not be published; all others are.
        """
        count, failures = 0, list[ReflectionError]()
        with atomic_files.locked(self._lock_path):
            for handler in self._handlers.values():
                try:
                    count += handler.rebuild()
                except ReflectionError as error:
                    failures.append(error)
            failures += self._publish_topics(self._handlers, None, due_only=False).failures
        if failures:
            raise failures[0]
        return count

    def _publish(self, topics: Collection[str] | None, pages: int | None, *, due_only: bool = True) -> "_Round":
        handlers = {name: handler for name, handler in self._handlers.items() if topics is None or name in topics}
        if not any(
            self._outbox.pending(topic, limit=1) or self._outbox.dead(topic, due_only=due_only, limit=1)
            for topic in handlers
        ):
            return _Round()
        with atomic_files.locked(self._lock_path):
            return self._publish_topics(handlers, pages, due_only=due_only)

    def _publish_topics(self, handlers: Mapping[str, Handler], pages: int | None, *, due_only: bool) -> "_Round":
        done = _Round()
        for topic, handler in handlers.items():
            for entries in self._portions(topic, pages, due_only=due_only):
                failed = _failures(handler, entries)
                self._outbox.settle(entries, {key: error.message for key, error in failed.items()})
                done.entries += len(entries)
                done.published += sum((entry.workspace, entry.key) not in failed for entry in entries)
                done.failures += failed.values()
        return done

    def _portions(self, topic: str, pages: int | None, *, due_only: bool) -> Iterator[list[OutboxEntry]]:
        """What there is to publish, a page at a time, and then what was set aside before."""
        for _ in repeat(None) if pages is None else repeat(None, pages):
            if not (entries := self._outbox.pending(topic)):
                break
            yield entries
        after = ("", "")
        for _ in repeat(None) if pages is None else repeat(None, pages):
            if not (letters := self._outbox.dead(topic, due_only=due_only, after=after)):
                break
            after = (letters[-1].workspace, letters[-1].key)
            yield [letter.entry for letter in letters]


@dataclass(slots=True)
class _Round:
    """What came of one round."""

    entries: int = 0
    published: int = 0
    failures: list[ReflectionError] = field(default_factory=list)

    def all_published(self) -> int:
        """How many entries were published; raises the first failure there was."""
        if self.failures:
            raise self.failures[0]
        return self.published


def _failures(handler: Handler, entries: Sequence[OutboxEntry]) -> Failures:
    """What of these could not be published, and why.

    Where a handler refuses all, each workspace is tried by itself, so that one of them cannot hold up the others; not
    for ever: what refused several in a row is down.
    """
    try:
        return handler.publish(entries) or {}
    except ReflectionError as error:
        owners = sorted({entry.workspace for entry in entries})
        if len(owners) == 1:
            return {(entry.workspace, entry.key): error for entry in entries}
    failures: dict[Key, ReflectionError] = {}
    refused: ReflectionError | None = None
    in_a_row = 0
    for owner in owners:
        own = [entry for entry in entries if entry.workspace == owner]
        if refused is not None and in_a_row >= DOWN:
            failures |= {(owner, entry.key): refused for entry in own}
            continue
        try:
            failures |= handler.publish(own) or {}
            in_a_row = 0
        except ReflectionError as error:
            refused, in_a_row = error, in_a_row + 1
            failures |= {(owner, entry.key): error for entry in own}
    return failures
