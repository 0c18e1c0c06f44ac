"""An analysis as it is served and published: its JSON, the files it divides into, and a campaign that was refused.

Knows bytes, not what is in them (results.py), and no storage.
"""

from dataclasses import dataclass

import orjson

from reflection.errors import ReflectionError

FILES = {
    "comparison.json": "comparison_report",
    "insights.json": "insights",
    "patterns.json": "pattern_report",
    "updated_weights.json": "weights",
}
"""The four files of the specification, and the part of an answer each of them is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of one `Analysis`; `replayed` says that nothing was written because it was known already."""

    body: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """One campaign of a batch that could not be taken, and why."""

    campaign_id: str
    error: ReflectionError


def files_of(body: bytes) -> dict[str, bytes]:
    """The files of an answer: name -> indented JSON; a part the answer lacks has no file."""
    parts = orjson.loads(body)
    return {
        name: orjson.dumps(parts[part], option=orjson.OPT_INDENT_2) for name, part in FILES.items() if part in parts
    }
