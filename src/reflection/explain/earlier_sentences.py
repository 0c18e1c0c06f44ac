"""A model's sentences of an earlier answer: those whose evidence still says the same keep their places.

A sentence of which one figure, sign or grade has changed since is left out; the deterministic sentence that stands in
its place says what is known. Pure; must not know models or stores.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from reflection.domain.results import InsightKind, Statement
from reflection.explain.evidence import Evidence, EvidenceBook
from reflection.explain.writer import DETERMINISTIC


def still_true(earlier: Sequence[Statement], then: EvidenceBook, now: EvidenceBook) -> list[Statement]:
    """A model's sentences all of whose evidence is the same in both books."""
    pairs = [(before, item) for item in now if (before := then.find(item.id)) is not None]
    same = {item.id for before, item in pairs if _facts(before) == _facts(item)}
    moved = {item.id: _moved_bounds(before, item) for before, item in pairs}
    return [
        item
        for item in earlier
        if item.source != DETERMINISTIC
        and item.evidence
        and same >= set(item.evidence)
        and not any(bound in item.text for name in item.evidence for bound in moved[name])
    ]


def placed(sentences: Sequence[Statement], statements: Sequence[Statement]) -> list[Statement]:
    """Deterministic statements with these sentences in their places; one that has no place stands at the end."""
    result, extras = list(statements), []
    positions: set[int] = set()
    for sentence in sentences:
        position = place_of(sentence.kind, sentence.evidence, statements, positions)
        if position is None:
            extras.append(sentence)
        else:
            positions.add(position)
            result[position] = replace(sentence, priority=statements[position].priority)
    return [*result, *extras]


def place_of(
    kind: InsightKind, evidence: Sequence[str], statements: Sequence[Statement], positions: Collection[int]
) -> int | None:
    """The first statement of the same kind, not at one of `positions`, whose whole evidence a sentence covers."""
    for index, statement in enumerate(statements):
        if index in positions or statement.kind != kind or not statement.evidence:
            continue
        if set(statement.evidence) <= set(evidence):
            return index
    return None


_BOUNDS = ("low", "high")
"""Of an interval: every fit moves them a little, and few sentences say them."""


def _moved_bounds(before: Evidence, now: Evidence) -> set[str]:
    """Bounds of its interval as they were written and are not any longer."""
    return {before.text(name) for name in _BOUNDS if name in before.figures} - {
        now.text(name) for name in _BOUNDS if name in now.figures
    }


def _facts(item: Evidence) -> tuple[object, ...]:
    """All that a sentence on a piece of evidence may say, but for the bounds of its interval."""
    figures = {name: figure.text for name, figure in item.figures.items() if name not in _BOUNDS}
    return (item.kind, item.label, item.certainty, item.grade, figures, dict(item.detail))
