"""Evidence as columns, kept from fit to fit: of thousands of campaigns a few are new, and only these are read.

A campaign is known by the bytes of its evidence, so that nothing kept can be of another content; and columns are the
same in whatever order they were read (`dataset`). Must not know where evidence is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from reflection.domain.evidence import Evidence, decode
from reflection.domain.maturity import EvidenceOfDay
from reflection.inference.creative_rows import CreativeCells
from reflection.inference.dataset import DatasetBuilder
from reflection.inference.learn import FitRequest, Gathered

MOST_CAMPAIGNS = 20_000
"""Kept of all workspaces together, some 20 MB: of more, fits are minutes apart (`engine.learner.patience`)."""

_DIGEST_BYTES = 16


@dataclass(frozen=True, eq=False)
class _Columns:
    """Some campaigns as columns, and the place of each there by the digest of its evidence."""

    builder: DatasetBuilder = field(default_factory=DatasetBuilder)
    places: dict[bytes, int] = field(default_factory=dict)

    def changed(self, kept: list[int], new: DatasetBuilder) -> DatasetBuilder:
        """The campaigns at some places, ascending, and new ones."""
        if not kept:
            return new
        return DatasetBuilder().extended(self.builder, np.array(kept, dtype=np.intp)).extended(new)

    def digests(self, places: list[int]) -> list[bytes]:
        """Those of the campaigns at some places."""
        every = list(self.places)
        return [every[place] for place in places]


class KeptEvidence:
    """What the last fit of each workspace read; not for several threads at once."""

    def __init__(self) -> None:
        self._kept: dict[str, _Columns] = {}

    def gathered(self, workspace: str, live: Iterable[tuple[str, bytes]], request: FitRequest) -> Gathered:
        """The live evidence of a workspace, the same as `Gathered.of` reads.

        Args:
            live: id and evidence of each campaign, as bytes.
        """
        before, cells = self._kept.pop(workspace, _Columns()), CreativeCells((), request.texts)
        kept, new, digests, dated = list[int](), DatasetBuilder(), list[bytes](), list[Evidence]()
        for campaign_id, payload in live:
            digest = blake2b(payload, digest_size=_DIGEST_BYTES).digest()
            place = before.places.get(digest)
            if place is not None:
                kept.append(place)
                if not cells.asks(campaign_id):
                    continue
            item = decode(payload)
            cells.see(item)
            if place is None and item.mature_on is not None:  # what it says depends on the day
                dated.append(item)
            elif place is None:
                new.add(item)
                if len(digests) <= MOST_CAMPAIGNS:
                    digests.append(digest)
        kept.sort()
        builder = before.changed(kept, new)
        if builder.whole and len(kept) + len(digests) <= MOST_CAMPAIGNS:
            self._keep(workspace, builder, [*before.digests(kept), *digests])
        complete = EvidenceOfDay(dated, request.as_of)
        if dated:
            builder = DatasetBuilder(complete).joined(builder)
        return Gathered(builder, complete.waiting, cells.by_campaign)

    def _keep(self, workspace: str, builder: DatasetBuilder, digests: list[bytes]) -> None:
        """Keep what was read, and of other workspaces as much as there is room for, the newest first."""
        self._kept[workspace] = _Columns(builder, {digest: place for place, digest in enumerate(digests)})
        while sum(len(one.places) for one in self._kept.values()) > MOST_CAMPAIGNS:
            del self._kept[next(iter(self._kept))]
