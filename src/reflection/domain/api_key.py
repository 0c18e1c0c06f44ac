"""A key as an operator writes it: which workspace it opens, whether it writes, and a secret that is worth the name.

Must not know where keys are kept or compared.
"""

import re
from dataclasses import dataclass

from pydantic import SecretStr

from reflection.domain.workspaces import ANY_WORKSPACE, DEFAULT_WORKSPACE, WORKSPACE_NAME

LEAST_SECRET = 16
"""Characters of a key; shorter ones are guessed, or are no key at all."""

_SCOPE = re.compile(r"(\*|[a-z0-9][a-z0-9_-]*)(:[a-z]*)?")
_VARIABLE = re.compile(r"\$\{|^\$[A-Za-z_]+$|%[A-Za-z_]+%")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of MARKO_API_KEYS: the workspace it opens (`*` = any) and whether it may write."""

    workspace: str
    secret: SecretStr
    writes: bool = True


def api_key(number: int, text: str) -> ApiKey:
    """Read ``key``, ``workspace=key``, ``workspace:read=key`` or ``*=key``; a key may end in ``=``.

    Raises:
        ValueError: the entry has no secret, or one that can be guessed; it is named by its number and scope.
    """
    scope, separator, secret = (part.strip() for part in text.partition("="))
    if not separator or (not secret.strip("=") and not _SCOPE.fullmatch(scope)):
        return ApiKey(DEFAULT_WORKSPACE, _secret(f"entry {number}", text))
    name = f"entry {number} ('{scope}=...')"
    workspace, _, mode = scope.partition(":")
    if workspace != ANY_WORKSPACE and not WORKSPACE_NAME.match(workspace):
        raise ValueError(f"entry {number}: a workspace name has lower-case letters, digits, - and _, at most 63")
    if mode not in ("", "read", "write"):
        raise ValueError(f"{name}: after the workspace's colon stands 'read' or 'write'")
    return ApiKey(workspace, _secret(name, secret), writes=mode != "read")


def _secret(name: str, text: str) -> SecretStr:
    """A secret worth the name: an unset variable of a compose file, or its unread name, opens nothing."""
    if _VARIABLE.search(text):
        raise ValueError(f"{name} holds the name of a variable that nobody replaced by its value")
    if len(text.strip("=")) < LEAST_SECRET:
        raise ValueError(f"{name} has no secret of at least {LEAST_SECRET} characters")
    return SecretStr(text)
