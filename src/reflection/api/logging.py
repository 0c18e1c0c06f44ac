"""Logging of the doors: one JSON object per line on standard error, without secrets and without forged lines.

JSON escapes line breaks, so a name with a newline stays one line. Whatever text a log line is made of (a
traceback, a message of a remote server), configured secrets are struck out last.
"""

import logging
import re
import sys
from typing import Any

import structlog

from reflection.settings import Settings

_STRUCK = "***"
_STORED_KEY = re.compile(r"(?:rle|shr)_[0-9a-f]{12}_[A-Za-z0-9_-]+")
"""Keys made by ``reflection keys create`` and links that were shared: nobody knows their text any longer, but it has a
form of its own.
"""


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


def configure(settings: Settings) -> None:
    """Set structlog up for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            Redact(settings.secrets()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # stderr as it is now
        cache_logger_on_first_use=False,
    )
