"""The verbs, in order: a campaign comes in, is compared, explained and remembered; what was learnt goes out.

Reads a snapshot, has the analysis made (analysis.py) while no lock is held, then stores everything in one transaction.
It never reads the history and never learns: the learner does, behind it. Knows ports, no adapters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from reflection.domain import signals
from reflection.domain.allocation import AllocationRequest
from reflection.domain.answers import Answer as Answer
from reflection.domain.answers import Refusal as Refusal
from reflection.domain.campaign import Campaign
from reflection.domain.canonical_json import Content
from reflection.domain.freshness import Freshness
from reflection.domain.knowledge import Knowledge
from reflection.domain.list_query import ListQuery
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import InsightWriter, Memory, StaleRevision, Store, StoredCampaign
from reflection.domain.results import Comparison
from reflection.domain.weights import Weights
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.engine.acceptance import ATTEMPTS, decide, raced
from reflection.engine.analysis import Analyst, InputReader
from reflection.engine.bulk import NullMemory, analyze_many
from reflection.engine.campaign_list import CampaignLister, ListRequest
from reflection.engine.current_analysis import current_answer
from reflection.engine.current_comparison import stored_comparison
from reflection.engine.current_sentences import current_insights
from reflection.engine.timing import Observer, timed, unobserved
from reflection.errors import Conflict, NotFound, no_campaign
from reflection.explain.writer import DeterministicWriter
from reflection.forecasting.allocation import allocate
from reflection.forecasting.forecaster import Forecaster
from reflection.forecasting.plan_texts import PlanTexts
from reflection.inference import effects_page, signal_evidence
from reflection.inference.weights import weights_for
from reflection.learnings.current import CurrentLearnings

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
        texts: PlanTexts | None = None,
        clock: Clock = utc_now,
        observe: Observer = unobserved,
    ) -> None:
        self._store = store
        self._forecaster = forecaster or Forecaster()
        self._texts = texts
        self._observe = observe
        self._score_weights = score_weights or ScoreWeights()
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
                inputs = InputReader(snapshot, self._now(), partial(self._forecaster.up_to_date, refits=False))
                analysis = inputs.read(campaign, content, current, idempotency_key=idempotency_key)
            record = self._analyst.record(analysis)
            with suppress(StaleRevision), timed(self._observe, "store"):
                stored = self._store.save_analysis(record)
                return Answer(stored.answer, replayed=not stored.new)
        raise raced(campaign.campaign_id)

    def draft(self, campaign: Campaign, *, workspace: str = DEFAULT_WORKSPACE) -> bytes:
        """The JSON that `analyze` would answer, storing nothing; `stored_memory` says that nothing was saved."""
        with self._store.snapshot(workspace) as snapshot:
            current = snapshot.campaign(campaign.campaign_id)
            inputs = InputReader(snapshot, self._now()).read(campaign, campaign.content(), current)
        return orjson.dumps(self._analyst.draft(inputs))

    def analyze_many(
        self, campaigns: Iterable[Campaign], *, workspace: str = DEFAULT_WORKSPACE, following: bool = False
    ) -> Iterator[Answer | Refusal]:
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
            calibrate=self._forecaster.fitted,
            clock=self._clock,
            following=following,
        )

    def insights(self, *, workspace: str = DEFAULT_WORKSPACE, **query: Any) -> list[dict[str, Any]]:
        """What was learnt, then what campaigns say of themselves, by priority; `query` as `ListQuery`."""
        return list(self.insight_page(ListQuery(**query), workspace=workspace)["items"])

    def patterns(self, *, workspace: str = DEFAULT_WORKSPACE, **query: Any) -> list[dict[str, Any]]:
        """Findings and learnings by impact, each with its state; `query` as `ListQuery`."""
        return list(self.pattern_page(ListQuery(**query), workspace=workspace)["items"])

    def insight_page(self, query: ListQuery, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """A page of insights: {items, next_cursor (None at the end), as_of, pending}."""
        with self._store.snapshot(workspace) as snapshot:
            return _page(*current_insights(snapshot, snapshot.knowledge(), query), snapshot.freshness())

    def pattern_page(self, query: ListQuery, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """A page of patterns: {items, next_cursor (None at the end), as_of, pending}."""
        with self._store.snapshot(workspace) as snapshot:
            return _page(*CurrentLearnings(snapshot).patterns(snapshot.knowledge(), query), snapshot.freshness())

    def effects(self, *, workspace: str = DEFAULT_WORKSPACE, **filters: Any) -> dict[str, Any]:
        """Effects of signals as multiplicative lift; filters as `evidence_view.effects_page`."""
        with self._store.snapshot(workspace) as snapshot:
            knowledge, pending = snapshot.knowledge(), snapshot.pending()
        return effects_page.effects_page(knowledge, **filters, pending=pending)

    def freshness(self, *, workspace: str = DEFAULT_WORKSPACE) -> Freshness:
        """What an answer that is read from now on is at least as of: {as_of, pending}."""
        with self._store.snapshot(workspace) as snapshot:
            return snapshot.freshness()

    def effect_evidence(
        self,
        signal: str,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        metric: str | None = None,
        goal: str | None = None,
        limit: int = 200,
        cursor: str = "",
    ) -> dict[str, Any]:
        """A page of campaigns for and against a signal's effect, with their residuals, among those of one goal.

        Args:
            limit: campaigns with the signal that are looked at. cursor: `next_cursor` of the page before.

        Raises:
            NotFound: nobody ever had this signal.
        """
        with self._store.snapshot(workspace) as snapshot:
            evidence = snapshot.evidence_of_signal(signals.as_stored(signal), limit + 1, cursor)
            if not evidence:
                raise NotFound(f"no campaign has the signal '{signal}'", hint="GET /v1/effects lists the signals")
            page = signal_evidence.evidence_of(snapshot.knowledge(), signal, metric, evidence[:limit], goal)
            following = evidence[limit - 1][0] if len(evidence) > limit else None
            return {**page, "next_cursor": following, "pending": snapshot.pending()}

    def weights(self, *, workspace: str = DEFAULT_WORKSPACE) -> Weights:
        """All signal weights."""
        return weights_for(self._store.knowledge(workspace), self._score_weights, generated_at=self._now())

    def show(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bytes:
        """The analysis of a campaign as JSON: counted when it came, judged and told from what is known today.

        Raises:
            NotFound: no such campaign in this workspace.
        """
        with self._store.snapshot(workspace) as snapshot:
            stored, knowledge = snapshot.campaign(campaign_id), snapshot.knowledge()
            pending = snapshot.pending(beside=campaign_id)
        if stored is None:
            raise no_campaign(campaign_id)
        return current_answer(stored, knowledge, pending)

    def comparisons(self, campaign_ids: Sequence[str], *, workspace: str = DEFAULT_WORKSPACE) -> Iterator[Comparison]:
        """How campaigns did, judged by what is known today, those that look like a fault included."""
        with self._store.snapshot(workspace) as snapshot:
            knowledge, stored = snapshot.knowledge(), snapshot.campaigns_named(campaign_ids)
        return (stored_comparison(one, knowledge) for one in stored.values())

    def telling(self, workspace: str) -> Callable[[StoredCampaign], bytes]:
        """How the campaigns of a workspace are told today: the JSON of each one's analysis."""
        knowledge = self._store.knowledge(workspace)
        return lambda stored: current_answer(stored, knowledge)

    def allocate(self, request: AllocationRequest, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """How to spread a budget over plans; see `allocation.allocate`."""
        with self._store.snapshot(workspace) as snapshot:
            knowledge, pending = snapshot.knowledge(), snapshot.pending()
        texts = self._texts.of(workspace, request.named(), knowledge) if self._texts else {}
        return allocate(request, knowledge, texts=texts, pending=pending)

    def accept(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """Let a campaign that looked like a tracking fault into the learning; idempotent.

        It is analysed again, so that no answer, insight or file says any longer that it is kept out. One that is not
        held is left as it is, and the answer says so.

        Returns:
            {campaign_id, accepted, learning, note}.

        Raises:
            NotFound: no such campaign in this workspace.
            Unavailable: the store is busy, full or lost the race too often; nothing was written.
        """
        return decide(self._store, self._analyst, self._now, workspace, campaign_id, accepted=True)

    def unaccept(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """Take an acceptance back, so that figures decide again; idempotent. Returns and raises as `accept`."""
        return decide(self._store, self._analyst, self._now, workspace, campaign_id, accepted=False)

    def campaigns(self, request: ListRequest | None = None, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, Any]:
        """A page of stored campaigns, the newest first; see `CampaignLister.page`.

        Raises:
            InvalidInput: a cursor that is not ours.
        """
        with self._store.snapshot(workspace) as snapshot:
            return CampaignLister(snapshot).page(request or ListRequest())

    def held(self, *, workspace: str = DEFAULT_WORKSPACE) -> dict[str, str]:
        """Campaigns that are kept out of learning because they look like a fault of tracking: id -> why."""
        with self._store.snapshot(workspace) as snapshot:
            return CampaignLister(snapshot).held

    def delete(self, campaign_id: str, *, workspace: str = DEFAULT_WORKSPACE) -> bool:
        """Forget a campaign: its evidence is retracted, its projections go; False if there was none."""
        return self._store.delete_campaign(workspace, campaign_id)

    def knowledge(self, *, workspace: str = DEFAULT_WORKSPACE) -> Knowledge:
        """What the last fit says."""
        return self._store.knowledge(workspace)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def _page(items: list[dict[str, Any]], following: str | None, freshness: Freshness) -> dict[str, Any]:
    """A page of a list; each row says what it is as of, for doors that give a bare list."""
    return {"items": [row | {"pending": freshness["pending"]} for row in items], "next_cursor": following, **freshness}


def _replay(earlier: tuple[str, bytes], content: Content) -> Answer:
    content_hash, body = earlier
    if content_hash != content.hash:
        raise Conflict(
            "this Idempotency-Key was used for another body",
            hint="use a new key for a new request",
            field="Idempotency-Key",
        )
    return Answer(body, replayed=True)
