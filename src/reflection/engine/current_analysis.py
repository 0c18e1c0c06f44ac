"""A stored analysis as it stands today: counted then, judged and told from what is known now.

What was counted does not change: figures, drivers and similar campaigns are the stored ones. What was learnt does:
intervals, patterns, sentences and weights are made again from the last fit, `known_as_of` its instant. Needs the stored
campaign and the knowledge, never the history. Pure; must not know stores.
"""

from dataclasses import replace

import orjson
from pydantic import TypeAdapter

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.held import held_reason
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import Facts, StoredCampaign
from reflection.domain.results import Analysis, Insights
from reflection.engine.analysis import as_held, campaign_facts
from reflection.engine.current_comparison import current_comparison
from reflection.explain.earlier_sentences import placed, still_true
from reflection.explain.evidence_of_facts import gather
from reflection.explain.questions.evidence import facts_of
from reflection.explain.writer import DETERMINISTIC, DeterministicWriter
from reflection.inference.findings.for_campaign import patterns_for
from reflection.inference.weights import weights_for

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
    comparison, goal = as_held(current_comparison(then, campaign, knowledge), fault), knowledge.for_goal(campaign)
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


def _insights(facts: Facts, then: Analysis) -> Insights:
    """Sentences of today; those of a model stay while their evidence says the same."""
    book = gather(facts)
    statements = _WRITER.statements(book)
    if any(item.source != DETERMINISTIC for item in then.insights.statements):
        statements = tuple(placed(still_true(then.insights.statements, gather(facts_of(then)), book), statements))
    return _WRITER.assemble(book, statements)
