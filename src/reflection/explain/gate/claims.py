"""Whether what a model's sentence claims is what its evidence says: what it speaks of, directions, comparisons.

Every word that claims something is judged with the evidence it speaks of (gate/subjects.py), and falls where that does
not carry it. Causes are judged in gate/causes.py, certainty in gate/doubt.py, advice in gate/advice.py. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence

from reflection.domain.basis import FORECAST
from reflection.domain.planner_forecast import ACCOUNT_AVERAGE, TRAILING_28D
from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words
from reflection.explain.gate.causes import cause_objections, part_objections
from reflection.explain.gate.doubt import doubt_objections
from reflection.explain.gate.figures import told_as_forecast
from reflection.explain.gate.reading import FOUND, MEASURED, NAMED, REFERENCES, Sentence
from reflection.explain.gate.subjects import DOWN, MOVES, UP, kpis, move, quality, size_of, subjects


def claim_objections(sentence: Sentence, cited: Sequence[Evidence], advice: frozenset[int]) -> Iterator[str]:
    """What a sentence claims and its evidence does not carry; `advice` are the places of words that advise."""
    directions = [place for place in sentence.where(*UP, *DOWN, "better", "worse") if place not in advice]
    yield from _subject_words(sentence)
    yield from _references(sentence, advice)
    yield from cause_objections(sentence, advice)
    for place in directions:
        yield from _direction(sentence, place, cited)
    if unshown(sentence, cited, directions):
        yield "it names a KPI without showing its figures"
    yield from _degrees(sentence, cited)
    yield from part_objections(sentence)
    yield from doubt_objections(sentence, cited, directions)


_NEEDS: Mapping[str, frozenset[str]] = {
    "similar": frozenset({"similar"}),
    "group": frozenset({"description", "finding"}),
    "signal": NAMED,
    "narrow": frozenset({"next_test"}),
    "tests": frozenset({"next_test"}),
}
"""Words that speak of one kind of evidence, which their sentence has to show."""

_PROBABLE = frozenset(["probably", "likely"])
"""Words that say of a recommendation what its lane means; the others name odds, which have to be shown."""

_GROUPS = {
    "audience": "audience",
    "audiences": "audience",
    "segment": "audience",
    "segments": "audience",
    "people": "audience",
    "targeted": "audience",
    "creative": "creative",
    "creatives": "creative",
    "visual": "creative",
    "visuals": "creative",
    "platform": "platform",
    "platforms": "platform",
    "objective": "objective",
}


def _subject_words(sentence: Sentence) -> Iterator[str]:
    kinds = {item.kind for item in sentence.items}
    figures = {token.figure for token in sentence.tokens}
    for place, token in enumerate(sentence.tokens):
        needed = [kind for kind in token.kinds if kind in _NEEDS]
        if needed and "plain" not in token.kinds and not any(kinds & _NEEDS[kind] for kind in needed):
            yield "it speaks of something its evidence is not about"
        probable = token.text in _PROBABLE and any(
            item.kind == "recommendation" and item.certainty == "beyond_noise" for item in sentence.items
        )
        if token.has("likely") and "odds" not in figures and not probable:
            yield "it speaks of odds that the evidence does not hold"
        if token.has("now") and not figures & {"now_low", "now_high"}:
            yield "it speaks of a time that is not in evidence"
        if (
            token.has("price")
            and not any(kpis(item) & set(words.PRICES.values()) for item in sentence.items)
            and "next_test" not in kinds
        ):
            yield "it speaks of a cost it shows no evidence for"
        if token.has("bare") and not token.has("rise", "fall") and _opens(sentence, place):
            yield "it tells its reader to do something that no evidence recommends"
        if token.has("many") and not kinds & (NAMED | {"learnt"}):
            yield "it speaks of more than its evidence"
        if token.has("hedge") and not (
            "next_test" in kinds or sentence.any("noise", "unsure", "head", "grow", "shrink")
        ):
            yield "it adds a doubt that its evidence does not have"
        if token.has("scope") and not figures & {"part", "total", "signed_part"}:
            yield "it speaks of more than its evidence"
        if token.has("more") and not _is_one_of_what_is_shown(sentence, place):
            yield "it speaks of more than its evidence"
        if token.text in ("by", "from") and not _leads_to_a_figure(sentence, place):
            yield "it claims a cause where evidence shows an association or plain accounting"
        if token.text == "both" and not any(
            sentence.kpi_at(p) for p in range(place + 1, min(place + 3, len(sentence)))
        ):
            yield "it speaks of more than its evidence"
    groups = {item.detail.get("group") for item in sentence.items if item.kind in NAMED}
    for place in sentence.where("signal"):
        group = _GROUPS.get(sentence.text(place))
        if group and groups and group not in groups:
            yield "it speaks of something its evidence is not about"


def _opens(sentence: Sentence, place: int) -> bool:
    """Whether a word opens a sentence or a clause, where a verb would be an order."""
    return place == sentence.clause(place).start


def _is_one_of_what_is_shown(sentence: Sentence, place: int) -> bool:
    """`accounts for another 3 %`, `each conversion`, `cost 3 each`."""
    following = place + 1 < len(sentence) and (
        sentence.tokens[place + 1].item is not None or sentence.tokens[place + 1].kpi in words.PRICES
    )
    return following or (place > 0 and sentence.tokens[place - 1].item is not None)


def _leads_to_a_figure(sentence: Sentence, place: int) -> bool:
    """`by 3 %`, `from 2.0`, `from what was expected`: no "by" or "from" that names a cause."""
    for ahead in range(place + 1, min(place + 5, len(sentence))):
        token = sentence.tokens[ahead]
        if token.item is not None or token.has("noise", "firm", *REFERENCES):
            return True
        if token.kpi or token.text in (",", ";", ":", ")"):
            return sentence.any("source") and sentence.text(place) == "from"  # a part of a change, judged as such
    return False


BIG, SMALL = 15.0, 15.0
"""Per cent from which a change may be called large, and up to which small."""


def unshown(sentence: Sentence, cited: Sequence[Evidence], directions: Sequence[int]) -> bool:
    """Whether a KPI is named of which nothing is shown or claimed: `CTR rose to 3 %, CVR as well`."""
    measured = {kpi for item in sentence.items for kpi in kpis(item)}
    for place in sentence.mentions(range(len(sentence))):
        clause = sentence.clause(place)
        directed = any(p in clause for p in directions) or sentence.any("noise", "unsure", "line", run=clause)
        if sentence.kpi_at(place) not in measured and not directed and not sentence.tokens[place].has("head", "budget"):
            return True
    return False


def _direction(sentence: Sentence, place: int, cited: Sequence[Evidence]) -> Iterator[str]:
    token = sentence.tokens[place]
    if _is_about_money(sentence, place):
        return
    spoken_of = subjects(sentence, place, cited)
    if not spoken_of:
        yield "it gives a direction that no evidence has"
    for item, kpi in spoken_of:
        signs = {1} if token.has(*UP) else {-1} if token.has(*DOWN) else set()
        good = {1} if token.has("better") else {-1} if token.has("worse") else set()
        if (signs and move(item, kpi) not in signs) or (good and quality(item, kpi) not in good):
            yield "it says the opposite of the evidence"
        trend = item.kind not in FOUND or item.detail.get("category") == "platform_trend" or item.grade == "randomised"
        if token.has(*MOVES) and not trend:
            yield "it tells a level as a change"


def _is_about_money(sentence: Sentence, place: int) -> bool:
    """`more budget`: an amount to spend, judged with the advice."""
    return sentence.tokens[place].has("above", "below") and sentence.any(
        "budget", run=range(place + 1, min(place + 2, len(sentence)))
    )


def _degrees(sentence: Sentence, cited: Sequence[Evidence]) -> Iterator[str]:
    """ "Far" and "slightly" fit the size they speak of."""
    for place in sentence.where("much", "little"):
        ahead = [
            p
            for p in range(place + 1, min(place + 4, len(sentence)))
            if sentence.tokens[p].has(*UP, *DOWN, "better", "worse", "firm", "line")
            or sentence.text(p) in ("from", "change", "difference")
        ]
        behind = sentence.tokens[place - 1].has(*UP, *DOWN, "better", "worse") if place else False
        if not ahead and not behind:
            yield "it weighs something that has no direction"
            continue
        if ahead and sentence.tokens[ahead[0]].has("firm"):
            continue
        for item, _ in subjects(sentence, ahead[0] if ahead else place - 1, cited):
            size = size_of(item)
            if size is None or (size < BIG if sentence.tokens[place].has("much") else size > SMALL):
                yield "it calls a change larger or smaller than it is"


_PERIODS = {TRAILING_28D: "weeks"}
_OF_A_FORECAST = words.SETS["of a forecast"]
_PREPOSITIONS = words.SETS["prepositions"]

_CONTESTS = words.SETS["contests"]

_COMPARING = words.SETS["comparing"]


def _references(sentence: Sentence, advice: frozenset[int]) -> Iterator[str]:
    """What is compared with: the forecast for a campaign's figures, the average for what was learnt."""
    kinds = {item.kind for item in sentence.items}
    categories = {item.detail.get("category") for item in sentence.items}
    bases = {item.detail.get("basis", FORECAST) for item in sentence.items if item.kind in MEASURED}
    if sentence.any("average") and not (kinds & FOUND or bases == {ACCOUNT_AVERAGE}):
        yield "it compares with an average that the evidence does not"
    foretold = bases == {FORECAST} or (not bases and kinds & {"flag", "reason"})
    if sentence.any("forecast") and not foretold and not sentence.any("head", "shrink"):
        yield "it compares with a forecast that the evidence does not"
    if bases - {FORECAST} and any(token.text in _OF_A_FORECAST for token in sentence.tokens):
        yield "it calls a campaign without a forecast met or missed"
    for place in sentence.where("before"):
        if not any(_PERIODS.get(basis, basis.partition("-")[0]) in sentence.text(place) for basis in bases):
            yield "it compares with a time that the evidence does not"
    for place in sentence.where("forecast", "before"):
        if place not in advice and not _compares(sentence, place):
            yield "it names a forecast without saying how the result compares"
    if sentence.any("others") and not ("description" in kinds or categories & {"cluster", "budget_inefficiency"}):
        yield "it compares with others that the evidence does not"
    if sentence.any("trend") and "platform_trend" not in categories:
        yield "it tells a level as a change"
    for place, token in enumerate(sentence.tokens):
        if place in advice:
            continue
        if token.text in (
            "than",
            "against",
            "versus",
            "vs",
            "compared with",
            "compared to",
            "instead of",
            "rather than",
        ):
            if not _leads_to_a_reference(sentence, place):
                yield "it compares with something that is not in evidence"
        elif (
            token.has("above", "below") and token.text in _PREPOSITIONS and not _leads_to_a_reference(sentence, place)
        ) or (token.text in _CONTESTS and not _refers_somewhere(sentence, place)):
            yield "it compares with something that is not in evidence"


def _compares(sentence: Sentence, place: int) -> bool:
    """Whether the forecast is a figure that is shown, or what something is compared with."""
    around = range(max(0, place - 5), min(len(sentence), place + 6))
    if any(sentence.tokens[p].figure == "expected" for p in around) or sentence.any("check", "again_not"):
        return True
    if any(item.kind in ("flag", "reason") for item in sentence.items):
        return True
    clause = [p for p in around if p < place]
    return sentence.tokens[place].has("line") or any(
        sentence.tokens[p].has(*UP, *DOWN, "better", "worse", "line", "noise", "firm") or sentence.text(p) in _COMPARING
        for p in clause
    )


def _leads_to_a_reference(sentence: Sentence, place: int) -> bool:
    """Whether a comparison ends in the forecast, an average, others, noise, or a figure."""
    for ahead in range(place + 1, min(place + 7, len(sentence))):
        token = sentence.tokens[ahead]
        if token.item is not None:
            return token.figure == "expected" or told_as_forecast(sentence, ahead)
        if token.has("others", "trend", "noise", "firm", *REFERENCES):
            return True
        if token.text in (",", ";", ":", ")") or (token.has("rise", "fall", "better", "worse") and ahead > place + 1):
            return False
    return False


def _refers_somewhere(sentence: Sentence, place: int) -> bool:
    run = range(place + 1, len(sentence))
    return sentence.any(*REFERENCES, run=run) or any(sentence.tokens[p].figure == "expected" for p in run)
