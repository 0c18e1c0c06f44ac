"""`OutboxPublisher`: gives pending outbox entries to the handlers of their topics, and can publish all again.

One publisher works at a time, over all processes: a slow one could otherwise put an older state over a newer.
Must not know what a topic means; `Handler`s do.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Protocol

from reflection.errors import ReflectionError
from reflection.store.projections import atomic_files
from reflection.store.projections.outbox import Outbox, OutboxEntry


class Handler(Protocol):
    """Publishes one topic. Both verbs may be repeated at any time: they end in what the rows say."""

    def publish(self, entries: Sequence[OutboxEntry]) -> None:
        """Publish what the rows say now of the entries' keys; raise if it could not be done."""

    def rebuild(self) -> int:
        """Publish everything again from the rows; how many things."""


class OutboxPublisher:
    """Publishes committed work.

    Args:
        handlers: topic -> handler; entries of other topics stay pending.
        lock_path: a file beside the database that keeps a second publisher waiting.
    """

    def __init__(self, outbox: Outbox, handlers: Mapping[str, Handler], lock_path: Path) -> None:
        self._outbox = outbox
        self._handlers = dict(handlers)
        self._lock_path = lock_path

    def publish_pending(self, topics: Collection[str] | None = None) -> int:
        """Publish what is pending, of all topics or of some; how many entries.

        Raises:
            ReflectionError: a handler failed; its entries stay pending, those of other topics are published.
        """
        return self._publish(topics, None)

    def publish_some(self) -> int:
        """Publish one page of each topic, so that others come in between; how many entries.

        Raises:
            ReflectionError: as `publish_pending`.
        """
        return self._publish(None, 1)

    def publish_until(self, end: float | None) -> None:
        """Publish what is pending, page by page and not beyond an instant of `time.monotonic`; None for all of it.

        Raises:
            ReflectionError: as `publish_pending`.
        """
        while (end is None or time.monotonic() < end) and self.publish_some():
            continue

    def rebuild(self) -> int:
        """Publish everything again from the rows, then what became pending meanwhile; how many things."""
        with atomic_files.locked(self._lock_path):
            count = sum(handler.rebuild() for handler in self._handlers.values())
            self._publish_topics(self._handlers)
            return count

    def _publish(self, topics: Collection[str] | None, pages: int | None) -> int:
        chosen = {name: handler for name, handler in self._handlers.items() if topics is None or name in topics}
        if not any(self._outbox.pending(topic, limit=1) for topic in chosen):
            return 0
        with atomic_files.locked(self._lock_path):
            return self._publish_topics(chosen, pages)

    def _publish_topics(self, handlers: Mapping[str, Handler], pages: int | None = None) -> int:
        count = 0
        failure: ReflectionError | None = None
        for topic, handler in handlers.items():
            try:
                count += self._publish_topic(topic, handler, pages)
            except ReflectionError as error:  # another topic's mirror must not wait for this one
                failure = failure or error
        if failure is not None:
            raise failure
        return count

    def _publish_topic(self, topic: str, handler: Handler, pages: int | None) -> int:
        count = 0
        for _ in repeat(None) if pages is None else repeat(None, pages):
            if not (entries := self._outbox.pending(topic)):
                break
            handler.publish(entries)
            self._outbox.mark_published(entries)
            count += len(entries)
        return count
