"""What workers of a cluster do: read a partition from the store.

A worker opens the database by itself: the file it is told, or, where the store is a server, the one in its own
settings, so that no password travels. Must not know how partitions are added up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from reflection.domain.evidence import Evidence, day_text, decode, real_campaign_of
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.fit_request import FitRequest
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database

Place = str | Database | None
"""A database: its file, or the open one, or None for the server in a worker's own settings."""


def partition_evidence(
    place: Place, workspace: str, upto: int, request: FitRequest, part: int, count: int, before: str = ""
) -> PartitionEvidence:
    """One of `count` partitions of a workspace's live evidence, as the ledger ended at entry `upto`.

    Args:
        before: only evidence of an earlier day counts.
    """
    return PartitionEvidence.of(_Evidence(place, workspace, upto, part, count, before), request.as_of, request.texts)


def database_of(place: Place) -> Database:
    """The database, opened once a process."""
    return place if isinstance(place, Database) else _database(place)


@lru_cache(maxsize=4)
def _database(file: str | None) -> Database:
    return open_database(Settings().database if file is None else Path(file))


@dataclass(frozen=True)
class _Evidence:
    """The evidence of the real campaigns whose numbers, which are hashes, fall into a partition; before a day, if one
    is given. Read anew each time, also in a worker that it was sent to."""

    place: Place
    workspace: str
    upto: int
    part: int
    count: int
    before: str

    def __iter__(self) -> Iterator[Evidence]:
        for _, payload in SqlStore(database_of(self.place)).live_evidence(self.workspace, self.upto):
            if self.count == 1 or real_campaign_of(payload) % self.count == self.part:
                item = decode(payload)
                if not self.before or day_text(item.day) < self.before:
                    yield item
