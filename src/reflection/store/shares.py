"""Shares: pages that somebody without a key may read by a link, until it expires or is taken back.

A link's text is a token (`tokens`). What it opens is one page as it was made, and nothing else. Must not know HTTP nor
what is in a page.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import bindparam, delete, func, insert, select

from reflection.domain.instants import instant_text
from reflection.errors import Conflict, NotFound
from reflection.store import tokens
from reflection.store.book import Book
from reflection.store.campaigns_read import plain
from reflection.store.database.statements import delete_some, key_of
from reflection.store.database.turns import delete_in_turns
from reflection.store.row_values import Row, packed, unpacked
from reflection.store.tables.shares import shares

PREFIX = "shr"
MOST_SHARES = 500
"""Links of one workspace that open something at one time."""

_PORTION = 50
"""Pages that one transaction forgets: each may be of a megabyte."""

ShareKind = Literal["report", "learning"]

_SHOWN = ("share_id", "kind", "campaign_id", "learning_id", "title", "created_at", "expires_at")


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What a link is made for: a page, and what it is about."""

    kind: ShareKind
    title: str
    body: bytes
    campaign_id: str | None = None
    learning_id: str | None = None


class ShareBook(Book):
    """Makes, lists, opens and takes back links; thread-safe."""

    def create(self, workspace: str, page: SharedPage, lasting: timedelta) -> tuple[Row, str]:
        """A new link: what is stored of it, and its text, which cannot be read again. Expired ones of the workspace go.

        Raises:
            Conflict: the workspace has as many links as it may have.
        """
        token, now = tokens.new_token(PREFIX), self._now()
        share = {
            "share_id": token.id,
            "kind": page.kind,
            "campaign_id": page.campaign_id,
            "learning_id": page.learning_id,
            "title": page.title,
            "created_at": instant_text(now),
            "expires_at": instant_text(now + lasting),
        }
        hidden = {"salt": token.salt, "digest": token.digest, "body": packed(page.body)}
        with self._database.write(workspace) as connection:
            connection.execute(_FORGET, {"w": workspace, "t": instant_text(now)})
            if connection.execute(_COUNT, {"w": workspace}).scalar_one() >= MOST_SHARES:
                raise Conflict(f"{MOST_SHARES} links are open", hint="take back those nobody needs")
            connection.execute(insert(shares), {"workspace": workspace, **share, **hidden})
        return share, token.text

    def list(self, workspace: str) -> list[Row]:
        """The links that open something, the newest first; their texts are nowhere."""
        statement = (
            select(*(shares.c[name] for name in _SHOWN))
            .where(shares.c.workspace == workspace, shares.c.expires_at > self._instant())
            .order_by(shares.c.created_at.desc(), shares.c.share_id)
        )
        with self._database.read(workspace) as connection:
            return [plain(row) for row in connection.execute(statement).mappings()]

    def open(self, text: str) -> tuple[str, Row, bytes]:
        """What a link opens: the workspace, what is stored of it, and the page.

        Raises:
            NotFound: it opens nothing; expired, taken back and never made are told alike.
        """
        share_id, secret = tokens.parts(PREFIX, text)
        values = {"s": share_id, "t": self._instant()}
        with self._database.read() as connection:
            row = connection.execute(_OPENED, values).mappings().one_or_none()
        if not tokens.fits(secret, (row["salt"], row["digest"]) if row else None) or row is None:
            raise NotFound("this link opens nothing", hint="it may have expired or been taken back; ask for a new one")
        return row["workspace"], {name: row[name] for name in _SHOWN}, unpacked(row["body"])

    def revoke(self, workspace: str, share_id: str) -> Row:
        """Take a link back: it opens nothing from now on, and its page is removed.

        Raises:
            NotFound: there is none of this id in the workspace.
        """
        values = {"w": workspace, "s": share_id}
        with self._database.write(workspace) as connection:
            row = connection.execute(_ONE, values).mappings().one_or_none()
            if row is None:
                raise NotFound(f"there is no link '{share_id}'", hint="it may have expired or been taken back already")
            connection.execute(_REMOVE, values)
            return plain(row)

    def forget(self, workspace: str) -> int:
        """Drop links that have expired, with their pages; how many."""
        return delete_in_turns(self._database, _FORGET, {"w": workspace, "t": self._instant()}, workspace)


_OWN = key_of(shares, workspace="w", share_id="s")
_ONE = select(*(shares.c[name] for name in _SHOWN)).where(_OWN)
_REMOVE = delete(shares).where(_OWN)
_FORGET = delete_some(shares, key_of(shares, workspace="w"), shares.c.expires_at <= bindparam("t"), limit=_PORTION)
_OPENED = select(shares).where(shares.c.share_id == bindparam("s"), shares.c.expires_at > bindparam("t"))
_COUNT = select(func.count()).select_from(shares).where(shares.c.workspace == bindparam("w"))
