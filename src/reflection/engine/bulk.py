"""Many campaigns: batches in one transaction each, with vectors and similar campaigns following behind.

A batch is analysed against one snapshot of what is known and stored whole. What a single analysis does besides, asking
the memory, takes ten times as long as all the rest: in bulk the texts are stored without vectors, which whoever embeds
new memories (the server's learner, `reflection reindex`) makes good, and the answers say so. Knows ports, no adapters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from reflection.domain.campaign import Campaign
from reflection.domain.ports import AnalysisRecord, Memory, StaleRevision, Store, StoredCampaign, Vector
from reflection.domain.results import Answer, Refused, SimilarCampaign
from reflection.errors import ReflectionError

BATCH = 500
"""Campaigns in one transaction, whose flush to disk takes as long however many there are."""

ALONE = 200
"""So few are done one by one and in full."""

FOLLOWING = "vectors-follow"
"""What `stored_memory.degraded` of an answer says whose vector and similar campaigns were left out."""

Taken = tuple[Campaign, StoredCampaign | None]
"""A campaign and its stored revision, None for a new one."""

Recorder = Callable[[str, Sequence[Taken]], list[AnalysisRecord]]
"""Analyses campaigns of a workspace against one snapshot of what is known; nothing is stored."""


class NullMemory:
    """A memory that is not asked: no vectors, nothing similar, and it says so."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def embed(self, text: str) -> tuple[str | None, Vector | None]:
        """No vector now."""
        return None, None

    def similar(
        self, workspace: str, text: str, vector: Vector | None, *, limit: int, exclude: str | None = None
    ) -> list[SimilarCampaign]:
        """Nothing now."""
        return []

    def status(self) -> dict[str, Any]:
        """The memory's own, and that it was not asked."""
        status = self._memory.status()
        return {**status, "degraded": [*status.get("degraded", ()), FOLLOWING]}


class Bulk:
    """Stores streams of campaigns; keeps no state of its own.

    Args:
        record: makes analyses without storing them.
        one: stores a single campaign, for what a batch cannot do together.
    """

    def __init__(self, store: Store, record: Recorder, one: Callable[[str, Campaign], Answer]) -> None:
        self._store, self._record, self._one = store, record, one

    def run(
        self, campaigns: Iterable[Campaign], workspace: str, *, following: bool = False
    ) -> Iterator[Answer | Refused]:
        """One result per campaign, in order; memory stays flat and a refused one does not stop the rest.

        At most `ALONE` campaigns are done one by one and in full, unless they are part of more (`following`).
        """
        stream = iter(campaigns)
        first = list(islice(stream, ALONE))
        beyond = list(islice(stream, 1))
        if not beyond and not following:
            yield from (self._alone(workspace, campaign) for campaign in first)
            return
        for batch in _batches(chain(first, beyond, stream)):
            yield from self._together(workspace, batch)

    def _together(self, workspace: str, batch: Sequence[Campaign]) -> list[Answer | Refused]:
        try:
            return list(self._stored(workspace, batch))
        except (StaleRevision, ReflectionError):  # somebody was faster, or one of them cannot be stored
            return [self._alone(workspace, campaign) for campaign in batch]

    def _stored(self, workspace: str, batch: Sequence[Campaign]) -> list[Answer]:
        known = self._store.campaigns_named(workspace, [campaign.campaign_id for campaign in batch])
        answers: dict[str, Answer] = {}
        fresh: list[Taken] = []
        for campaign in batch:
            current = known.get(campaign.campaign_id)
            if current is not None and current.content_hash == campaign.content_hash():
                answers[campaign.campaign_id] = Answer(current.answer, replayed=True)
            else:
                fresh.append((campaign, current))
        records = self._record(workspace, fresh) if fresh else []
        for record, stored in zip(records, self._store.save_many(records) if records else (), strict=True):
            answers[record.campaign_id] = Answer(stored.answer, replayed=stored.answer != record.answer)
        return [answers[campaign.campaign_id] for campaign in batch]

    def _alone(self, workspace: str, campaign: Campaign) -> Answer | Refused:
        try:
            return self._one(workspace, campaign)
        except ReflectionError as error:
            return Refused(campaign.campaign_id, error)


def _batches(campaigns: Iterable[Campaign]) -> Iterator[list[Campaign]]:
    """Batches of different campaigns: the second content of one waits until the first is stored."""
    batch: dict[str, Campaign] = {}
    for campaign in campaigns:
        if len(batch) == BATCH or campaign.campaign_id in batch:
            yield list(batch.values())
            batch = {}
        batch[campaign.campaign_id] = campaign
    if batch:
        yield list(batch.values())
