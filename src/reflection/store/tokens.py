"""Tokens: texts that open something, ``<prefix>_<id>_<secret>``. Must not know what they open.

The id is public and finds the row; the secret is 256 random bits, of which a salted digest is kept. Against a secret of
that size nobody can guess, so a plain SHA-256 is as safe as a slow hash, and costs a request nothing.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

_ID_BYTES, _SECRET_BYTES, _SALT_BYTES = 6, 32, 16


class Token(NamedTuple):
    """A new token: its text, which cannot be read again, and what is stored of it."""

    id: str
    text: str
    salt: bytes
    digest: bytes


def new_token(prefix: str) -> Token:
    """One that nobody has yet."""
    public, secret, salt = (
        secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES), secrets.token_bytes(_SALT_BYTES)
    )  # fmt: skip
    return Token(public, f"{prefix}_{public}_{secret}", salt, _digest(salt, secret))


def parts(prefix: str, text: str) -> tuple[str, str]:
    """Id and secret; no id where it is no such token. Ids are hexadecimal: the first two underscores part them."""
    start, _, rest = text.partition("_")
    public, _, secret = rest.partition("_")
    return (public, secret) if start == prefix else ("", text)


def fits(secret: str, stored: tuple[bytes, bytes] | None) -> bool:
    """Whether a secret is the one with this salt and digest, told in a time that says nothing, also where none is."""
    salt, digest = stored or (b"", b"\0" * 32)
    return hmac.compare_digest(_digest(salt, secret), digest) and stored is not None


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()
