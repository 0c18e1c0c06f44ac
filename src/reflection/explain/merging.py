"""What a language model said and passed the gate, put in the place of the deterministic sentence it says
better.

The deterministic sentences are the frame: a model's sentence takes the place of one of the same kind whose
evidence it covers, and everything without such a sentence stays as it is. Pure; must not know models or
networks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reflection.domain.results import Insights, Statement
from reflection.explain.assemble import assemble
from reflection.explain.gate import Passed, Rejected, Verdict

EXTRA_PRIORITY = 0.4
"""Priority of a model's sentence that says more than the deterministic ones do."""

MAX_EXTRA = 3


def merge(statements: Sequence[Statement], verdicts: Iterable[Verdict], model: str) -> Insights:
    """The deterministic statements with the passed ones in their places; `rejected` says how many fell and
    why.
    """
    judged = list(verdicts)
    merged = list(statements)
    taken: set[int] = set()
    extras: list[Statement] = []
    for passed in (item for item in judged if isinstance(item, Passed)):
        place = _place(passed, statements, taken)
        if place is not None:
            taken.add(place)
            merged[place] = replace(statements[place], text=passed.text, evidence=passed.evidence, source=model)
        elif len(extras) < MAX_EXTRA:
            extras.append(Statement(passed.kind, passed.text, passed.evidence, EXTRA_PRIORITY, model))
    reasons = [f"{item.kind}: {item.reason}" for item in judged if isinstance(item, Rejected)]
    return assemble([*merged, *extras], rejected=reasons)


def _place(passed: Passed, statements: Sequence[Statement], taken: set[int]) -> int | None:
    """The first statement of the same kind whose whole evidence the sentence covers, opening with the
    same.
    """
    for index, statement in enumerate(statements):
        if index in taken or statement.kind != passed.kind or not statement.evidence:
            continue
        if set(statement.evidence) <= set(passed.evidence):
            return index
    return None
