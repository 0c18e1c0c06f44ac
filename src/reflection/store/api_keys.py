"""API keys that were made here: shown once, kept as salted digests, revocable while the server runs.

A key is a token (`tokens`). Rows are never deleted but with their workspace: a revoked key stays as a record. Must not
know HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import RowMapping

from reflection.domain.workspaces import ANY_WORKSPACE, WORKSPACE_NAME
from reflection.errors import Conflict, InvalidInput, NotFound
from reflection.store import tokens
from reflection.store.book import Book
from reflection.store.database.seals import resealed
from reflection.store.tables.api_keys import api_keys

Scope = Literal["read", "write", "admin"]
LONGEST_NAME = 100
MOST_KEYS = 1_000
"""Keys that open something at one time, of one workspace; every request is held against all of them."""

PREFIX = "rle"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key as anybody may see it; `workspace` is ``*`` where it opens any, `revoked_at` None while it opens."""

    key_id: str
    workspace: str
    scope: Scope
    name: str
    created_at: str
    revoked_at: str | None


class KeyRing:
    """Every key there is at one moment, to look one up without asking the database again."""

    def __init__(self, keys: Mapping[str, tuple[StoredKey, tuple[bytes, bytes]]]) -> None:
        self._keys = dict(keys)

    def __bool__(self) -> bool:
        """Whether a key was ever made here, a revoked one too: a server that had keys does not open up again."""
        return bool(self._keys)

    def find(self, sent: str) -> StoredKey | None:
        """The key that was sent, None when it is unknown or revoked. Digests are compared in constant time."""
        key_id, secret = tokens.parts(PREFIX, sent)
        key, stored = self._keys.get(key_id, (None, None))
        return key if tokens.fits(secret, stored) and key is not None and key.revoked_at is None else None


class KeyBook(Book):
    """Makes, lists and revokes keys; thread-safe."""

    def create(self, workspace: str, scope: Scope, name: str) -> tuple[StoredKey, str]:
        """A new key: what is stored of it, and its text, which cannot be read again.

        Raises:
            InvalidInput: the workspace or the name cannot be one.
            Conflict: the workspace has as many keys as it may have.
        """
        if workspace != ANY_WORKSPACE and not WORKSPACE_NAME.match(workspace):
            raise InvalidInput(
                "a workspace name has lower-case letters, digits, - and _, at most 63; or '*' for any",
                field="workspace",
            )
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"a key's name has at most {LONGEST_NAME} printable characters", field="name")
        token = tokens.new_token(PREFIX)
        key = StoredKey(token.id, workspace, scope, name, self._instant(), None)
        row = {
            "workspace": workspace,
            "key_id": key.key_id,
            "name": name,
            "scope": scope,
            "salt": token.salt,
            "digest": token.digest,
            "created_at": key.created_at,
            "revoked_at": None,
        }
        with self._database.write(workspace) as connection:
            if connection.execute(_IN_FORCE, {"w": workspace}).scalar_one() >= MOST_KEYS:
                raise Conflict(f"workspace {workspace} has {MOST_KEYS} keys", hint="revoke those nobody uses")
            connection.execute(insert(api_keys), row)
        return key, token.text

    def list(self, workspace: str | None = None) -> list[StoredKey]:
        """Keys by age, the revoked ones too; of one workspace, or of all."""
        statement = _KEYS.order_by(api_keys.c.created_at, api_keys.c.key_id)
        if workspace is not None:
            statement = statement.where(api_keys.c.workspace == workspace)
        with self._database.read() as connection:
            return [_stored(row) for row in connection.execute(statement).mappings()]

    def revoke(self, key_id: str, workspace: str | None = None) -> StoredKey:
        """Let a key open nothing any longer; doing it twice changes nothing.

        Args:
            workspace: only a key of this one; any key when None.

        Raises:
            NotFound: there is no such key.
        """
        now = self._instant()
        own = [api_keys.c.key_id == key_id, *([api_keys.c.workspace == workspace] if workspace is not None else [])]
        with self._database.write() as connection:
            connection.execute(
                update(api_keys).where(*own, api_keys.c.revoked_at.is_(None)).values(resealed(api_keys, revoked_at=now))
            )
            row = connection.execute(select(api_keys).where(*own)).mappings().one_or_none()
        if row is None:
            raise NotFound(f"there is no key '{key_id}'", hint="'reflection keys list' shows the ids")
        return _stored(row)

    def ring(self) -> KeyRing:
        """Every key as it is now."""
        with self._database.read() as connection:
            rows = connection.execute(_KEYS).mappings()
            return KeyRing({row["key_id"]: (_stored(row), (row["salt"], row["digest"])) for row in rows})


_SHOWN = ("workspace", "key_id", "name", "scope", "salt", "digest", "created_at", "revoked_at")
_KEYS = select(*(api_keys.c[name] for name in _SHOWN))
"""By name, as tables of every version have them: a start looks for keys before it brings the tables up to its own."""

_IN_FORCE = (
    select(func.count())
    .select_from(api_keys)
    .where(api_keys.c.workspace == bindparam("w"), api_keys.c.revoked_at.is_(None))
)


def _stored(row: RowMapping) -> StoredKey:
    return StoredKey(row["key_id"], row["workspace"], row["scope"], row["name"], row["created_at"], row["revoked_at"])
