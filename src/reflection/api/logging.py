"""Logging of the doors: one JSON object per line on standard error, without secrets and without forged lines.

JSON escapes line breaks, so a name with a newline stays one line. Whatever text a log line is made of (a
traceback, a message of a remote server), configured secrets are struck out last. The same trouble is a line once a
minute, with how often it was met since. In a process of our own, lines go through a bounded queue: a reader of standard
error that stops reading costs lines, which are counted, and never a request.
"""

import atexit
import gc
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
import structlog

from reflection.settings import Settings

_STRUCK = "***"
_STORED_KEY = re.compile(r"(?:rle|shr)_[0-9a-f]{12}_[A-Za-z0-9_-]+|whsec_[A-Za-z0-9+/=]+")
"""Keys made by ``reflection keys create``, links that were shared, what alerts are signed with: whoever logs does not
know their texts, but they have forms of their own.
"""

MINUTE = 60.0
MOST_LINES = 2_000
"""Lines that wait for a reader of standard error; later ones are lost, and counted."""

PARTING_SECONDS = 1.0
"""How long the end of a process waits for its last lines to be read."""

_TROUBLE = ("warning", "error", "critical")


class Redact:
    """The last processor: strikes secrets out of the rendered line."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)  # a secret may contain another

    def __call__(self, _logger: Any, _method: str, rendered: Any) -> str:
        """The line without secrets."""
        line = str(rendered)
        for secret in self._secrets:
            line = line.replace(secret, _STRUCK)
        return _STORED_KEY.sub(_STRUCK, line)


class OnceAMinute:
    """A processor that lets the same trouble through once a minute, with how often it was met since: `repeated`.

    The same is what has the same words, comes from the same part and was raised in the same place; names and ids that a
    caller chooses are no part of it, so what is remembered stays small.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines: dict[tuple[object, ...], tuple[float, int]] = {}

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The line to be written; raises `DropEvent` where it was a moment ago."""
        if event.get("level") not in _TROUBLE:
            return event
        key = (
            event["event"],
            event.get("part"),
            event.get("logger"),
            event.get("error"),
            _place(event.get("exc_info")),
        )
        now = self._clock()
        last, count = self._lines.get(key, (now - MINUTE, 0))
        if now - last < MINUTE:
            self._lines[key] = (last, count + 1)
            raise structlog.DropEvent
        if len(self._lines) >= MOST_LINES:
            self._lines.clear()
        self._lines[key] = (now, 0)
        return {**event, "repeated": count} if count else event


def _place(exc_info: Any) -> tuple[object, ...]:
    """Which kind of error, and where it was raised."""
    error = exc_info[1] if isinstance(exc_info, tuple) else sys.exc_info()[1] if exc_info is True else exc_info
    if not isinstance(error, BaseException):
        return ()
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return type(error), trace and (trace.tb_frame.f_code.co_filename, trace.tb_lineno)


class Lines:
    """A text stream whose lines are written by a thread of its own; it never waits, and says what it lost.

    Args:
        handle: the file descriptor to write to.
    """

    def __init__(self, handle: int, most: int = MOST_LINES) -> None:
        self._handle = handle
        self._queue: queue.Queue[str | None] = queue.Queue(most)
        self.lost = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Have a text written; lost where too many wait."""
        try:
            self._queue.put_nowait(text)
        except queue.Full:
            with self._lock:
                self.lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing: whoever logs must not wait for a reader."""

    def close(self, seconds: float = PARTING_SECONDS) -> None:
        """Wait a moment for what is still to be written."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._queue.put(None, timeout=max(0.0, end - time.monotonic()))
                break
            except queue.Full:
                continue
        self._thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while (text := self._queue.get()) is not None:
            if not self._put(text):
                with self._lock:
                    self.lost += 1
            elif self.lost:
                self._say_loss()

    def _say_loss(self) -> None:
        with self._lock:
            count, self.lost = self.lost, 0
        line = {
            "event": "log lines were lost: nobody read them, or the device was full",
            "lines": count,
            "level": "warning",
            "timestamp": datetime.now(UTC).isoformat(),
        }
        if not self._put(orjson.dumps(line).decode() + "\n"):
            with self._lock:
                self.lost += count

    def _put(self, text: str) -> bool:
        left = text.encode("utf-8", "replace")
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            return False
        return True


class Forward(logging.Handler):
    """What libraries log (the server, the event loop), as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log it under the name of its logger."""
        log = structlog.get_logger("reflection")
        exc_info = record.exc_info if record.exc_info and record.exc_info[1] is not None else None
        log.log(record.levelno, record.getMessage(), logger=record.name, **({"exc_info": exc_info} if exc_info else {}))


_own_lines: Lines | None = None


def own_process() -> None:
    """This process is a server's or a worker's: its lines never wait for a reader, and libraries log through us.

    What is loaded by now stays, so the collector of cycles looks at it no more: once in some hundred requests that held
    one up for several times as long as it takes.
    """
    gc.freeze()
    global _own_lines
    if _own_lines is None:
        _own_lines = Lines(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2)
        atexit.register(_own_lines.close)
    root = logging.getLogger()
    root.handlers = [Forward()]
    root.setLevel(logging.WARNING)


def configure(settings: Settings) -> None:
    """Set structlog up for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            OnceAMinute(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            Redact(settings.secrets()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=lambda *_: structlog.WriteLogger(_own_lines or sys.stderr),  # type: ignore[arg-type]  # as it is then
        cache_logger_on_first_use=False,
    )
