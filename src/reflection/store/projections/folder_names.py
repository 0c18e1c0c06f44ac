"""Folder names for ids: never outside the output folder, never two ids in one folder, on any file system.

An id that is a plain lower-case name, and not a file's, is its own folder. Any other gets a readable slug, ``~`` and
a hash of its exact characters; a plain name holds no ``~``, so the two kinds never meet. Must not know what is put into
a folder.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from reflection.domain.workspaces import DEFAULT_WORKSPACE

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)
_FILE = re.compile(r".*\.(?:json|db|db-[a-z]+|lock|pending)")
"""What stands beside the folders: weights.json, and whatever of a database somebody keeps there."""

OTHERS = "@"
"""How folders of workspaces other than the default one begin, and no campaign's."""

_SLUG_LENGTH = 48
_HASH_LENGTH = 24  # 96 bits: nobody finds two ids with one hash


def folder_name(identifier: str) -> str:
    """The folder of an id: the id itself when that is safe everywhere, else ``slug~hash``.

    Upper case, accents and their two Unicode spellings, device names such as ``con`` and names ending in a
    dot are not safe everywhere: some file systems take two of them for one, or for none. Names such as
    ``weights.json`` are those of files that stand beside.
    """
    plain = _PLAIN.fullmatch(identifier) and not identifier.endswith(".")
    if plain and not _is_reserved(identifier) and not _FILE.fullmatch(identifier):
        return identifier
    ascii_text = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode().lower()
    slug = _UNSAFE.sub("-", ascii_text).strip("-")[:_SLUG_LENGTH].rstrip("-") or "id"
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{slug}~{digest}"


@lru_cache(maxsize=1_024)
def workspace_folder(output: Path, workspace: str) -> Path:
    """Where a workspace publishes: the output folder for the default one, ``@name`` below it for others.

    No campaign's folder begins with ``@``.
    """
    return output if workspace == DEFAULT_WORKSPACE else output / f"{OTHERS}{folder_name(workspace)}"


def campaign_folder(output: Path, workspace: str, campaign_id: str) -> Path:
    """Where a campaign's files are published."""
    return workspace_folder(output, workspace) / folder_name(campaign_id)


def _is_reserved(name: str) -> bool:
    return name.partition(".")[0] in _RESERVED
