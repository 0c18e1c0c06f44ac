"""What the doubts of a fit mean for whoever reads it: of which things of a mix nothing can be told, alone or compared.

Must not know how a doubt arises (identification.py).
"""

from collections.abc import Collection, Mapping

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge
from reflection.inference.evidence.campaign_columns import Floats


def doubts_in(knowledge: Knowledge, keys: Collection[str]) -> dict[str, str]:
    """Signals of a mix that are not identified there, with the reason: two that always ran together are, as one."""
    return {key: knowledge.unidentified[key]["reason"] for key in sorted(doubtful_beside(knowledge, keys) & set(keys))}


def testable(knowledge: Knowledge, keys: Collection[str]) -> bool:
    """Whether a test of a mix, beside another one, would settle what is doubted of it."""
    doubts = knowledge.unidentified
    return all(doubts[key].get("testable", True) for key in doubtful_beside(knowledge, keys) & set(keys))


def doubtful_beside(knowledge: Knowledge, keys: Collection[str]) -> set[str]:
    """Signals that are not identified beside a mix: all but those it has as they always ran, together."""
    doubts, present = knowledge.unidentified, frozenset(keys)
    return {key for key in doubts if not (doubts[key]["others"] and present.issuperset((key, *doubts[key]["others"])))}


def by_turns_without(keys: Mapping[str, int], matrix: Floats, doubtful: Collection[str]) -> Floats:
    """Draws of effects, (signals, draws), with and without those that are not identified, by turns.

    In every other draw the doubtful effects are none, and what remains of their group is taken against its own average;
    in the others they are as they were drawn. Which of the two is so nobody can tell: only what holds in both is above
    or below usual with a high probability. Interactions with them are none in all draws.
    """
    if not doubtful:
        return matrix
    informative = matrix.copy()
    groups: dict[str, list[int]] = {}
    unknown: list[int] = []
    crossed: list[int] = []
    for key, row in keys.items():
        signal = signals.parse(key)
        if any(part.key in doubtful for part in signal.parts):
            (unknown if len(signal.parts) == 1 else crossed).append(row)
        elif len(signal.parts) == 1:
            groups.setdefault(signal.group, []).append(row)
    apart = informative[:, ::2]
    for group in sorted({signals.parse(key).group for key in doubtful} & groups.keys()):
        apart[groups[group]] -= apart[groups[group]].mean(axis=0)
    apart[unknown] = 0.0
    informative[crossed] = 0.0
    return informative
