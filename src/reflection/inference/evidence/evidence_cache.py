"""Evidence as columns, kept from fit to fit: of thousands of campaigns a few are new, and only these are read.

A campaign is known by the bytes of its evidence, so that nothing kept can be of another content; and columns are the
same in whatever order they were read (`dataset`). Must not know where evidence is stored.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

import numpy as np

from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.evidence import Evidence, decode
from reflection.domain.maturity import EvidenceOfDay, day_of, waits
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.name_counts import NameCounter, NameCounts
from reflection.inference.evidence.partition_evidence import PartitionEvidence

MOST_CAMPAIGNS = 20_000
"""Kept of all workspaces together, some 20 MB: of more, fits are minutes apart (`engine.learner.patience`)."""

_DIGEST_BYTES = 16


class Live(Protocol):
    """The live evidence of a workspace; each reading gives the same."""

    @property
    def workspace(self) -> str:
        """Whose it is."""

    def payloads(self) -> Iterator[tuple[str, bytes]]:
        """Id and evidence of each campaign, as bytes."""

    def __iter__(self) -> Iterator[Evidence]: ...


@dataclass(frozen=True, eq=False)
class _Columns:
    """Some campaigns as columns, as they are complete on a day, and the place of each there by the digest of its
    evidence."""

    builder: DatasetBuilder = field(default_factory=DatasetBuilder)
    places: dict[bytes, int] = field(default_factory=dict)
    day: dt.date = dt.date.min

    def take(self, places: Sequence[int]) -> DatasetBuilder:
        """The campaigns at some places, ascending."""
        if not places:
            return DatasetBuilder()
        return DatasetBuilder().extended(self.builder, np.array(places, dtype=np.intp))

    def digests(self, places: Sequence[int]) -> list[bytes]:
        """Those of the campaigns at some places."""
        every = list(self.places)
        return [every[place] for place in places]


class _Reading:
    """One reading of live evidence: `places` are those of what was read before, `digests` of what is new and `waiting`
    what is not complete on the day."""

    def __init__(self, before: _Columns, live: Live, cells: CreativeCells, day: dt.date | None) -> None:
        self._before, self._live, self._cells, self._day = before, live, cells, day
        self.places, self.digests, self.waiting = list[int](), list[bytes](), list[Evidence]()

    def __iter__(self) -> Iterator[Evidence]:
        """What is new and complete."""
        for campaign_id, payload in self._live.payloads():
            digest = blake2b(payload, digest_size=_DIGEST_BYTES).digest()
            place = self._before.places.get(digest)
            if place is not None:
                self.places.append(place)
                if not self._cells.asks(campaign_id):
                    continue
            item = decode(payload)
            self._cells.see(item)
            if place is None and waits(item, self._day):
                self.waiting.append(item)
            elif place is None:
                if len(self.digests) <= MOST_CAMPAIGNS:
                    self.digests.append(digest)
                yield item


class EvidenceCache:
    """What the last fit of each workspace read; not for several threads at once."""

    def __init__(self) -> None:
        self._columns: dict[str, _Columns] = {}

    def evidence_of(self, live: Live, as_of: str | None, texts: CreativeTexts) -> PartitionEvidence:
        """The live evidence of a workspace, the same as `PartitionEvidence.of` makes of it."""
        day = day_of(as_of)
        before = self._columns.pop(live.workspace, _Columns())
        if (day or dt.date.max) < before.day:  # what was complete may wait again
            before = _Columns()
        reading = _Reading(before, live, cells := CreativeCells((), texts), day)
        names = NameCounter(reading)
        new = DatasetBuilder(names)
        if names.cut or len(reading.waiting) > MOST_CAMPAIGNS:
            return PartitionEvidence.of(live, as_of, texts)
        old = before.take(sorted(reading.places))
        counts = NameCounts.of(old.campaigns_having(), len(old)) + names.counts
        builder = old.extended(new) if len(old) else new
        digests = [*before.digests(sorted(reading.places)), *reading.digests]
        if builder.whole and len(digests) <= MOST_CAMPAIGNS:
            places = {digest: place for place, digest in enumerate(digests)}
            self._keep(live.workspace, _Columns(builder, places, day or dt.date.max))
        complete = EvidenceOfDay(reading.waiting, as_of)
        if reading.waiting:
            late = NameCounter(complete)
            builder, counts = DatasetBuilder(late).joined(builder), counts + late.counts
        return PartitionEvidence(complete.waiting, cells.by_campaign, counts, live, as_of, builder)

    def _keep(self, workspace: str, columns: _Columns) -> None:
        """Keep what was read, and of other workspaces as much as there is room for, the newest first."""
        self._columns[workspace] = columns
        while sum(len(one.places) for one in self._columns.values()) > MOST_CAMPAIGNS:
            del self._columns[next(iter(self._columns))]
