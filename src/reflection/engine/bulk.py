"""Many campaigns: batches in one transaction each, with vectors and similar campaigns following behind.

A batch is analysed against one snapshot of what is known and stored whole. What a single analysis does besides, asking
the memory, takes ten times as long as all the rest: in bulk the texts are stored without vectors, which whoever embeds
new memories (the server's learner, `reflection reindex`) makes good, and the answers say so. Knows ports, no adapters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from reflection.domain.answers import Answer, Refusal
from reflection.domain.campaign import Campaign
from reflection.domain.ports import Memory, StaleRevision, Store, Vector
from reflection.domain.results import SimilarCampaign
from reflection.engine.analysis import AnalysisInput, Analyst, Calibrate, InputReader
from reflection.errors import ReflectionError

BATCH = 500
"""Campaigns in one transaction, whose flush to disk takes as long however many there are."""

ALONE = 200
"""So few are done one by one and in full."""

FOLLOWING = "vectors-follow"
"""What `stored_memory.degraded` of an answer says whose vector and similar campaigns were left out."""


class NullMemory:
    """A memory that is not asked: no vectors, nothing similar, and it says so."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def embed(self, text: str) -> tuple[str | None, Vector | None]:
        """No vector yet: whoever embeds new memories makes it later."""
        return None, None

    def similar(
        self, workspace: str, text: str, vector: Vector | None, *, limit: int, exclude: str | None = None
    ) -> list[SimilarCampaign]:
        """Nothing similar: a batch does not wait for searches."""
        return []

    def status(self) -> dict[str, Any]:
        """The memory's own, and that it was not asked."""
        status = self._memory.status()
        return {**status, "degraded": [*status.get("degraded", ()), FOLLOWING]}


def analyze_many(
    campaigns: Iterable[Campaign],
    workspace: str,
    *,
    store: Store,
    analyst: Analyst,
    analyze: Callable[[Campaign], Answer],
    calibrate: Calibrate,
    clock: Callable[[], datetime],
    following: bool = False,
) -> Iterator[Answer | Refusal]:
    """One result per campaign, in order; memory stays flat and a refused one does not stop the rest.

    At most `ALONE` campaigns are done one by one and in full, unless they are part of more (`following`).

    Args:
        analyst: of batches, which asks no memory and no model.
        analyze: stores a single campaign in full, for what a batch cannot do together.
        calibrate: how the forecasts of a batch are calibrated: as of the last fit, because a fold takes longer than all
            else that is done for a campaign of a batch.
    """
    stream = iter(campaigns)
    first = list(islice(stream, ALONE))
    beyond = list(islice(stream, 1))
    if not beyond and not following:
        yield from (_alone(campaign, analyze) for campaign in first)
        return
    for batch in _batches(chain(first, beyond, stream)):
        try:
            answers: list[Answer | Refusal] = [*_together(batch, workspace, store, analyst, calibrate, clock)]
        except (StaleRevision, ReflectionError):  # somebody was faster, or one of them cannot be stored
            answers = [_alone(campaign, analyze) for campaign in batch]
        yield from answers


def _together(
    batch: Sequence[Campaign],
    workspace: str,
    store: Store,
    analyst: Analyst,
    calibrate: Calibrate,
    clock: Callable[[], datetime],
) -> list[Answer]:
    """Answers of a batch: all of it analysed against one snapshot, and stored in one transaction."""
    answers: dict[str, Answer] = {}
    analyses: list[AnalysisInput] = []
    with store.snapshot(workspace) as snapshot:
        stored = snapshot.campaigns_named([campaign.campaign_id for campaign in batch])
        inputs = InputReader(snapshot, clock().isoformat(timespec="milliseconds"), calibrate)
        for campaign in batch:
            content, current = campaign.content(), stored.get(campaign.campaign_id)
            if current is not None and current.content_hash == content.hash:
                answers[campaign.campaign_id] = Answer(current.answer, replayed=True)
            else:
                analyses.append(inputs.read(campaign, content, current))
    records = [analyst.record(analysis) for analysis in analyses]
    for record, saved in zip(records, store.save_many(records) if records else (), strict=True):
        answers[record.campaign_id] = Answer(saved.answer, replayed=not saved.new)
    return [answers[campaign.campaign_id] for campaign in batch]


def _alone(campaign: Campaign, analyze: Callable[[Campaign], Answer]) -> Answer | Refusal:
    try:
        return analyze(campaign)
    except ReflectionError as error:
        return Refusal(campaign.campaign_id, error)


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
