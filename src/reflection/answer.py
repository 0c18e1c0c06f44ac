"""What the engine says to one campaign: its analysis, or why it was refused. Values only."""

from dataclasses import dataclass

from reflection.errors import ReflectionError


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of one `Analysis`; `replayed` says that nothing was written because it was known already."""

    body: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """One campaign of a batch that could not be taken, and why."""

    campaign_id: str
    error: ReflectionError
