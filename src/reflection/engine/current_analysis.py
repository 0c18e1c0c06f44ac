"""A stored analysis as it stands today: compared then, told from what is known now.

What was counted does not change: comparison, drivers and similar campaigns are the stored ones. What was learnt does:
patterns, sentences and weights are made again from the last fit, `known_as_of` its instant. Needs the stored campaign
and the knowledge, never the history. Pure; must not know stores.
"""

from dataclasses import replace

import orjson
from pydantic import TypeAdapter

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.held import held_reason
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import day_of, waits
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import Facts, StoredCampaign
from reflection.domain.results import Analysis, Comparison, Insights
from reflection.domain.verdict import verdict_on
from reflection.engine.analysis import as_held, campaign_facts
from reflection.explain.chat_evidence import facts_of
from reflection.explain.earlier_sentences import placed, still_true
from reflection.explain.evidence_of_facts import gather
from reflection.explain.writer import DETERMINISTIC, DeterministicWriter
from reflection.inference.findings.for_campaign import patterns_for
from reflection.inference.weights import weights_for

SCORED = ("conversion", "ctr", "cpa")
_ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(Analysis)
_WRITER = DeterministicWriter()


def current_answer(stored: StoredCampaign, knowledge: Knowledge, pending: int | None = None) -> bytes:
    """The JSON of `current_analysis`; byte for byte the stored one where nothing was learnt and nothing came since.

    Args:
        pending: other campaigns that wait to be learnt now; as it was when None.
    """
    then = orjson.loads(stored.answer)
    if (then["as_of"], then["epoch"]) != (knowledge.as_of, knowledge.epoch):
        now = current_analysis(stored, knowledge)
        return orjson.dumps(now if pending is None else replace(now, pending=pending))
    waiting = then["pending"] if pending is None else pending
    if "known_as_of" in then and then["pending"] == waiting:
        return stored.answer
    return orjson.dumps({**then, "known_as_of": knowledge.as_of, "pending": waiting})


def current_analysis(stored: StoredCampaign, knowledge: Knowledge) -> Analysis:
    """A campaign's analysis with what is known today; the stored one where nothing was learnt since."""
    then = _ANALYSIS.validate_json(stored.answer)
    if (then.as_of, then.epoch) == (knowledge.as_of, knowledge.epoch):
        return replace(then, known_as_of=knowledge.as_of)
    campaign, moment = Campaign.model_validate_json(stored.campaign_json), knowledge.as_of or then.as_of
    keys = evidence_of(campaign).signal_keys()
    fault = held_reason(then, knowledge)
    notes = (fault,) if fault else ()
    comparison, goal = _comparison(then, campaign, knowledge, notes), knowledge.for_goal(campaign)
    patterns = patterns_for(campaign, keys, goal, generated_at=moment or stored.created_at)
    weights = weights_for(goal, ScoreWeights(), generated_at=patterns.generated_at, signals=keys)
    similar = tuple(item for item in then.similar_campaigns if item.campaign_id not in knowledge.held)
    facts = campaign_facts(campaign, keys, comparison, patterns, goal, similar=similar, notes=notes)
    return replace(
        then,
        comparison_report=comparison,
        pattern_report=patterns,
        insights=replace(_insights(facts, then), as_of=knowledge.as_of),
        weights=replace(weights, scoring_weights=then.weights.scoring_weights),  # those the stored score is made with
        as_of=knowledge.as_of,
        epoch=knowledge.epoch,
        known_as_of=knowledge.as_of,
        notes=notes,
    )


def _comparison(then: Analysis, campaign: Campaign, knowledge: Knowledge, notes: tuple[str, ...]) -> Comparison:
    """The stored comparison; whether it is held is today's, its figures are not, unless its conversions waited."""
    stored, scatter = then.comparison_report, knowledge.scatter
    if waits(campaign, day_of(stored.generated_at)) and not waits(campaign, day_of(knowledge.as_of)):
        again = compare(
            campaign,
            generated_at=knowledge.as_of or stored.generated_at,
            scatter=scatter,
            score_weights=ScoreWeights(*(then.weights.scoring_weights[f"{name}_weight"] for name in SCORED)),
        )
        return as_held(again, notes[0] if notes else None)
    if notes or stored.verdict != "held":
        return as_held(stored, notes[0] if notes else None)
    again = compare(campaign, generated_at=stored.generated_at, scatter=scatter)
    return replace(stored, verdict=verdict_on(stored.deltas), summary=again.summary)


def _insights(facts: Facts, then: Analysis) -> Insights:
    """Sentences of today; those of a model stay while their evidence says the same."""
    book = gather(facts)
    statements = _WRITER.statements(book)
    if any(item.source != DETERMINISTIC for item in then.insights.statements):
        statements = tuple(placed(still_true(then.insights.statements, gather(facts_of(then)), book), statements))
    return _WRITER.assemble(book, statements)
