"""Whether every figure of a model's sentence stands with what it is a figure of.

Beside a KPI's name stand that KPI's figures, after an audience's name the audience's, and no name stands as a hint
beside somebody else's figure. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence

from reflection.explain.evidence import Evidence
from reflection.explain.gate.reading import FOUND, MEASURED, NAME_FIGURE, NAMED, Sentence, Token

OF_A_KPI = frozenset({"expected", "actual", "change", "size", "low", "high", "effect", "raw"})


def owner_objections(sentence: Sentence, before: Sequence[Sentence]) -> Iterator[str]:
    """What is wrong with whose figures a sentence shows; `before` are the sentences ahead of it."""
    if not _in_the_order_named(sentence):
        for place in sentence.figures:
            token = sentence.tokens[place]
            if token.figure in OF_A_KPI and not _beside_its_kpi(sentence, place, before):
                yield "it shows a figure of one KPI as that of another"
    for place in sentence.figures:
        item = sentence.tokens[place].item
        if item is None or item.kind not in NAMED or sentence.tokens[place].figure == NAME_FIGURE:
            continue
        if _name_for(sentence, place, before) is not item and not _of_this_campaign(item):
            yield "it shows a figure of one thing under the name of another"
    yield from _names(sentence)


def kpi_of(token: Token) -> str | None:
    """The KPI a figure is of: a driver's part is of the whole, its level of the factor."""
    item = token.item
    if item is None:
        return None
    if item.kind == "outcome":
        return token.figure
    if item.kind in MEASURED:
        return item.detail["kpi"] if token.figure in ("part", "signed_part", "total") else item.label
    return item.detail.get("metric")


def _in_the_order_named(sentence: Sentence) -> bool:
    """`CPC and CPM came in at X and Y`: as many figures as names, in their order."""
    named = [sentence.kpi_at(place) for place in sentence.mentions(range(len(sentence)))]
    kpis = [kpi_of(sentence.tokens[place]) for place in sentence.figures if sentence.tokens[place].figure in OF_A_KPI]
    return len(named) > 1 and named == kpis


def _beside_its_kpi(sentence: Sentence, place: int, before: Sequence[Sentence]) -> bool:
    kpi = kpi_of(sentence.tokens[place])
    clause = sentence.clause(place)
    mentions = sentence.mentions(clause)
    nearest = [p for p in mentions if p < place][-1:] or [p for p in mentions if p > place][:1]
    if not nearest:
        everywhere = sentence.mentions(range(len(sentence)))
        nearest = [p for p in everywhere if p < place][-1:] or everywhere[:1]
    if nearest:
        return _same(sentence.kpi_at(nearest[0]), kpi)
    item = sentence.tokens[place].item
    if item is not None and item.kind in FOUND:
        return sentence.any("better", "worse", "price")
    return any(_same(other.kpi_at(p), kpi) for other in before[-1:] for p in other.mentions(range(len(other))))


_SAME: Mapping[str, str] = {"conversions_per_spend": "cpa"}
"""A metric that is spoken of under the name of another."""


def _same(named: str | None, kpi: str | None) -> bool:
    return named == kpi or (kpi is not None and _SAME.get(kpi) == named)


def _name_for(sentence: Sentence, place: int, before: Sequence[Sentence]) -> Evidence | None:
    """What a figure is of, by the names around it: the last one before it, else the next, else one said earlier."""
    named = [p for p in sentence.figures if _is_name(sentence.tokens[p])]
    nearest = [p for p in named if p < place][-1:] or named[:1]
    if nearest:
        return sentence.tokens[nearest[0]].item
    earlier = [token.item for other in before for token in other.tokens if _is_name(token)]
    return earlier[-1] if earlier else None


def _is_name(token: Token) -> bool:
    return token.item is not None and token.figure == NAME_FIGURE and token.item.kind in NAMED


def _of_this_campaign(item: Evidence) -> bool:
    """A finding on the campaign itself needs no name: the text is about it."""
    return item.detail.get("scope") == "campaign" and item.detail.get("category") in ("budget_inefficiency", "cluster")


def _names(sentence: Sentence) -> Iterator[str]:
    """A name stands with a figure of its own, never as a hint beside somebody else's."""
    for place in sentence.figures:
        token = sentence.tokens[place]
        if not _is_name(token) or token.item is None or token.item.kind == "next_test":
            continue
        ids = {t.item.id for t in sentence.tokens if t.item is not None and t.figure != NAME_FIGURE}
        clause = sentence.clause(place)
        strangers = [item for item in sentence.items_in(clause) if item.kind in MEASURED]
        if strangers or (token.item.id not in ids and not _stands_alone(sentence, token.item)):
            yield "it names something without showing its figures"


def _stands_alone(sentence: Sentence, item: Evidence) -> bool:
    """A neighbour is its name; a finding may be named in an advice, which is judged as such."""
    if item.kind == "similar":
        return all(other.kind == "similar" for other in sentence.items)
    return sentence.any("head", "grow", "shrink")
