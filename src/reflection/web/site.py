"""The page's files as they are sent: scripts as one, without comments and indentation, packed where the browser
unpacks; and their policy.

Shell and files are public: whoever has no right sees an empty page that asks for a key. Must not know campaigns.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from reflection.web.joining import one_script

SCREENS = (
    "/",
    "/campaigns",
    "/campaigns/{campaign_id:path}",
    "/works",
    "/works/{signal:path}",
    "/plan",
    "/ask",
    "/record",
    "/data",
)
"""Addresses of the page; its script reads which screen is meant, and what stands behind the question mark."""

ASSETS = "/assets/{name:path}"
SHELL = "index.html"
SCRIPT = "app.js"
"""The script that the shell names; every other of ours is joined to it."""

_VENDOR = "vendor/"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
_COMMENT = re.compile(rb"^/\*.*?\*/\n", re.DOTALL | re.MULTILINE)
"""A comment on lines of its own, from their first column: what is for us is not sent; a tenth of all bytes."""
_INDENT = re.compile(r"(?<=\n)\s+|(?<=>)\n\s*(?=<)")
"""Blanks before a line, and lines between tags: nothing goes over its line but markup, in which they mean nothing."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes plain and packed (gzip), its media type, and a tag that changes with its content."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str


def sources() -> tuple[str, ...]:
    """Every file of the page as it is written, by its path below the folder, in order."""
    return tuple(sorted(_walk(files("reflection.web") / "static", "")))


@cache
def names() -> tuple[str, ...]:
    """Every file of the page as it is sent: its sources, with all scripts but those of others as one."""
    return tuple(name for name in sources() if not name.endswith(".js") or name == SCRIPT or name.startswith(_VENDOR))


def asset(name: str) -> Asset | None:
    """A file as it is sent, or None: only what `names` lists is ever opened."""
    return _asset(name) if name in names() else None


@cache
def _asset(name: str) -> Asset:
    text = one_script(SCRIPT, _text, _VENDOR) if name == SCRIPT else _text(name)
    body = (_INDENT.sub("", text) if name.endswith((SCRIPT, ".css")) else text).encode()
    media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
    return Asset(body, gzip.compress(body, 9, mtime=0), media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _bytes(name: str) -> bytes:
    return _COMMENT.sub(b"", files("reflection.web").joinpath("static", name).read_bytes())


def _text(name: str) -> str:
    return _bytes(name).decode()


def _walk(folder: Traversable, before: str) -> list[str]:
    paths: list[str] = []
    for item in folder.iterdir():
        if item.is_dir():
            paths += _walk(item, f"{before}{item.name}/")
        elif PurePosixPath(item.name).suffix in MEDIA_TYPES:
            paths.append(before + item.name)
    return paths
