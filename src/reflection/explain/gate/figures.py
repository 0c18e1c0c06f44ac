"""Whether every figure of a model's sentence stands where its meaning lets it stand.

A size needs a direction, a forecast must not be told as a result, bounds come in pairs, a number of campaigns is
followed by the word, odds by "likely": so no figure becomes another by the words around it. Whose it is,
gate/owners.py judges. Pure.
"""

from collections.abc import Callable, Iterator, Mapping

from reflection.explain.gate import words_en as words
from reflection.explain.gate.reading import NAME_FIGURE, REFERENCES, Sentence, Token

_SKIPPED = words.SETS["skipped"] | {"'", "("}
_LEVEL = frozenset({"above", "below", "rise", "fall", "better", "worse", "cheap", "dear"})
_OF_A_MOVE = frozenset({"rise", "fall", "better", "worse", "cheap", "dear"})
_GAPS = words.SETS["gaps"]
_AGAINST = words.SETS["against"]
_RANGES = words.SETS["ranges"]
_LOWER_BOUNDS = {"low": "high", "now_low": "now_high", "after_low": "after_high"}
_APART = frozenset({"difference", "gap"})
_SPENT, _REVENUE = frozenset({"spend", "spent"}), frozenset({"revenue"})
_COUNTED = words.SETS["counted"]


def figure_objections(sentence: Sentence) -> Iterator[str]:
    """What is wrong with the places of a sentence's figures."""
    for place in sentence.figures:
        token = sentence.tokens[place]
        rule = PLACES.get(token.figure)
        if token.figure != NAME_FIGURE and (rule is None or not rule(sentence, place)):
            yield "it shows a figure as something it is not"


def left_of(sentence: Sentence, place: int) -> int:
    """The place of the word before a token that says something; -1 where there is none."""
    place -= 1
    while place >= 0 and sentence.text(place) in _SKIPPED:
        place -= 1
    return place


def near(sentence: Sentence, place: int, reach: int, kinds: frozenset[str]) -> bool:
    """Whether words of these kinds stand within `reach` tokens, on either side."""
    around = range(max(0, place - reach), min(len(sentence), place + reach + 1))
    return any(sentence.tokens[other].kinds & kinds for other in around if other != place)


def _near_text(sentence: Sentence, place: int, reach: int, texts: frozenset[str]) -> bool:
    around = range(max(0, place - reach), min(len(sentence), place + reach + 1))
    return any(sentence.text(other) in texts for other in around)


def told_as_forecast(sentence: Sentence, place: int) -> bool:
    """Whether the words around a figure say that it is the forecast."""
    left = left_of(sentence, place)
    bracket = sentence.text(place - 1) == "("
    if left >= 0 and not bracket and _refers(sentence, left):
        return True
    if left >= 0 and bracket and sentence.tokens[left].has(*REFERENCES) and not _result_before(sentence, left):
        return True
    if sentence.text(place - 1) == ":" and place > 1 and sentence.tokens[place - 2].has(*REFERENCES):
        return not _result_before(sentence, place - 2)
    ahead = place + 1
    while sentence.text(ahead) in _LEADING_ON:
        ahead += 1
    return ahead < len(sentence) and sentence.tokens[ahead].has(*REFERENCES)


_LEADING_ON = words.SETS["leading on"]
_LEADING_BACK = words.SETS["leading back"]


def _refers(sentence: Sentence, left: int) -> bool:
    """Whether a word makes the figure after it the one that is compared with."""
    token = sentence.tokens[left]
    if token.text in _AGAINST or token.has("above", "below", "line", *REFERENCES) or token.text == "from":
        return True
    if token.has("better", "worse") and token.text not in ("improved", "improvement", "better", "worse"):
        return True  # beat, missed, short of
    at, place = False, left
    while place >= 0 and (sentence.tokens[place].kpi or sentence.text(place) in _LEADING_BACK):
        at = at or sentence.text(place) == "at"
        place = left_of(sentence, place)
    forecast = place >= 0 and place != left and sentence.tokens[place].has("again_not", *REFERENCES)
    return forecast and not (at and _result_before(sentence, place))


def _result_before(sentence: Sentence, forecast: int) -> bool:
    """`than planned at X`, `below forecast, at X`: the forecast closes a comparison, and X is the result."""
    left = left_of(sentence, forecast)
    while left >= 0 and sentence.text(left) in ("what", "was", "been", "had", "its"):
        left = left_of(sentence, left)
    return left >= 0 and (sentence.text(left) in _AGAINST or sentence.tokens[left].has("above", "below"))


def _expected(sentence: Sentence, place: int) -> bool:
    after_bracket = sentence.text(place - 1) == "(" and sentence.tokens[place - 2].has(*REFERENCES)
    return after_bracket or told_as_forecast(sentence, place) or _beside_the_result(sentence, place)


def _beside_the_result(sentence: Sentence, place: int) -> bool:
    """`the difference between X and Y`, where one of both is the forecast."""
    first = place - 2 if sentence.text(place - 1) == "and" else place
    if first < 1 or first + 2 >= len(sentence) or sentence.text(first - 1) != "between":
        return False
    figures = {sentence.tokens[first].figure, sentence.tokens[first + 2].figure}
    return figures == {"actual", "expected"} and any(sentence.text(p) in _APART for p in range(first - 1))


def _actual(sentence: Sentence, place: int) -> bool:
    left = sentence.tokens[left_of(sentence, place)] if left_of(sentence, place) >= 0 else Token("")
    right = sentence.tokens[place + 1] if place + 1 < len(sentence) else Token("")
    measures = right.kinds & _LEVEL and right.text not in words.SETS["contests"]
    if told_as_forecast(sentence, place) or left.text in ("by", "up", "down") or measures:
        return False
    if left.text == "of":
        before = left_of(sentence, left_of(sentence, place))
        if before >= 0 and (sentence.tokens[before].kinds & _OF_A_MOVE or sentence.text(before) in _GAPS):
            return False
    return True


def _size(sentence: Sentence, place: int) -> bool:
    """By how much, with its direction; or the size of a difference."""
    left = left_of(sentence, place)
    if left >= 0 and sentence.text(left) in ("from", "to", "at", *_AGAINST):
        return False
    if left >= 0 and sentence.text(left) == "of":
        before = left_of(sentence, left)
        return before >= 0 and bool(sentence.tokens[before].kinds & _LEVEL or sentence.text(before) in _GAPS)
    return (
        near(sentence, place, 2, _LEVEL)
        or (left >= 0 and sentence.text(left) in _GAPS)
        or (sentence.text(place + 1) in ("difference", "gap", "change", "shift", "movement"))
    )


def _change(sentence: Sentence, place: int) -> bool:
    left = left_of(sentence, place)
    return left < 0 or sentence.text(left) not in ("from", "to", "at", "than", "against", "instead of", "rather than")


def _bound(sentence: Sentence, place: int) -> bool:
    """Bounds come in pairs, the lower first, and are told as a range."""
    token = sentence.tokens[place]
    if token.figure not in _LOWER_BOUNDS:
        partner = place - 2
        return partner >= 0 and sentence.tokens[partner].figure in _LOWER_BOUNDS and _pair(sentence, partner)
    left = left_of(sentence, place)
    if left > 0 and sentence.tokens[left - 1].has("rise", "fall") and sentence.text(left) in ("between", "from"):
        return False
    return _pair(sentence, place) and (
        sentence.text(place - 1) == "("
        or _near_text(sentence, place, 6, _RANGES)
        or token.figure != "low"
        or sentence.any("random")
    )


def _pair(sentence: Sentence, low: int) -> bool:
    if low + 2 >= len(sentence) or sentence.text(low + 1) not in ("to", "and", "-"):
        return False
    first, second = sentence.tokens[low], sentence.tokens[low + 2]
    return second.item is first.item and second.figure == _LOWER_BOUNDS[first.figure]


def _planned_bound(sentence: Sentence, place: int) -> bool:
    """What a test would bring is told as what it would bring, what is known now as that."""
    if not _bound(sentence, place):
        return False
    after = any(token.figure.startswith("after_") for token in sentence.tokens)
    if sentence.any("narrow") or not after:
        return after or not sentence.any("narrow") or sentence.any("now")
    return False


def _part(sentence: Sentence, place: int) -> bool:
    return sentence.any("account", "source", "offset", "noise", "unsure")


def _total(sentence: Sentence, place: int) -> bool:
    return near(sentence, place, 3, _LEVEL) or _near_text(sentence, place, 2, _GAPS)


def _campaigns(sentence: Sentence, place: int) -> bool:
    return any(sentence.text(place + step) in _COUNTED for step in (1, 2))


def _odds(sentence: Sentence, place: int) -> bool:
    """Of a finding the odds that it is as it is said to be, of a recommendation those that it is better than usual."""
    item = sentence.tokens[place].item
    if item is not None and item.kind == "recommendation" and item.detail.get("direction") != "favorable":
        return False
    return near(sentence, place, 8, frozenset({"likely"})) and near(sentence, place, 12, _LEVEL)


def _spend(sentence: Sentence, place: int) -> bool:
    item = sentence.tokens[place].item
    if item is not None and item.kind == "next_test":
        return not any(sentence.tokens[p].kinds & _LEVEL for p in range(place + 1, min(place + 2, len(sentence))))
    return _near_text(sentence, place, 2, _SPENT)


def _against(sentence: Sentence, place: int) -> bool:
    texts = {token.text for token in sentence.tokens}
    says_so = any("other way" in text for text in texts) or bool(texts & {"disagree", "disagrees", "not all agree"})
    return says_so and sentence.text(place + 1) in ("of", "out of", "result", "results", "point the other way")


def _raw(sentence: Sentence, place: int) -> bool:
    return near(sentence, place, 3, frozenset({"raw"}))


def _conversions(sentence: Sentence, place: int) -> bool:
    return sentence.text(place + 1) in ("conversion", "conversions")


def _revenue(sentence: Sentence, place: int) -> bool:
    return _near_text(sentence, place, 2, _REVENUE)


def _at_forecast(sentence: Sentence, place: int) -> bool:
    return near(sentence, place, 4, frozenset(REFERENCES))


def _since(sentence: Sentence, place: int) -> bool:
    return sentence.text(place - 1) == "since"


def _score(sentence: Sentence, place: int) -> bool:
    return sentence.any("similar") and not near(sentence, place, 1, _LEVEL)


def _rows(sentence: Sentence, place: int) -> bool:
    return sentence.text(place + 1) in ("ad row", "ad rows", "ad", "row", "rows")


def _stake(sentence: Sentence, place: int) -> bool:
    return sentence.text(place - 1) == "on"


def _gain(sentence: Sentence, place: int) -> bool:
    """What is gained, on a stake that is shown beside it."""
    item = sentence.tokens[place].item
    return any(token.figure == "stake" and token.item is item for token in sentence.tokens) and (
        _conversions(sentence, place) or _revenue(sentence, place)
    )


def _money_of_a_test(sentence: Sentence, place: int) -> bool:
    verbs = {"worth"} if sentence.tokens[place].figure == "value" else {"cost", "costs"}
    return _near_text(sentence, place, 3, frozenset(verbs))


def _days(sentence: Sentence, place: int) -> bool:
    return sentence.text(place + 1) == "days"


def _deciding(sentence: Sentence, place: int) -> bool:
    return near(sentence, place, 2, _LEVEL)


PLACES: Mapping[str, Callable[[Sentence, int], bool]] = {
    "expected": _expected,
    "actual": _actual,
    "size": _size,
    "change": _change,
    "effect": _change,
    "low": _bound,
    "high": _bound,
    "now_low": _planned_bound,
    "now_high": _planned_bound,
    "after_low": _planned_bound,
    "after_high": _planned_bound,
    "part": _part,
    "signed_part": _part,
    "total": _total,
    "campaigns": _campaigns,
    "odds": _odds,
    "spend": _spend,
    "against": _against,
    "raw": _raw,
    "conversions": _conversions,
    "revenue": _revenue,
    "at_forecast": _at_forecast,
    "difference": _size,
    "since": _since,
    "score": _score,
    "rows": _rows,
    "with_spend": lambda sentence, place: sentence.text(place + 1) in ("of them", "of"),
    "value": _money_of_a_test,
    "cost": _money_of_a_test,
    "days": _days,
    "deciding": _deciding,
    "stake": _stake,
    "gain": _gain,
    "luck": lambda sentence, place: sentence.text(place - 2) == "nothing",
}
"""Where each figure may stand. One that is not here (the numbers inside a flag's text) is shown by the text alone."""
