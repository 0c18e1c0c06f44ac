"""What was found, with what is believed of it now: patterns joined with their learnings.

A fit pools all times, so it does not know that an effect has ended; the learnings do. What rests on a superseded or
retired learning is left out, unless it is asked for. Pure joining of rows; must not know stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.metrics import as_read
from reflection.domain.ports import Snapshot
from reflection.domain.reciprocals import once_each
from reflection.domain.results import DESCRIPTIVE, Finding
from reflection.inference.findings.common import impact
from reflection.inference.findings.signals import category_of

Row = dict[str, Any]

PAST = frozenset({"superseded", "retired"})
"""States of learnings that do not hold any longer."""

MOST_PATTERNS = 1_000
"""Findings of one fit that are looked at for a list; a fit has far fewer."""

_SHOWN = ("id", "state", "text", "metric", "context", "effect", "interval", "campaigns", "since", "until", "reason")


class CurrentLearnings:
    """Patterns as their learnings stand in one state of a workspace; each learning is read once."""

    def __init__(self, reader: Snapshot) -> None:
        self._reader = reader
        self._learnings = [(pattern_key(summary), summary) for summary in reader.learning_summaries()]
        self._facts: dict[str, Row] = {}

    @property
    def summaries(self) -> list[LearningSummary]:
        """Every learning without its numbers, the one worth most first."""
        return [summary for _, summary in self._learnings]

    def patterns(self, knowledge: Knowledge, query: ListQuery) -> tuple[list[Row], str | None]:
        """Findings of the last fit and learnings that hold beside them, by impact; each with its learnings, and the
        cursor of the next page (None at the end).

        Args:
            knowledge: the last fit, of the same state.
            query: `past` adds what does not hold any longer, with an impact of 0.
        """
        rows = [row for row in self._patterns(knowledge, past=query.past) if _fits(row, query)]
        rows = self._resting_on(rows, knowledge, query) if query.signal_keys else rows
        rows.sort(key=lambda row: _place(row).order)
        page = [{**row, "known_as_of": knowledge.as_of} for row in rows[: query.limit]]
        return page, _place(page[-1]).cursor if page and len(rows) > query.limit else None

    def _resting_on(self, rows: Sequence[Row], knowledge: Knowledge, query: ListQuery) -> list[Row]:
        """Those patterns that rest on a campaign with the signals asked for, each with the newest such campaign."""
        supporting = {finding.finding_id: finding.supporting for finding in knowledge.every_finding}
        named = {name for row in rows for name in supporting.get(row["id"], ())}
        order = {name: place for place, name in enumerate(self._reader.newest(named, query.signal_keys))}
        learnings = [row["id"] for row in rows if row["id"] not in supporting]
        campaigns = self._reader.supporters(learnings, query.signal_keys)
        for row in rows:
            own = [name for name in supporting.get(row["id"], ()) if name in order]
            if own:
                campaigns[row["id"]] = min(own, key=order.__getitem__)
        return [{**row, "campaign_id": campaigns[row["id"]]} for row in rows if row["id"] in campaigns]

    def _patterns(self, knowledge: Knowledge, *, past: bool) -> list[Row]:
        by_claim = {(key, learning.metric): learning for key, learning in self._learnings}
        findings = {finding.finding_id: finding for finding in knowledge.every_finding}
        items = [_pattern(row, findings.get(row["id"]), by_claim) for row in self._reader.patterns(MOST_PATTERNS)]
        listed = {item.row["signal_key"] for item in items}
        once = once_each([learning for _, learning in self._learnings], LearningSummary.about)
        beside = [(key, learning) for learning in once if (key := pattern_key(learning)) not in listed]
        facts = self._facts_of([learning for _, learning in beside])
        items += [
            _Item(_pattern_of(key, learning, facts[learning.learning_id], knowledge), (learning,), learning.state)
            for key, learning in beside
            if learning.learning_id in facts
        ]
        return [_as_it_stands(row) for row in self._page_rows([item for item in items if past or not item.past])]

    def past(self, metric: str) -> dict[str, Row]:
        """Signals whose effect on a metric does not hold any longer, with what is believed of it."""
        ended = {
            key: learning for key, learning in self._learnings if learning.state in PAST and learning.metric == metric
        }
        facts = self._facts_of(list(ended.values()))
        return {
            key: {"signal_key": key, **excerpt(facts[learning.learning_id])}
            for key, learning in ended.items()
            if learning.learning_id in facts
        }

    def _page_rows(self, items: Sequence["_Item"]) -> list[Row]:
        facts = self._facts_of([summary for item in items for summary in item.learnings])
        excerpts = {name: excerpt(fact) for name, fact in facts.items()}
        return [
            {
                **item.row,
                "state": item.state,
                "learnings": [
                    excerpts[learning.learning_id] for learning in item.learnings if learning.learning_id in excerpts
                ],
            }
            for item in items
        ]

    def _facts_of(self, summaries: Sequence[LearningSummary]) -> dict[str, Row]:
        """What is believed of learnings; only those are read that were not before."""
        missing = list(
            dict.fromkeys(summary.learning_id for summary in summaries if summary.learning_id not in self._facts)
        )
        if missing:
            self._facts |= self._reader.learning_facts(missing)
        return self._facts


@dataclass(frozen=True, slots=True)
class _Item:
    """A pattern with its learnings, the one that decides first."""

    row: Row
    learnings: tuple[LearningSummary, ...]
    state: str | None

    @property
    def past(self) -> bool:
        """Whether it does not hold any longer."""
        return self.state in PAST


def _place(row: Row) -> Place:
    return Place(row["impact_score"], str(row["id"]))


def _fits(row: Row, query: ListQuery) -> bool:
    if query.kind not in (None, row["category"]) or not query.is_recent(row["created_at"]):
        return False
    return query.after is None or _place(row).order > query.after.order


def pattern_key(learning: LearningSummary) -> str:
    """The signal whose effect a learning speaks of: within a context, that of the interaction."""
    if not learning.context:
        return learning.signal_key
    return signals.crossed(signals.parse(learning.context), signals.parse(learning.signal_key)).key


def excerpt(fact: Row) -> Row:
    """What is shown of a learning beside something else."""
    return {field: fact[field] for field in _SHOWN}


def _pattern(row: Row, finding: Finding | None, claims: Mapping[tuple[str, str], LearningSummary]) -> _Item:
    """The learning of a finding's metric decides; those on the other metrics it is beyond noise on come after it."""
    if finding is None:
        return _Item(row, (), None)
    metrics = dict.fromkeys([finding.metric, *finding.metadata.get("also", ())])
    known: dict[str, LearningSummary] = {}
    for metric in metrics:
        if (learning := claims.get((row["signal_key"], metric))) is not None:
            known.setdefault(as_read(metric or "", None, None)[0], learning)
    learnings = tuple(known.values())
    if learnings and learnings[0].metric == finding.metric:
        return _Item(row, learnings, learnings[0].state)
    return _Item(row, learnings, DESCRIPTIVE if finding.descriptive else None)


def _as_it_stands(row: Row) -> Row:
    """A pattern whose learning says something else than the pooled effect says that."""
    if row["state"] not in ("contested", *PAST) or not row["learnings"]:
        return row
    past = row["state"] in PAST
    return {**row, "summary": row["learnings"][0]["text"], "impact_score": 0.0 if past else row["impact_score"]}


def _pattern_of(key: str, learning: LearningSummary, fact: Row, knowledge: Knowledge) -> Row:
    """A learning that the last fit does not call a finding, as a pattern."""
    effects = {(effect.signal, effect.metric): effect for effect in knowledge.effects}
    own = effects.get((key, learning.metric))
    share = _share(own.spend if own else None, knowledge, learning.metric)
    return {
        "id": learning.learning_id,
        "campaign_id": None,
        "category": category_of(signals.parse(key).group),
        "signal_key": key,
        "summary": fact["text"],
        "impact_score": 0.0 if learning.state in PAST else impact(fact["effect"], share, fact["lfsr"]),
        "created_at": fact["recorded_at"],
    }


def _share(spend: float | None, knowledge: Knowledge, metric: str) -> float:
    """Share of all spend; every campaign has exactly one platform, so the platforms' spends add up to all of it."""
    total = sum(
        effect.spend or 0.0
        for effect in knowledge.effects
        if effect.group == signals.PLATFORM and effect.metric == metric
    )
    return (spend or 0.0) / total if total else 0.0
