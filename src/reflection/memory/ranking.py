"""Ranking of candidates: cosine plus a small weight on words, exact names first, learnings by what they are worth.

Measured on real headline tests: a small lexical weight (.05 to .10 of bm25 / best bm25) helps; equal-weight rank fusion
ruins paraphrases (.84 -> .33). There is no cut-off "similar if above 0.7": the cosines of true pairs have quartiles
.30, .47, .70, so rank, score and reason are shown instead. Pure; must not know stores, indexes or models.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from reflection.domain.memory_text import words
from reflection.memory.vectors import Hit

LEXICAL_WEIGHT = 0.08
EXACT_WEIGHT = 0.12
"""What all words of a question are worth beside a vector, in units of cosine."""

NEARLY_ALL = 0.7
"""Share of a question's words, by their rarity, that counts like all of them; less counts with its square: of ten words
one in common is chance (paraphrases: MRR .89 against .86 where the best match always counted in full)."""


class Candidate(NamedTuple):
    """One candidate: its score, and what it is made of."""

    memory_id: str
    score: float
    cosine: float | None = None
    lexical: float = 0.0
    exact: bool = False


def hybrid(
    names: Sequence[str],
    cosines: Mapping[str, float] | None,
    lexical: Sequence[tuple[str, float]],
    weight: float = LEXICAL_WEIGHT,
    *,
    exact_words: bool = False,
) -> list[Candidate]:
    """Merge three ways of finding, best first, ties by id.

    Args:
        names: memories whose name was asked for; they come first whatever they score.
        cosines: by meaning; None when there is no vector, and then the words alone decide (score in 0..1).
        lexical: by words, with BM25 scores (higher is better). One without a cosine, because its vector has not been
            made yet, counts as near as the nearest in proportion to its words.
        weight: what the best of `lexical` is worth in units of cosine.
        exact_words: `lexical` says how exactly memories have the words (`exactness`), and 1 is the most there is.
    """
    best = 1.0 if exact_words else max((score for _, score in lexical), default=0.0)
    shares = {memory_id: score / best for memory_id, score in lexical if best > 0.0}
    near = cosines or {}
    nearest = max(near.values(), default=0.0)
    exact = set(names)
    candidates = []
    for memory_id in {*near, *shares, *exact}:
        cosine, share = near.get(memory_id), shares.get(memory_id, 0.0)
        meaning = share * nearest if cosine is None else cosine
        score = share if cosines is None else _combination(meaning, share, weight)
        candidates.append(Candidate(memory_id, 1.0 if memory_id in exact else score, cosine, share, memory_id in exact))
    return best_first(candidates)


def exactness(lexical: Sequence[tuple[str, float]], complete: float) -> list[tuple[str, float]]:
    """How exactly memories have a question's words, 0..1, from the scores of their rare words.

    Args:
        complete: the score of a memory that alone has every word of the question.
    """
    if complete <= 0.0:
        return []
    return [(name, min(1.0, score / (NEARLY_ALL * complete)) ** 2) for name, score in lexical]


def best_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Names asked for, then by score, ties by id."""
    return sorted(candidates, key=lambda item: (not item.exact, -item.score, item.memory_id))


def by_overlap(question: str, hits: Sequence[Hit], texts: Mapping[str, str]) -> list[Candidate]:
    """Rank neighbours of a whole campaign: cosine plus the share of its words that the neighbour has too.

    Stands for BM25 where the question is hundreds of words long, for which a full-text search costs more than the rest.
    """
    terms = words(question)
    candidates = []
    for hit in hits:
        share = len(terms & words(texts.get(hit.memory_id, ""))) / len(terms) if terms else 0.0
        candidates.append(Candidate(hit.memory_id, _combination(hit.cosine, share, LEXICAL_WEIGHT), hit.cosine, share))
    return sorted(candidates, key=lambda item: (-item.score, item.memory_id))


def worth(learning: Mapping[str, Any], platform: str | None, objective: str | None) -> float:
    """What a learning is worth to who asks, 0..1: its own worth (effect size x certainty) x applicability."""
    return float(learning.get("worth") or 0.0) * _applicability(learning, platform, objective)


def _applicability(learning: Mapping[str, Any], platform: str | None, objective: str | None) -> float:
    """1 where it is about what was asked, or nothing was asked; .8 for a general learning, .2 for another's."""
    applies = 1.0
    about = f"{learning.get('signal_key', '')} {learning.get('context', '')}"
    for group, value in (("platform", platform), ("objective", objective)):
        if value is not None and f"{group}:{value}" not in about:
            applies *= 0.2 if f"{group}:" in about else 0.8
    return applies


def weighted(candidate: Candidate, value: float) -> Candidate:
    """A learning's score: relevance, at most halved by how little it is worth, so it can stand beside campaigns."""
    relevance = max(candidate.score, 0.0)
    return Candidate(
        candidate.memory_id, relevance * (0.5 + 0.5 * value), candidate.cosine, candidate.lexical, candidate.exact
    )


def _combination(cosine: float, lexical: float, weight: float) -> float:
    """Cosine plus the weight on words, scaled so that 1 stays the best there is."""
    return (cosine + weight * lexical) / (1.0 + weight)
