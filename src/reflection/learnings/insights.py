"""The list of insights: first what the workspace has learnt, told from today, then what its campaigns say themselves.

Stored sentences that rest on what was known when their campaign came are left out: what is known of it today stands in
the list for all campaigns. Needs learnings, the last fit and so many stored sentences as are shown; never the history.
Pure; must not know stores.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reflection.domain.finding_kinds import OF_CAMPAIGNS, OF_NO_SIGNAL
from reflection.domain.held import held_sentence
from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.ports import Snapshot
from reflection.domain.reciprocals import once_each
from reflection.domain.results import Finding, InsightKind
from reflection.explain.advice import recommendation
from reflection.explain.evidence_of_facts import advised
from reflection.explain.formatting import plain_name
from reflection.explain.learning_sentences import LearningSentences
from reflection.inference.findings.signals import claim_id
from reflection.learnings.current import PAST, excerpt, pattern_key

Row = dict[str, Any]

ABOVE_CAMPAIGNS = 1.0
"""Added to the worth of what the workspace knows (0 to 1): no sentence on a single campaign has more than this."""

ROUNDING = 1e-9
"""What adding one to a worth and taking it away again may change."""

OF_ONE_CAMPAIGN = {"held": 0.95, "budget_inefficiency": 0.8}
"""Priority of what is known today of a single campaign."""

SIZE_HALF = 0.2
"""The absolute log effect at which size counts half, as in the worth of learnings."""


def insights(
    reader: Snapshot,
    knowledge: Knowledge,
    query: ListQuery,
    summaries: Sequence[LearningSummary] | None = None,
) -> tuple[list[Row], str | None]:
    """A page of the list, and the cursor of the next one (None at the end).

    Args:
        knowledge: the last fit, of the same state.
        summaries: every learning, where somebody has read them already.
    """
    if summaries is None:
        summaries = reader.learning_summaries()
    statements = [row for row in _present_rows(reader, knowledge, query, summaries) if _fits(row, query)]
    stored = reader.insights(query.limit + 1, query, frozenset(knowledge.held))
    rows = [*statements, *({**row, "state": None, "learnings": []} for row in stored)]
    rows = sorted(rows, key=lambda row: _place(row).order)
    page = [{**row, "known_as_of": knowledge.as_of} for row in rows[: query.limit]]
    return page, _place(page[-1]).cursor if page and len(rows) > query.limit else None


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["priority"], row["id"])


def _fits(row: Row, query: ListQuery) -> bool:
    if query.kind not in (None, row["kind"]) or not query.is_recent(row["created_at"]):
        return False
    return query.after is None or _place(row).order > query.after.order


def _present_rows(
    reader: Snapshot, knowledge: Knowledge, query: ListQuery, summaries: Sequence[LearningSummary]
) -> Iterator[Row]:
    """What is known today, one row each, of those that rest on a campaign as it is asked for."""
    sentences = LearningSentences(knowledge.spellings, knowledge.currency)
    current = [item for item in summaries if query.past or item.state not in PAST]
    yield from _learnings(reader, query, once_each(current, LearningSummary.about), sentences)
    for goal in knowledge.every_goal:
        yield from _advice(reader, goal, query, sentences)
    for finding in knowledge.every_finding:
        campaign = _campaign(reader, finding, query) if _is_shown(finding) else None
        if campaign is not None:
            yield _of_finding(finding, campaign, knowledge, sentences)
    for campaign in reader.newest(knowledge.held, query.signal_keys) if knowledge.held else ():
        text = f"{plain_name(campaign)}. {plain_name(held_sentence(knowledge.held[campaign]), 400)}"
        priority = OF_ONE_CAMPAIGN["held"]
        yield _row(f"held:{campaign}", campaign, "anomaly", text, priority, knowledge.as_of, ("flag:suspected_fault",))


def _learnings(
    reader: Snapshot, query: ListQuery, summaries: Sequence[LearningSummary], sentences: LearningSentences
) -> Iterator[Row]:
    if query.after is not None:  # what was shown before needs no look
        worth = query.after.rank - ABOVE_CAMPAIGNS + ROUNDING
        summaries = [item for item in summaries if item.worth <= worth]
    count = 0
    for start in range(0, len(summaries), query.limit + 1):
        portion = summaries[start : start + query.limit + 1]
        ids = [item.learning_id for item in portion]
        campaigns, facts = reader.supporters(ids, query.signal_keys), reader.learning_facts(ids)
        for item in portion:
            if item.learning_id in campaigns and item.learning_id in facts:
                row = _of_learning(item, facts[item.learning_id], campaigns[item.learning_id], sentences)
                count += _fits(row, query)
                yield row
        if count > query.limit:
            return


def _advice(reader: Snapshot, knowledge: Knowledge, query: ListQuery, sentences: LearningSentences) -> Iterator[Row]:
    """What the workspace is advised, each by the newest campaign that booked it."""
    for bookable in advised(knowledge):
        campaigns = reader.newest(bookable.campaign_ids, query.signal_keys)
        if campaigns and bookable.total is not None:
            item, odds = recommendation(bookable, bookable.total), bookable.total.p_better
            priority = ABOVE_CAMPAIGNS + _worth(bookable.total.effect, max(odds, 1 - odds))
            text, name = sentences.recommendation(item), item.id.partition(":")[2]
            yield _row(name, campaigns[0], "recommendation", text, priority, knowledge.as_of, (item.id,))


def _of_learning(item: LearningSummary, fact: Row, campaign: str, sentences: LearningSentences) -> Row:
    priority = ABOVE_CAMPAIGNS + item.worth
    cited = (f"finding:{claim_id(pattern_key(item), item.metric)}",)
    text = sentences.learning(fact)
    row = _row(item.learning_id, campaign, "key_learning", text, priority, fact["recorded_at"], cited)
    return {**row, "state": item.state, "learnings": [excerpt(fact)]}


def _is_shown(finding: Finding) -> bool:
    """Signals are told by their learnings; a description is no insight."""
    is_own = finding.metadata.get("kind") in OF_NO_SIGNAL or finding.category in ("platform_trend", *OF_CAMPAIGNS)
    return is_own and not finding.descriptive


def _campaign(reader: Snapshot, finding: Finding, query: ListQuery) -> str | None:
    """The newest campaign that a finding rests on, of those asked for."""
    return next(iter(reader.newest(finding.supporting, query.signal_keys)), None)


def _of_finding(finding: Finding, campaign: str, knowledge: Knowledge, sentences: LearningSentences) -> Row:
    worth = _worth(finding.effect or 1.0, 1.0 - (finding.lfsr or 0.0))
    priority = OF_ONE_CAMPAIGN.get(finding.category, ABOVE_CAMPAIGNS + worth)
    text, cited = sentences.finding(finding), (f"finding:{finding.finding_id}",)
    return _row(finding.finding_id, campaign, "key_learning", text, priority, knowledge.as_of, cited)


def _worth(effect: float, certainty: float) -> float:
    """Effect size x certainty, in 0..1, on the scale of a learning's worth."""
    size = abs(math.log(effect))
    return size / (size + SIZE_HALF) * certainty


def _row(
    row_id: str, campaign: str, kind: InsightKind, text: str, priority: float, made: str | None, cited: Sequence[str]
) -> Row:
    return {
        "id": row_id,
        "campaign_id": campaign,
        "kind": kind,
        "content": text,
        "priority": priority,
        "created_at": made or "",
        "evidence": list(cited),
        "source": "deterministic",
        "state": None,
        "learnings": [],
    }
