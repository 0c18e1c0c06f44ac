"""One analysis: everything that is answered and written for a campaign, computed from a snapshot.

    case -> compare -> patterns -> embed -> similar -> phrase -> record

The memory is asked, the writer phrases; nothing is stored here and no lock is held. Must not know stores: what a case
starts from was read before, and the engine writes what comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign, hash_of
from reflection.domain.evidence import Evidence, encode
from reflection.domain.knowledge import METRICS, Knowledge
from reflection.domain.memory_text import memory_record, memory_text
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import (
    AnalysisRecord,
    Facts,
    ForecastRow,
    InsightWriter,
    Memory,
    MemoryRecord,
    StoredCampaign,
)
from reflection.domain.results import Analysis, Comparison, StoredMemory
from reflection.engine.timing import Observer, timed, unobserved
from reflection.inference.findings.for_campaign import patterns_for
from reflection.inference.weights import weights_for

SIMILAR = 5
FORECAST_METRICS = ("ctr", "cvr", "cpa", "roas", "cpm", "aov")
Foresee = Callable[[Campaign], list[ForecastRow]]
"""Our own forecasts of a campaign that is not learnt yet."""

Forecaster = Callable[[str, Knowledge, str], Foresee]
"""Called with workspace, knowledge and the instant of the analysis; gives what forecasts from that snapshot."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one analysis starts from.

    Attributes:
        current: the campaign's stored revision, None for a new campaign.
        fault: why it is kept out of the learning, None where it is not.
        now: instant of the analysis, RFC 3339.
        foresee: forecasts from the same snapshot; None where nobody does.
    """

    workspace: str
    campaign: Campaign
    evidence: Evidence
    knowledge: Knowledge
    current: StoredCampaign | None
    fault: str | None
    now: str
    foresee: Foresee | None = None


class Analyst:
    """Makes analyses; thread-safe, because it keeps no state of its own."""

    def __init__(
        self,
        memory: Memory,
        writer: InsightWriter,
        *,
        output_path: Callable[[str, str], str],
        score_weights: ScoreWeights,
        observe: Observer = unobserved,
    ) -> None:
        self._observe = observe
        self._memory = memory
        self._writer = writer
        self._output_path = output_path
        self._score_weights = score_weights

    def record(self, case: Case) -> AnalysisRecord:
        """Everything the analysis of a case writes."""
        campaign, comparison = case.campaign, self._compared(case)
        analysis, memory = self._analysis(case, comparison)
        canonical = campaign.canonical_json()
        return AnalysisRecord(
            workspace=case.workspace,
            campaign_id=campaign.campaign_id,
            expected_revision=case.current.revision if case.current else 0,
            content_hash=hash_of(canonical),
            campaign_json=canonical,
            platform=campaign.platform,
            objective=campaign.objective,
            timestamp=campaign.timestamp,
            created_at=case.now,
            comparison=comparison,
            statements=analysis.insights.statements,
            evidence=encode(case.evidence),
            signal_keys=case.evidence.signal_keys(),
            memory=memory,
            answer=orjson.dumps(analysis),
            forecasts=self._forecasts(case, comparison),
        )

    def _compared(self, case: Case) -> Comparison:
        scatter = {metric: case.knowledge.sigma(metric) for metric in METRICS}
        with timed(self._observe, "compare"):
            return compare(case.campaign, generated_at=case.now, scatter=scatter, score_weights=self._score_weights)

    def _analysis(self, case: Case, comparison: Comparison) -> tuple[Analysis, MemoryRecord]:
        """What is answered, and what is remembered of it."""
        campaign, knowledge, keys = case.campaign, case.knowledge, case.evidence.signal_keys()
        with timed(self._observe, "patterns"):
            patterns = patterns_for(campaign, keys, knowledge, generated_at=case.now)
            text = memory_text(campaign, patterns.pattern_report)
        with timed(self._observe, "embed"):
            embedder_id, vector = self._memory.embed(text)
        with timed(self._observe, "similar"):
            found = self._memory.similar(case.workspace, text, vector, limit=SIMILAR, exclude=campaign.campaign_id)
            similar = tuple(found)
        facts = Facts(
            comparison=comparison,
            patterns=patterns,
            findings=patterns.pattern_report,
            similar=similar,
            platform=campaign.platform,
            objective=campaign.objective,
            notes=(case.fault,) if case.fault else (),
        )
        with timed(self._observe, "phrase"):
            insights = self._writer.write(facts, workspace=case.workspace)
        analysis = Analysis(
            comparison_report=comparison,
            pattern_report=patterns,
            insights=insights,
            weights=weights_for(knowledge, self._score_weights, generated_at=case.now, signals=keys),
            similar_campaigns=similar,
            stored_memory=self._stored(case, vector is not None),
            as_of=knowledge.as_of,
            epoch=knowledge.epoch,
            notes=facts.notes,
        )
        return analysis, memory_record(campaign, comparison, text, embedder_id, vector)

    def _stored(self, case: Case, vector_saved: bool) -> StoredMemory:
        status = self._memory.status()
        return StoredMemory(
            sqlite_saved=True,
            vector_saved=vector_saved,
            output_path=self._output_path(case.workspace, case.campaign.campaign_id),
            revision=(case.current.revision if case.current else 0) + 1,
            replaced=case.current is not None,
            learning="held" if case.fault else "pending",
            index=str(status.get("index", "none")),
            degraded=tuple(status.get("degraded", ())),
        )

    def _forecasts(self, case: Case, comparison: Comparison) -> list[ForecastRow]:
        """The planner's forecast, and ours for a new campaign: of a correction the outcome is known already."""
        campaign, planned = case.campaign, comparison.expected_rates
        issued_at = campaign.timestamp.isoformat()
        rows = [
            ForecastRow(
                issuer=campaign.planner or "planner",
                version="1",
                issued_at=issued_at,
                metric=metric,
                point=getattr(planned, metric),
                campaign_id=campaign.campaign_id,
                platform=campaign.platform,
                objective=campaign.objective,
                currency=campaign.currency,
            )
            for metric in FORECAST_METRICS
            if getattr(planned, metric) is not None
        ]
        if case.foresee is None or case.current is not None:
            return rows
        with timed(self._observe, "forecast"):
            return rows + case.foresee(campaign)
