"""One analysis: everything that is answered and written for a campaign, computed from a snapshot.

    input -> compare -> patterns -> embed -> similar -> phrase -> record

The memory is asked, the writer phrases; nothing is stored here and no lock is held. Must not know stores: an input
is read from one snapshot before, and the engine writes what comes out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.campaign_load import check_load
from reflection.domain.canonical_json import Content
from reflection.domain.evidence import Evidence, encode, evidence_of
from reflection.domain.held import held_sentence
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import day_of, evidence_by
from reflection.domain.memory_text import memory_record, memory_text
from reflection.domain.metrics import KPIS, ScoreWeights
from reflection.domain.ports import (
    AnalysisRecord,
    Facts,
    ForecastRow,
    InsightWriter,
    Memory,
    MemoryRecord,
    Snapshot,
    StoredCampaign,
)
from reflection.domain.results import Analysis, Comparison, PatternReport, SimilarCampaign, StoredMemory
from reflection.domain.validation import check_address
from reflection.engine.timing import Observer, timed, unobserved
from reflection.explain.evidence_of_facts import advised
from reflection.explain.writer import possible_beside
from reflection.forecasting.calibration import EMPTY, Calibration
from reflection.forecasting.forecaster import forecasts
from reflection.inference.faults.tracking_faults import suspected_fault
from reflection.inference.findings.for_campaign import patterns_for
from reflection.inference.weights import weights_for
from reflection.recommendations import adherence

SIMILAR = 5
FORECAST_METRICS = tuple(kpi for kpi in KPIS if kpi != "cpc")
"""What of a campaign's plan enters the forecast register; CPC says nothing that CPM and CTR do not."""


@dataclass(frozen=True, slots=True)
class AnalysisInput:
    """What one analysis starts from: a campaign, and what one state of its workspace says.

    Attributes:
        content: the campaign's canonical JSON and its hash, made once.
        current: the campaign's stored revision, None for a new campaign.
        fault: why it is kept out of the learning, None where it is not.
        pending: other campaigns whose changes `knowledge` has not taken in yet.
        now: instant of the analysis, RFC 3339.
        accepted_advice: recommendations that were accepted, which the campaign may follow.
        calibration: of forecasts, with what was stored before the campaign; empty where none is made.
        idempotency_key: under which the answer is kept, if the caller named one.
    """

    workspace: str
    campaign: Campaign
    content: Content
    evidence: Evidence
    knowledge: Knowledge
    current: StoredCampaign | None
    fault: str | None
    pending: int
    now: str
    accepted_advice: Sequence[Mapping[str, Any]] = ()
    calibration: Calibration = EMPTY
    idempotency_key: str | None = None


Calibrate = Callable[[Snapshot, Knowledge], Calibration]
"""How forecasts are calibrated for what is stored and known."""


class InputReader:
    """Makes the inputs of analyses of one snapshot; what they have in common is read once."""

    def __init__(self, snapshot: Snapshot, now: str, calibrate: Calibrate = lambda snapshot, knowledge: EMPTY) -> None:
        self._snapshot, self._now, self._calibrate = snapshot, now, calibrate
        self._knowledge = snapshot.knowledge()
        self._pending = snapshot.pending()
        self._accepted_advice = snapshot.accepted_advice()

    def read(
        self,
        campaign: Campaign,
        content: Content,
        current: StoredCampaign | None,
        *,
        accepted: bool | None = None,
        idempotency_key: str | None = None,
    ) -> AnalysisInput:
        """The input of one campaign's analysis; `accepted`: whether its tracking is sound, as somebody just said.

        Raises:
            InvalidInput: a new campaign has an id that no address can name, or says more than can be learnt of one.
        """
        if current is None:
            check_address(campaign.campaign_id, "campaign_id")
        if accepted is None:  # else it is stored already, and what a fit takes of it is the fit's concern
            check_load(campaign)
        evidence = evidence_of(campaign)
        return AnalysisInput(
            workspace=self._snapshot.workspace,
            campaign=campaign,
            content=content,
            evidence=evidence,
            knowledge=self._knowledge.for_goal(campaign),
            current=current,
            fault=self._fault(evidence, accepted),
            pending=self._pending,
            now=self._now,
            accepted_advice=self._accepted_advice,
            calibration=EMPTY if current is not None else self._calibration,
            idempotency_key=idempotency_key,
        )

    @cached_property
    def _calibration(self) -> Calibration:
        return self._calibrate(self._snapshot, self._knowledge)

    def _fault(self, evidence: Evidence, accepted: bool | None) -> str | None:
        """Why the campaign is kept out of the learning, unless somebody accepted it: asked of what looks wrong only."""
        fault = None if accepted else suspected_fault(evidence_by(evidence, day_of(self._now)), self._knowledge)
        if fault is not None and accepted is None and evidence.campaign_id in self._snapshot.accepted_campaigns():
            return None
        return fault


class Analyst:
    """Makes analyses; thread-safe, because it keeps no state of its own."""

    def __init__(
        self,
        memory: Memory,
        writer: InsightWriter,
        *,
        output_path: Callable[[str, str], object],
        score_weights: ScoreWeights,
        observe: Observer = unobserved,
    ) -> None:
        self._observe = observe
        self._memory = memory
        self._writer = writer
        self._output_path = output_path
        self._score_weights = score_weights

    def draft(self, case: AnalysisInput) -> Analysis:
        """What would be answered, of a case that nobody writes."""
        analysis, _ = self._analysis(case, as_held(self._compared(case), case.fault))
        return replace(analysis, stored_memory=replace(analysis.stored_memory, sqlite_saved=False, vector_saved=False))

    def record(self, case: AnalysisInput) -> AnalysisRecord:
        """Everything the analysis of a case writes."""
        campaign, comparison = case.campaign, as_held(self._compared(case), case.fault)
        analysis, memory = self._analysis(case, comparison)
        said = analysis.insights.statements
        return AnalysisRecord(
            workspace=case.workspace,
            campaign_id=campaign.campaign_id,
            expected_revision=case.current.revision if case.current else 0,
            content_hash=case.content.hash,
            campaign_json=case.content.json,
            platform=campaign.platform,
            objective=campaign.objective,
            timestamp=campaign.timestamp,
            created_at=case.now,
            comparison=comparison,
            statements=(*said, *possible_beside(said, comparison)),
            evidence=encode(case.evidence),
            signal_keys=case.evidence.signal_keys(),
            memory=memory,
            answer=orjson.dumps(analysis),
            idempotency_key=case.idempotency_key,
            forecasts=self._forecasts(case, comparison),
            name=campaign.name,
            conversion_kind=campaign.conversion_kind,
        )

    def _compared(self, case: AnalysisInput) -> Comparison:
        with timed(self._observe, "compare"):
            return compare(
                case.campaign,
                generated_at=case.now,
                scatter=case.knowledge.scatter,
                score_weights=self._score_weights,
            )

    def _analysis(self, case: AnalysisInput, comparison: Comparison) -> tuple[Analysis, MemoryRecord]:
        """What is answered, and what is remembered of it."""
        campaign, knowledge, keys = case.campaign, case.knowledge, case.evidence.signal_keys()
        with timed(self._observe, "patterns"):
            patterns = patterns_for(campaign, keys, knowledge, generated_at=case.now)
            text = memory_text(campaign, patterns.pattern_report)
        with timed(self._observe, "embed"):
            embedder_id, vector = self._memory.embed(text)
        with timed(self._observe, "similar"):
            memories = self._memory.similar(case.workspace, text, vector, limit=SIMILAR, exclude=campaign.campaign_id)
            similar = tuple(item for item in memories if item.campaign_id not in knowledge.held)
        notes = (case.fault,) if case.fault else ()
        facts = campaign_facts(campaign, keys, comparison, patterns, knowledge, similar=similar, notes=notes)
        with timed(self._observe, "phrase"):
            insights = replace(self._writer.write(facts, workspace=case.workspace), as_of=knowledge.as_of)
        analysis = Analysis(
            comparison_report=comparison,
            pattern_report=patterns,
            insights=insights,
            weights=weights_for(knowledge, self._score_weights, generated_at=case.now, signals=keys),
            similar_campaigns=similar,
            stored_memory=self._stored(case, vector is not None),
            as_of=knowledge.as_of,
            epoch=knowledge.epoch,
            pending=case.pending,
            notes=facts.notes,
            known_as_of=knowledge.as_of,
        )
        return analysis, memory_record(campaign, comparison, text, embedder_id, vector)

    def _stored(self, case: AnalysisInput, vector_saved: bool) -> StoredMemory:
        status = self._memory.status()
        return StoredMemory(
            sqlite_saved=True,
            vector_saved=vector_saved,
            output_path=str(self._output_path(case.workspace, case.campaign.campaign_id)),
            revision=(case.current.revision if case.current else 0) + 1,
            replaced=case.current is not None,
            learning="held" if case.fault else "pending",
            index=str(status.get("index", "none")),
            degraded=tuple(status.get("degraded", ())),
        )

    def _forecasts(self, case: AnalysisInput, comparison: Comparison) -> list[ForecastRow]:
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
        if case.current is not None:
            return rows
        with timed(self._observe, "forecast"):
            rows += forecasts(campaign, case.calibration, case.now)
            return rows + adherence.claims_of(campaign, case.knowledge, case.accepted_advice, case.now)


def as_held(comparison: Comparison, fault: str | None) -> Comparison:
    """The comparison of a campaign whose figures look wrong: they stand, and nothing is concluded from them."""
    if fault is None:
        return comparison
    notes = (sentence for sentence in comparison.summary if sentence.startswith("Note: "))
    return replace(comparison, verdict="held", summary=(held_sentence(fault), *notes))


def campaign_facts(
    campaign: Campaign,
    signal_keys: Sequence[str],
    comparison: Comparison,
    patterns: PatternReport,
    knowledge: Knowledge,
    *,
    similar: Sequence[SimilarCampaign],
    notes: Sequence[str],
) -> Facts:
    """What may be said of a campaign, when it is analysed and whenever it is told again from a newer knowledge."""
    return Facts(
        comparison=comparison,
        patterns=patterns,
        findings=patterns.pattern_report,
        similar=tuple(similar),
        platform=campaign.platform,
        objective=campaign.objective,
        notes=tuple(notes),
        advice=tuple(advised(knowledge, signal_keys)),
        campaign=campaign,
    )
