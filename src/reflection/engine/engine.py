"""The verbs, in order: a campaign comes in, is compared, explained and remembered; what was learnt goes out.

Reads a snapshot, has the analysis made (analysis.py) while no lock is held, then stores everything in one transaction.
It never reads the history and never learns: the learner does, behind it. Knows ports, no adapters.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from reflection.domain.answers import Answer as Answer
from reflection.domain.answers import Refused as Refused
from reflection.domain.campaign import Campaign
from reflection.domain.canonical_json import Content
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import InsightWriter, Memory, StaleRevision, Store, StoredCampaign
from reflection.domain.weights import Weights
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.engine.analysis import Analyst, InputReader
from reflection.engine.bulk import NullMemory, analyze_many
from reflection.engine.timing import Observer, timed, unobserved
from reflection.errors import Conflict, NotFound, Unavailable, no_campaign
from reflection.explain.writer import DeterministicWriter
from reflection.forecasting.forecaster import Forecaster
from reflection.inference import effects_page
from reflection.inference.weights import weights_for
from reflection.learnings.current import CurrentLearnings

ATTEMPTS = 5

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current instant."""
    return datetime.now(UTC)


class Engine:
    """The verbs of one installation; thread-safe, because it keeps no state of its own."""

    def __init__(
        self,
        store: Store,
        memory: Memory,
        writer: InsightWriter,
        *,
        output_path: Callable[[str, str], object],
        score_weights: ScoreWeights | None = None,
        forecaster: Forecaster | None = None,
        clock: Clock = utc_now,
        observe: Observer = unobserved,
    ) -> None:
        self._store = store
        self._observe = observe
        self._score_weights = score_weights or ScoreWeights()
        self._analyst = Analyst(
            memory,
            writer,
            output_path=output_path,
            score_weights=self._score_weights,
            forecaster=forecaster,
            observe=observe,
        )
        self._bulk_analyst = Analyst(
            NullMemory(memory),
            DeterministicWriter(),  # a model asked a hundred thousand times would take days
            output_path=output_path,
            score_weights=self._score_weights,
            forecaster=forecaster,
            observe=observe,
        )
        self._clock = clock

    def analyze(
        self,
        campaign: Campaign,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Analyse one campaign and remember it; the same content again gives the stored answer and writes nothing.

        Raises:
            Conflict: the idempotency key was used for another body.
            Unavailable: the store is busy, full or lost the race too often; nothing was written.
        """
        content = campaign.content()
        for _ in range(ATTEMPTS):
            with self._store.snapshot(workspace) as snapshot:
                if idempotency_key is not None and (earlier := snapshot.idempotent_answer(idempotency_key)):
                    return _replay(earlier, content)
                current = snapshot.campaign(campaign.campaign_id)
                if current is not None and current.content_hash == content.hash:
                    return Answer(current.answer, replayed=True)
                inputs = InputReader(snapshot, self._now())
                analysis = inputs.read(campaign, content, current, idempotency_key=idempotency_key)
            record = self._analyst.record(analysis)
            with suppress(StaleRevision), timed(self._observe, "store"):
                stored = self._store.save_analysis(record)
                return Answer(stored.answer, replayed=not stored.new)
        raise _raced(campaign.campaign_id)

    def analyze_many(
        self, campaigns: Iterable[Campaign], *, workspace: str = DEFAULT_WORKSPACE, following: bool = False
    ) -> Iterator[Answer | Refused]:
        """Analyse a stream of campaigns; memory stays flat and a refused one does not stop the rest.

        More than `bulk.ALONE` are stored in batches, their vectors and similar campaigns left to follow;
        with `following` fewer are as well.
        """
        return analyze_many(
            campaigns,
            workspace,
            store=self._store,
            analyst=self._bulk_analyst,
            analyze=partial(self.analyze, workspace=workspace),
            clock=self._clock,
            following=following,
        )

    def insights(
        self, *, workspace: str = DEFAULT_WORKSPACE, limit: int = 50, past: bool = False
    ) -> list[dict[str, Any]]:
        """Stored insights by priority, each with the learnings it rests on; with `past` also what holds no longer."""
        with self._store.snapshot(workspace) as snapshot:
            return CurrentLearnings(snapshot).insights(limit, past=past)

    def patterns(
        self, *, workspace: str = DEFAULT_WORKSPACE, limit: int = 50, past: bool = False
    ) -> list[dict[str, Any]]:
        """Findings and learnings by impact, each with its state; with `past` also what holds no longer."""
        with self._store.snapshot(workspace) as snapshot:
            return CurrentLearnings(snapshot).patterns(snapshot.knowledge(), limit, past=past)

    def effects(self, *, workspace: str = DEFAULT_WORKSPACE, **filters: Any) -> dict[str, Any]:
        """Effects of signals as multiplicative lift; filters as `evidence_view.effects_page`."""
        return effects_page.effects_page(self._store.knowledge(workspace), **filters)

    def effect_evidence(
        self,
        signal: str,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        metric: str | None = None,
        goal: str | None = None,
        limit: int = 200,
    ) -> dict[str, Any]:
        """Campaigns for and against a signal's effect, with their residuals, among those of one goal.

        Raises:
            NotFound: nobody ever had this signal.
        """
        with self._store.snapshot(workspace) as snapshot:
            evidence = snapshot.evidence_of_signal(signal, limit)
            if not evidence:
                raise NotFound(f"no campaign has the signal '{signal}'", hint="GET /v1/effects lists the signals")
            return effects_page.evidence_of(snapshot.knowledge(), signal, metric, evidence, goal)

    def weights(self, *, workspace: str = DEFAULT_WORKSPACE) -> Weights:
        """All signal weights."""
        return weights_for(self._store.knowledge(workspace), self._score_weights, generated_at=self._now())

    def show(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bytes:
        """The stored answer of a campaign, as JSON.

        Raises:
            NotFound: no such campaign in this workspace.
        """
        return _existing(self._store.campaign(workspace, campaign_id), campaign_id).answer

    def accept(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """Let a campaign that looked like a tracking fault into the learning; idempotent.

        It is analysed again, so that no answer, insight or file says any longer that it is kept out.

        Raises:
            NotFound: no such campaign in this workspace.
            Unavailable: the store is busy, full or lost the race too often; nothing was written.
        """
        for _ in range(ATTEMPTS):
            with self._store.snapshot(workspace) as snapshot:
                current = _existing(snapshot.campaign(campaign_id), campaign_id)
                if campaign_id in snapshot.accepted_campaigns():
                    return _accepted(campaign_id)
                campaign = Campaign.model_validate_json(current.campaign_json)
                inputs = InputReader(snapshot, self._now())
                analysis = inputs.read(campaign, campaign.content(), current, accepted=True)
            with suppress(StaleRevision):
                self._store.accept(self._analyst.record(analysis))
                return _accepted(campaign_id)
        raise _raced(campaign_id)

    def delete(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bool:
        """Forget a campaign: its evidence is retracted, its projections go; False if there was none."""
        return self._store.delete_campaign(workspace, campaign_id)

    def knowledge(self, *, workspace: str = DEFAULT_WORKSPACE) -> Knowledge:
        """What the last fit says."""
        return self._store.knowledge(workspace)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def _existing(stored: StoredCampaign | None, campaign_id: str) -> StoredCampaign:
    if stored is None:
        raise no_campaign(campaign_id)
    return stored


def _accepted(campaign_id: str) -> dict[str, Any]:
    return {"campaign_id": campaign_id, "accepted": True, "learning": "pending"}


def _raced(campaign_id: str) -> Unavailable:
    return Unavailable(
        f"campaign '{campaign_id}' is being changed by others at the same time",
        hint="send it again; nothing was stored",
    )


def _replay(earlier: tuple[str, bytes], content: Content) -> Answer:
    content_hash, body = earlier
    if content_hash != content.hash:
        raise Conflict(
            "this Idempotency-Key was used for another body",
            hint="use a new key for a new request",
            field="Idempotency-Key",
        )
    return Answer(body, replayed=True)
