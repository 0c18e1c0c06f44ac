"""What was said and found, with what is believed of it now: sentences and patterns joined with their learnings.

A stored sentence is as old as its campaign and a fit pools all times, so neither knows that an effect has ended; the
learnings do. What rests on a superseded or retired learning is left out, unless it is asked for. Pure joining of rows;
must not know stores.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import DESCRIPTIVE, Finding
from reflection.inference.findings.common import finding_id, impact
from reflection.inference.findings.signals import category_of

Row = dict[str, Any]

PAST = frozenset({"superseded", "retired"})
"""States of learnings that do not hold any longer."""

MOST_READ = 20_000
"""Stored sentences that are looked through, at most, for those that still hold."""

_SHOWN = ("id", "state", "text", "metric", "context", "effect", "interval", "campaigns", "since", "until", "reason")
_FINDING = "finding:"


class LearningSummary(NamedTuple):
    """A learning without its numbers."""

    learning_id: str
    signal_key: str
    context: str
    metric: str
    state: str

    @property
    def pattern_key(self) -> str:
        """The signal whose effect it speaks of: within a context, that of the interaction."""
        if not self.context:
            return self.signal_key
        return signals.crossed(signals.parse(self.context), signals.parse(self.signal_key)).key


class Beliefs(Protocol):
    """The book of learnings, as far as it is needed here."""

    def heads(self, workspace: str) -> Sequence[LearningSummary]:
        """Every learning of a workspace, the one worth most first."""

    def facts(self, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
        """What is believed now, by learning id."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the learnings of a workspace stand, by what they are about."""

    heads: tuple[LearningSummary, ...] = ()

    def by_finding(self) -> dict[str, LearningSummary]:
        """The learning of each finding that the same claim makes."""
        return {
            finding_id(category_of(signals.parse(head.pattern_key).group), head.pattern_key, head.metric): head
            for head in self.heads
        }

    def by_claim(self) -> dict[tuple[str, str], LearningSummary]:
        """The learning of each signal (or interaction) and metric."""
        return {(head.pattern_key, head.metric): head for head in self.heads}

    def past(self, metric: str) -> dict[str, LearningSummary]:
        """Signals whose effect on a metric holds no longer."""
        return {head.pattern_key: head for head in self.heads if head.state in PAST and head.metric == metric}


class CurrentLearnings:
    """Lists of sentences and patterns as they stand; without a book, as they were stored."""

    def __init__(self, beliefs: Beliefs | None = None) -> None:
        self._beliefs = beliefs

    def standing(self, workspace: str) -> Standing:
        """Where the learnings of a workspace stand now."""
        return Standing(tuple(self._beliefs.heads(workspace)) if self._beliefs else ())

    def insights(
        self, workspace: str, stored: Callable[[int], Sequence[Row]], limit: int, *, past: bool = False
    ) -> list[Row]:
        """Stored sentences by priority; each with the learnings it rests on, and the `state` of the one that decides.

        Args:
            stored: gives so many stored sentences, the most important first.
            past: also those that rest on a learning which does not hold any longer.
        """
        known = self.standing(workspace).by_finding()
        kept: list[_Item] = []
        wanted, read = limit, -1
        while len(kept) < limit and read < wanted <= MOST_READ:
            rows = stored(wanted)
            kept = [item for item in (_sentence(row, known) for row in rows) if past or not item.past]
            read, wanted = wanted, 2 * wanted
            if len(rows) < read:
                break
        return self._shown(workspace, kept[:limit])

    def patterns(
        self, workspace: str, stored: Sequence[Row], knowledge: Knowledge, limit: int, *, past: bool = False
    ) -> list[Row]:
        """Findings of the last fit and learnings that hold beside them, by impact; each with its learnings.

        Args:
            stored: all patterns of the last fit.
            past: also what does not hold any longer, with an impact of 0.
        """
        standing = self.standing(workspace)
        claims = standing.by_claim()
        findings = {one.finding_id: one for one in knowledge.findings}
        items = [_pattern(row, findings.get(row["id"]), claims) for row in stored]
        told = {item.row["signal_key"] for item in items}
        beside = [head for head in standing.heads if head.pattern_key not in told]
        facts = self._facts(workspace, [head.learning_id for head in beside])
        items += [
            _Item(_pattern_of(head, facts[head.learning_id], knowledge), (head,), head.state)
            for head in beside
            if head.learning_id in facts
        ]
        shown = self._shown(workspace, [item for item in items if past or not item.past])
        shown = [_as_it_stands(row) for row in shown]
        return sorted(shown, key=lambda row: (-row["impact_score"], str(row["id"])))[:limit]

    def past(self, workspace: str, metric: str) -> dict[str, Row]:
        """Signals whose effect on a metric does not hold any longer, with what is believed of it."""
        heads = self.standing(workspace).past(metric)
        facts = self._facts(workspace, [head.learning_id for head in heads.values()])
        return {
            key: {"signal_key": key, **{field: facts[head.learning_id][field] for field in _SHOWN}}
            for key, head in heads.items()
            if head.learning_id in facts
        }

    def _shown(self, workspace: str, items: Sequence["_Item"]) -> list[Row]:
        facts = self._facts(workspace, list({head.learning_id for item in items for head in item.heads}))
        told = {name: {field: fact[field] for field in _SHOWN} for name, fact in facts.items()}
        return [
            {
                **item.row,
                "state": item.state,
                "learnings": [told[head.learning_id] for head in item.heads if head.learning_id in told],
            }
            for item in items
        ]

    def _facts(self, workspace: str, learning_ids: Sequence[str]) -> dict[str, Row]:
        return self._beliefs.facts(workspace, learning_ids) if self._beliefs and learning_ids else {}


@dataclass(frozen=True, slots=True)
class _Item:
    """A sentence or pattern with its learnings, the one that decides first."""

    row: Row
    heads: tuple[LearningSummary, ...]
    state: str | None

    @property
    def past(self) -> bool:
        """Whether it does not hold any longer."""
        return self.state in PAST


def _sentence(row: Row, known: Mapping[str, LearningSummary]) -> _Item:
    """The learnings of the findings a sentence cites; what holds no longer comes first and decides."""
    cited = [str(one).removeprefix(_FINDING) for one in row.get("evidence", ()) if str(one).startswith(_FINDING)]
    heads = [known[one] for one in dict.fromkeys(cited) if one in known]
    heads.sort(key=lambda head: head.state not in PAST)
    return _Item(row, tuple(heads), heads[0].state if heads else None)


def _pattern(row: Row, finding: Finding | None, claims: Mapping[tuple[str, str], LearningSummary]) -> _Item:
    """The learning of a finding's metric decides; those on the other metrics it is beyond noise on come after it."""
    if finding is None:
        return _Item(row, (), None)
    metrics = dict.fromkeys([finding.metric, *finding.metadata.get("also", ())])
    heads = tuple(claims[key] for metric in metrics if (key := (row["signal_key"], metric)) in claims)
    if heads and heads[0].metric == finding.metric:
        return _Item(row, heads, heads[0].state)
    return _Item(row, heads, DESCRIPTIVE if finding.descriptive else None)


def _as_it_stands(row: Row) -> Row:
    """A pattern whose learning says something else than the pooled effect says that."""
    if row["state"] not in ("contested", *PAST) or not row["learnings"]:
        return row
    gone = row["state"] in PAST
    return {**row, "summary": row["learnings"][0]["text"], "impact_score": 0.0 if gone else row["impact_score"]}


def _pattern_of(head: LearningSummary, fact: Row, knowledge: Knowledge) -> Row:
    """A learning that the last fit does not call a finding, as a pattern."""
    key = head.pattern_key
    effects = {(one.signal, one.metric): one for one in knowledge.effects}
    own = effects.get((key, head.metric))
    share = _share(own.spend if own else None, knowledge, head.metric)
    return {
        "id": head.learning_id,
        "campaign_id": None,
        "category": category_of(signals.parse(key).group),
        "signal_key": key,
        "summary": fact["text"],
        "impact_score": 0.0 if head.state in PAST else impact(fact["effect"], share, fact["lfsr"]),
        "created_at": fact["recorded_at"],
    }


def _share(spend: float | None, knowledge: Knowledge, metric: str) -> float:
    """Share of all spend; every campaign has exactly one platform, so the platforms' spends add up to all of it."""
    total = sum(one.spend or 0.0 for one in knowledge.effects if one.group == signals.PLATFORM and one.metric == metric)
    return (spend or 0.0) / total if total else 0.0
