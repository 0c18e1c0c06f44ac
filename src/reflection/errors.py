"""Every error the engine raises on purpose, as one small tree.

    ReflectionError                 base: catch it to catch everything raised on purpose
    +-- InvalidInput                what was sent cannot be accepted (422)
    |   +-- ImportFileError         a file cannot be read as campaigns (422)
    |   +-- BodyTooLarge            more bytes than the limit (413)
    +-- NotFound                    no such campaign, learning, recommendation ... (404)
    +-- Conflict                    the same key was used for something else (409)
    +-- NotAllowed                  the caller lacks the right (403)
    |   +-- NotAuthenticated        the caller is unknown (401)
    +-- TooManyRequests             a limit was reached (429)
    +-- ConfigurationError          a setting is wrong; the start stops (500)
    +-- LearningError               numbers that cannot be learnt from (500)
    +-- Unavailable                 a part is down or full; nothing was changed (503)
        +-- StorageFull             the disk is full; nothing was changed (507)
        +-- StatementRefused        the database refuses one statement, and may take others (503)
        +-- DeadlineExceeded        a call outside did not answer in time (503)
        +-- TooManyPending          too many calls outside are under way (503)
        +-- ModelUnavailable        the language model gave no usable answer (503)
        +-- ReportsMissing          the reports extra is not installed (503)

Each class carries a stable `code` (used as the problem type), an HTTP `status` and a `hint` that says what to do next.
This file must not know FastAPI: the doors translate.
"""

from collections.abc import Mapping
from typing import Any


class ReflectionError(Exception):
    """Base of every error raised on purpose.

    Args:
        message: one sentence a user can act on.
        hint: what to do next; empty when the message says it.
        field: the path of the input field at fault, such as ``breakdown[2].metrics.clicks``.
    """

    code = "error"
    status = 500
    title = "Something went wrong"

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field


class InvalidInput(ReflectionError):
    """What was sent cannot be accepted; nothing was stored."""

    code = "invalid-input"
    status = 422
    title = "The input cannot be accepted"


class ImportFileError(InvalidInput):
    """A file cannot be read as campaigns; nothing was imported.

    Args:
        mapping: where other columns would do, those to start from: {platform, columns: {field: header}, headers}.
    """

    code = "unreadable-file"
    title = "The file cannot be read as campaigns"

    def __init__(
        self, message: str, *, hint: str = "", field: str | None = None, mapping: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, hint=hint, field=field)
        self.mapping = mapping


class BodyTooLarge(InvalidInput):
    """More bytes than the limit."""

    code = "body-too-large"
    status = 413
    title = "The body is too large"


class NotFound(ReflectionError):
    """No such thing in this workspace."""

    code = "not-found"
    status = 404
    title = "Not found"


def no_campaign(campaign_id: str) -> NotFound:
    """The error of asking for a campaign that is not stored."""
    hint = "'reflection campaigns' and GET /v1/campaigns list them"
    return NotFound(f"there is no campaign '{campaign_id}'", hint=hint)


class Conflict(ReflectionError):
    """The request contradicts what is stored."""

    code = "conflict"
    status = 409
    title = "Conflict with what is stored"


class NotAllowed(ReflectionError):
    """The caller lacks the right."""

    code = "not-allowed"
    status = 403
    title = "Not allowed"


class NotAuthenticated(NotAllowed):
    """The caller did not say who they are, or it is not true."""

    code = "not-authenticated"
    status = 401
    title = "Not authenticated"


class TooManyRequests(ReflectionError):
    """A rate limit was reached."""

    code = "too-many-requests"
    status = 429
    title = "Too many requests"

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ConfigurationError(ReflectionError):
    """A setting is wrong; the engine does not start."""

    code = "configuration"
    title = "A setting is wrong"


class LearningError(ReflectionError):
    """Numbers that cannot be learnt from; the message says which."""

    code = "learning"
    title = "The numbers cannot be learnt from"


class Unavailable(ReflectionError):
    """A part the request needs is down; nothing was changed. `retry_after`: seconds after which to come again."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"

    def __init__(
        self, message: str, *, hint: str = "", field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message, hint=hint, field=field)
        self.retry_after = retry_after


class StorageFull(Unavailable):
    """The disk is full; nothing was changed."""

    code = "storage-full"
    status = 507
    title = "The storage is full"


class StatementRefused(Unavailable):
    """The database works and refuses this statement; nothing was changed, and others may be stored."""

    code = "statement-refused"
    title = "The database refused it"


class DeadlineExceeded(Unavailable):
    """The call did not answer in time and was abandoned; its late answer is thrown away."""

    code = "deadline-exceeded"
    title = "No answer in time"


class TooManyPending(Unavailable):
    """Too many calls are under way, or were abandoned and have not ended yet."""

    code = "too-many-pending-calls"
    title = "Too many calls under way"


class ModelUnavailable(Unavailable):
    """The language model gave no usable answer; `refused` where it declined, as a healthy server may."""

    code = "model-unavailable"
    title = "The language model gave no usable answer"

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class ReportsMissing(Unavailable):
    """The libraries that lay out HTML and PDF are not installed."""

    code = "reports-extra-missing"
    title = "The reports extra is not installed"
