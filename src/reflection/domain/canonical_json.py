"""The one text of a campaign's content and its hash, which stored campaigns are compared by.

Must not know what a campaign is made of.
"""

import hashlib
import json
from typing import Any, NamedTuple


class Content(NamedTuple):
    """What a campaign says: its canonical JSON, and the hash of that."""

    json: str
    hash: str


def canonical(body: Any) -> str:
    """JSON as Python's own encoder writes it, with sorted keys and no spaces.

    Hashes of stored campaigns rest on it. A quicker encoder would save a hundredth of the time of a bulk, and writes
    some numbers differently (0.00001 and 1e-7, not 1e-05 and 1e-07) and others as its version pleases.
    """
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(canonical_json: str) -> str:
    """The content hash of a campaign with this canonical form."""
    return hashlib.sha256(canonical_json.encode()).hexdigest()
