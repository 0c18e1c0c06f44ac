"""The verbs, in order: a campaign comes in, is compared, explained and remembered; what was learnt goes out.

Reads a snapshot, has the analysis made (analysis.py) while no lock is held, then stores everything in one transaction.
It never reads the history and never learns: the learner does, behind it. Knows ports, no adapters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import AnalysisRecord, InsightWriter, Memory, StaleRevision, Store, StoredCampaign
from reflection.domain.results import Answer as Answer
from reflection.domain.results import Refused as Refused
from reflection.domain.results import Weights
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.engine.analysis import SIMILAR, Analyst, Case, Forecaster
from reflection.engine.bulk import Bulk, NullMemory, Taken
from reflection.engine.timing import Observer, timed, unobserved
from reflection.errors import Conflict, NotFound, Unavailable
from reflection.explain.writer import DeterministicWriter
from reflection.inference import effects_page
from reflection.inference.tracking_faults import suspected_fault
from reflection.inference.weights import weights_for
from reflection.learnings.current import Beliefs, CurrentLearnings
from reflection.recommendations import ranking

ATTEMPTS = 5
MOST_PATTERNS = 1_000
"""Findings of one fit that are looked at for a list; a fit has far fewer."""

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
        output_path: Callable[[str, str], str],
        score_weights: ScoreWeights | None = None,
        forecaster: Forecaster | None = None,
        clock: Clock = utc_now,
        observe: Observer = unobserved,
        learnings: Beliefs | None = None,
    ) -> None:
        self._store = store
        self._current_learnings = CurrentLearnings(learnings)
        self._memory = memory
        self._observe = observe
        self._score_weights = score_weights or ScoreWeights()
        self._forecaster = forecaster
        self._analyst = Analyst(
            memory,
            writer,
            output_path=output_path,
            score_weights=self._score_weights,
            observe=observe,
        )
        self._bulk_analyst = Analyst(
            NullMemory(memory),
            DeterministicWriter(),  # a model asked a hundred thousand times would take days
            output_path=output_path,
            score_weights=self._score_weights,
            observe=observe,
        )
        self._clock = clock

    def analyze(
        self,
        campaign: Campaign,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        idempotency_key: str | None = None,
        request_hash: str | None = None,
    ) -> Answer:
        """Analyse one campaign and remember it; the same content again gives the stored answer and writes nothing.

        Raises:
            Conflict: the idempotency key was used for another body.
            Unavailable: the store is busy, full or lost the race too often; nothing was written.
        """
        if idempotency_key is not None:
            earlier = self._store.idempotent_answer(workspace, idempotency_key)
            if earlier is not None:
                return _replay(earlier, request_hash)
        content_hash = campaign.content_hash()
        for _ in range(ATTEMPTS):
            current = self._store.campaign(workspace, campaign.campaign_id)
            if current is not None and current.content_hash == content_hash:
                return Answer(current.answer, replayed=True)
            record = self._record(workspace, campaign, current)
            record = replace(record, idempotency_key=idempotency_key, request_hash=request_hash)
            with suppress(StaleRevision), timed(self._observe, "store"):
                stored = self._store.save_analysis(record)
                return Answer(stored.answer, replayed=stored.answer != record.answer)
        raise _raced(campaign.campaign_id)

    def analyze_many(
        self, campaigns: Iterable[Campaign], *, workspace: str = DEFAULT_WORKSPACE, following: bool = False
    ) -> Iterator[Answer | Refused]:
        """Analyse a stream of campaigns; memory stays flat and a refused one does not stop the rest.

        More than `bulk.ALONE` are stored in batches, their vectors and similar campaigns left to follow;
        with `following` fewer are as well.
        """
        return Bulk(self._store, self._records, self._analyze_in).run(campaigns, workspace, following=following)

    def insights(
        self, *, workspace: str = DEFAULT_WORKSPACE, limit: int = 50, past: bool = False
    ) -> list[dict[str, Any]]:
        """Stored insights by priority, each with the learnings it rests on; with `past` also what holds no longer."""
        return self._current_learnings.insights(
            workspace, lambda wanted: self._store.insights(workspace, wanted), limit, past=past
        )

    def patterns(
        self, *, workspace: str = DEFAULT_WORKSPACE, limit: int = 50, past: bool = False
    ) -> list[dict[str, Any]]:
        """Findings and learnings by impact, each with its state; with `past` also what holds no longer."""
        knowledge = self._store.knowledge(workspace)
        stored = self._store.patterns(workspace, MOST_PATTERNS)
        return self._current_learnings.patterns(workspace, stored, knowledge, limit, past=past)

    def recommendations(
        self,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        platform: str | None = None,
        objective: str | None = None,
        seed: int | None = None,
        limit: int = 10,
    ) -> dict[str, Any]:
        """What to do next, from what was learnt; deterministic unless a draw is asked for with `seed`."""
        query = " ".join(part for part in (platform, objective) if part)
        _, vector = self._memory.embed(query) if query else (None, None)
        similar = self._memory.similar(workspace, query, vector, limit=SIMILAR) if query else []
        knowledge = self._store.knowledge(workspace)
        return ranking.recommend(
            knowledge,
            platform=platform,
            objective=objective,
            insights=self.insights(workspace=workspace, limit=limit),
            patterns=self.patterns(workspace=workspace, limit=limit),
            similar=similar,
            past=self._current_learnings.past(workspace, knowledge.goal_metric),
            now=self._clock(),
            seed=seed,
        )

    def effects(self, *, workspace: str = DEFAULT_WORKSPACE, **filters: Any) -> dict[str, Any]:
        """Effects of signals as multiplicative lift; filters as `evidence_view.effects_page`."""
        return effects_page.effects_page(self._store.knowledge(workspace), **filters)

    def effect_evidence(
        self, signal: str, *, workspace: str = DEFAULT_WORKSPACE, metric: str | None = None, limit: int = 200
    ) -> dict[str, Any]:
        """Campaigns for and against a signal's effect, with their residuals.

        Raises:
            NotFound: nobody ever had this signal.
        """
        evidence = self._store.evidence_of_signal(workspace, signal, limit)
        if not evidence:
            raise NotFound(f"no campaign has the signal '{signal}'", hint="GET /v1/effects lists the signals")
        return effects_page.evidence_of(self._store.knowledge(workspace), signal, metric, evidence)

    def weights(self, *, workspace: str = DEFAULT_WORKSPACE) -> Weights:
        """All signal weights."""
        return weights_for(self._store.knowledge(workspace), self._score_weights, generated_at=self._now())

    def show(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bytes:
        """The stored answer of a campaign, as JSON.

        Raises:
            NotFound: no such campaign in this workspace.
        """
        return self._existing(workspace, campaign_id).answer

    def accept(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """Let a campaign that looked like a tracking fault into the learning; idempotent.

        It is analysed again, so that no answer, insight or file says any longer that it is kept out.

        Raises:
            NotFound: no such campaign in this workspace.
            Unavailable: the store is busy, full or lost the race too often; nothing was written.
        """
        for _ in range(ATTEMPTS):
            current = self._existing(workspace, campaign_id)
            if campaign_id not in self._store.accepted(workspace):
                campaign = Campaign.model_validate_json(current.campaign_json)
                record = self._record(workspace, campaign, current, accepted=True)
                try:
                    self._store.accept(record)
                except StaleRevision:
                    continue
            return {"campaign_id": campaign_id, "accepted": True, "learning": "pending"}
        raise _raced(campaign_id)

    def delete(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bool:
        """Forget a campaign: its evidence is retracted, its projections go; False if there was none."""
        return self._store.delete_campaign(workspace, campaign_id)

    def knowledge(self, *, workspace: str = DEFAULT_WORKSPACE) -> Knowledge:
        """What the last fit says."""
        return self._store.knowledge(workspace)

    def _existing(self, workspace: str, campaign_id: str) -> StoredCampaign:
        stored = self._store.campaign(workspace, campaign_id)
        if stored is None:
            hint = "check the id; POST /analyze-campaign stores one"
            raise NotFound(f"there is no campaign '{campaign_id}'", hint=hint)
        return stored

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")

    def _record(
        self, workspace: str, campaign: Campaign, current: StoredCampaign | None, *, accepted: bool = False
    ) -> AnalysisRecord:
        """Everything one analysis writes, from a snapshot: the last knowledge and the memory, never the history."""
        evidence, knowledge, now = evidence_of(campaign), self._store.knowledge(workspace), self._now()
        fault = None if accepted else self._fault(workspace, evidence, knowledge)
        foresee = self._forecaster(workspace, knowledge, now) if self._forecaster else None
        return self._analyst.record(Case(workspace, campaign, evidence, knowledge, current, fault, now, foresee))

    def _records(self, workspace: str, taken: Sequence[Taken]) -> list[AnalysisRecord]:
        """A batch's analyses, all of one snapshot and without asking the memory."""
        knowledge, now = self._store.knowledge(workspace), self._now()
        foresee = self._forecaster(workspace, knowledge, now) if self._forecaster else None
        records = []
        for campaign, current in taken:
            evidence = evidence_of(campaign)
            fault = self._fault(workspace, evidence, knowledge)
            case = Case(workspace, campaign, evidence, knowledge, current, fault, now, foresee)
            records.append(self._bulk_analyst.record(case))
        return records

    def _analyze_in(self, workspace: str, campaign: Campaign) -> Answer:
        return self.analyze(campaign, workspace=workspace)

    def _fault(self, workspace: str, evidence: Evidence, knowledge: Knowledge) -> str | None:
        """Why the campaign is kept out of the learning, unless somebody accepted it."""
        fault = suspected_fault(evidence, knowledge)
        return fault if fault and evidence.campaign_id not in self._store.accepted(workspace) else None


def _raced(campaign_id: str) -> Unavailable:
    return Unavailable(
        f"campaign '{campaign_id}' is being changed by others at the same time",
        hint="send it again; nothing was stored",
    )


def _replay(earlier: tuple[str, bytes], request_hash: str | None) -> Answer:
    stored_hash, body = earlier
    if stored_hash != request_hash:
        raise Conflict(
            "this Idempotency-Key was used for another body",
            hint="use a new key for a new request",
            field="Idempotency-Key",
        )
    return Answer(body, replayed=True)
