"""Whether a model's sentence may say why: causes need an experiment, parts of a change a decomposition. Pure."""

from collections.abc import Iterator

from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words
from reflection.explain.gate.reading import FOUND, Sentence, Token
from reflection.explain.gate.subjects import MOVES, move, quality

_RAISING = words.SETS["raising"]

_LOWERING = words.SETS["lowering"]

_VERBS = words.SETS["verbs"]

_ARTICLES = words.SETS["articles"] | {","}


def cause_objections(sentence: Sentence, advice: frozenset[int]) -> Iterator[str]:
    """A cause is claimed by a verb that acts on something; only a randomised test carries it."""
    findings = [item for item in sentence.items if item.kind in FOUND]
    randomised = bool(findings) and all(item.grade == "randomised" for item in findings)
    if sentence.any("random") and not randomised:
        yield "it speaks of an experiment where nothing was randomised"
    acting = [
        place for place, token in enumerate(sentence.tokens) if place not in advice and _acts(sentence, place, token)
    ]
    if acting and not randomised:
        yield "it claims a cause where evidence shows an association or plain accounting"
    for place in acting:
        ahead = range(place + 1, len(sentence))
        signs = {move(item, None) for item in findings}
        says = (
            {1}
            if sentence.tokens[place].text in _RAISING
            else {-1}
            if sentence.tokens[place].text in _LOWERING
            else set()
        )
        good = {quality(item, None) for item in findings}
        if (says and signs - says) or (sentence.tokens[place].has("better") and good - {1}):
            yield "it says the opposite of the evidence"
        if sentence.tokens[place].has("cause") and not says and not sentence.tokens[place].text.startswith("improve"):
            yield "it claims more than an experiment shows"
        if not sentence.mentions(ahead):
            yield "it names no KPI for a cause"


def _acts(sentence: Sentence, place: int, token: Token) -> bool:
    """Whether a verb acts on something: always, or with a KPI as its object ("CTR increased" acts on nothing)."""
    if token.has("cause"):
        passive = place > 0 and sentence.text(place - 1) in ("was", "were", "been", "is", "are", "has been", "had been")
        return not (passive and token.has(*MOVES) and sentence.text(place + 1) in ("to", "by", "from"))
    if token.text not in _VERBS:
        return False
    ahead = place + 1
    while sentence.text(ahead) in ("the", "its", "a"):
        ahead += 1
    return (
        ahead < len(sentence)
        and bool(sentence.tokens[ahead].kpi)
        and (place > 0 and sentence.text(place - 1) not in _ARTICLES)
    )


def part_objections(sentence: Sentence) -> Iterator[str]:
    """Only a decomposition divides a change; a factor's part is its own; against the change is not with it."""
    places = [place for place in sentence.figures if sentence.tokens[place].figure in ("part", "signed_part")]
    dividing = [p for p in sentence.where("account", "source", "offset") if not _is_advice(sentence, p)]
    if dividing and not places:
        yield "it divides a change without showing the part"
    for place in places:
        item = sentence.tokens[place].item
        if item is None or item.kind != "driver":
            continue
        part, total = item.value("signed_part") or 0.0, item.detail.get("move")
        against = total in ("up", "down") and (part > 0) != (total == "up")
        if against != sentence.any("offset") and item.certainty != "noise":
            yield "it turns a part of a change round"
        if not _roles_hold(sentence, place, item):
            yield "it gives a part of a change to another factor"
        if any(token.text in ("whole", "all", "in all", "alone", "total") for token in sentence.tokens):
            whole = item.text("part") == item.text("total")
            if not whole and not any(token.figure == "total" for token in sentence.tokens):
                yield "it calls a part the whole"


def _is_advice(sentence: Sentence, place: int) -> bool:
    """Words such as "worth" and "share" also stand in advice."""
    return sentence.tokens[place].has("should") or sentence.text(place) in ("share", "worth")


def _roles_hold(sentence: Sentence, place: int, driver: Evidence) -> bool:
    """`FACTOR accounts for PART of KPI`, or `PART of KPI comes from FACTOR`; the factor is named somewhere."""
    kpi, factor = driver.detail["kpi"], driver.label
    everywhere = [sentence.kpi_at(p) for p in sentence.mentions(range(len(sentence)))]
    if factor not in everywhere:
        return False
    clause = sentence.clause(place)
    mentions = sentence.mentions(clause)
    verb = next(sentence.where("source", run=clause), None)
    if verb is None and not sentence.any("account", "offset", run=clause):
        verb = place if sentence.any("source", run=range(clause.start)) else None  # `, and PART to FACTOR`
    if verb is not None:
        early, late = [p for p in mentions if p < verb], [p for p in mentions if p > verb]
        return all(sentence.kpi_at(p) == factor for p in late) and all(sentence.kpi_at(p) == kpi for p in early)
    before = [sentence.kpi_at(p) for p in mentions if p < place]
    after = [sentence.kpi_at(p) for p in mentions if p > place]
    if sentence.any("offset", run=clause):
        return before[-1:] in ([factor], []) and set(after) <= {kpi}
    return set(before) <= {factor, kpi} and before[-1:] in ([factor], []) and set(after) <= {kpi}
