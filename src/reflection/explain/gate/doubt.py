"""Whether a model's sentence is as sure as its evidence: noise is called noise, and nothing else is. Pure."""

from collections.abc import Iterator, Sequence

from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words
from reflection.explain.gate.reading import FOUND, MEASURED, NAME_FIGURE, Sentence, Token
from reflection.explain.gate.subjects import about, subjects

_BEFORE_DOUBT = words.SETS["before doubt"] | {"(", ")", ",", "-", ":", ";", ""}


def doubt_objections(sentence: Sentence, cited: Sequence[Evidence], directions: Sequence[int]) -> Iterator[str]:
    """A difference within noise is called so, and none beyond noise is."""
    doubted: set[str] = set()
    for place in sentence.where("noise", "unsure", "firm", "line"):
        token = sentence.tokens[place]
        items = _doubt_subjects(sentence, place, cited)
        if not _stands_free(sentence, place) or not items:
            yield "it takes a doubt back, or adds one"
        if token.has("firm"):
            if any(item.certainty != "beyond_noise" for item in items):
                yield "it reports a difference within noise as if it were one"
            continue
        if not all(_is_doubtful(token, item) for item in items):
            yield "it denies a difference that evidence shows"
        doubted |= {item.id for item in items}
    for item in _claimed(sentence, cited, directions):
        alone = item.kind == "delta" and "change" not in item.figures  # told as it is, compared with nothing
        if item.certainty in ("noise", "unknown") and item.id not in doubted and not alone:
            yield "it reports a difference within noise as if it were one"


def _is_doubtful(token: Token, item: Evidence) -> bool:
    """Whether evidence leaves as open as a word says whether there is a difference."""
    if token.has("unsure"):
        return item.certainty in ("noise", "unknown")
    return item.certainty == "noise" or (token.has("line") and item.value("change") == 0)


def _stands_free(sentence: Sentence, place: int) -> bool:
    """Whether what precedes a word of doubt leaves it as it is."""
    if place == 0:
        return True
    token = sentence.tokens[place - 1]
    return token.item is not None or bool(token.kpi) or token.text in _BEFORE_DOUBT or token.has("much")


def _doubt_subjects(sentence: Sentence, place: int, cited: Sequence[Evidence]) -> list[Evidence]:
    """What a word of doubt speaks of: its own clause, else the one before, else the one after."""
    clauses = sentence.clauses
    index = next((i for i, run in enumerate(clauses) if place in run), 0)
    for run in (*clauses[index::-1], *clauses[index + 1 :]):
        items = [item for item in sentence.items_in(run) if item.kind in MEASURED | FOUND]
        if not items:
            items = [
                item
                for p in sentence.mentions(run)
                if (kpi := sentence.kpi_at(p))
                for item in _plainest(about(sentence, kpi, cited, p), kpi)
            ]
        if items:
            return items
    return []


def _plainest(items: list[Evidence], kpi: str) -> list[Evidence]:
    """Of all that is known of a KPI its own change, where that is there."""
    deltas = [item for item in items if item.kind == "delta" or item.label == kpi]
    return deltas or items


def _claimed(sentence: Sentence, cited: Sequence[Evidence], directions: Sequence[int]) -> Iterator[Evidence]:
    """Evidence that a sentence shows, or gives a direction to."""
    for item in sentence.items:
        if item.kind in MEASURED | FOUND and any(
            token.item is item and token.figure != NAME_FIGURE for token in sentence.tokens
        ):
            yield item
    for place in directions:
        for item, _ in subjects(sentence, place, cited):
            yield item
