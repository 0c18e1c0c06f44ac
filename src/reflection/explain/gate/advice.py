"""Whether a model's sentence may tell its reader to do something.

An imperative passes only as a recommendation, and only with the action of its own evidence: more or less of what a
finding speaks for or against, the proposed test, a look at a forecast that was missed, data that is lacking. Pure.
"""

from collections.abc import Iterator, Sequence

from reflection.domain.results import InsightKind
from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words
from reflection.explain.gate.owners import kpi_of
from reflection.explain.gate.reading import FOUND, NAME_FIGURE, Sentence, Token

ADVISED = frozenset({"finding", "recommendation"})
"""Kinds of evidence that speak for more or less of something."""

_STARTS = ("head", "grow", "shrink", "check", "send", "again_not", "test")
_ENDS = words.SETS["ends of advice"] | {"(", ")", ",", ":", ";"}
_ADVISING = frozenset(
    [
        "head",
        "grow",
        "shrink",
        "toward",
        "away",
        "test",
        "check",
        "send",
        "again_not",
        "should",
        "steps",
        "next",
        "budget",
        "object",
        "breakdown",
    ]
)
_MOVING = frozenset(["shift", "shifting", "move", "moving", "reallocate", "divert", "take", "pull"])
_TO, _FROM = frozenset({"to", "into", "on", "in", "onto", "behind"}), frozenset({"from"})


def advice_objections(sentence: Sentence, kind: InsightKind, cited: Sequence[Evidence]) -> Iterator[str]:
    """What speaks against the advice in a sentence; nothing where there is none."""
    runs = [run for run in sentence.split(_ends) if _advises(sentence, run, kind)]
    for run in runs:
        yield from _segment(sentence, run, kind)
    spoken = {place for run in runs for place in run}
    for place in sentence.where("reason", "so"):
        if not _explains_advice(sentence, place, spoken) and not _says_again(sentence, place):
            yield "it claims a cause where evidence shows an association or plain accounting"
    for place, token in enumerate(sentence.tokens):
        if place in spoken or not token.kinds or not token.kinds <= _ADVISING:
            continue
        beside = bool(runs) and kind == "recommendation" and token.has("next", "steps")
        if not beside and not _noun_of_a_test(sentence, place):
            yield "it tells its reader to do something that no evidence recommends"


def advising(sentence: Sentence, kind: InsightKind) -> frozenset[int]:
    """Places of words that belong to an advice: "more" and "less" are what to do there, no direction of a KPI."""
    if kind != "recommendation":
        return frozenset()
    runs = [run for run in sentence.split(_ends) if _advises(sentence, run, kind) and _acts(sentence, run)]
    return frozenset(place for run in runs for place in run)


def _ends(token: Token) -> bool:
    return token.text in _ENDS or token.has("reason", "so")


def _advises(sentence: Sentence, run: range, kind: InsightKind) -> bool:
    """Whether a part of a sentence tells its reader to do something."""
    opens = sentence.tokens[run.start]
    if opens.has(*_STARTS) and not opens.has("plain", "above", "below", "kpi"):
        return True
    if kind == "key_learning":
        if not opens.has("grow", "shrink") or sentence.any("account", "source", "price") or _has_verb(sentence, run):
            return False
        return sentence.text(run.start + 2) not in ("of", "at")
    return any(_is_action(sentence, place) for place in run)


def _has_verb(sentence: Sentence, run: range) -> bool:
    verbs = {"was", "is", "were", "came", "are", "had", "reached"}
    return any(sentence.text(place) in verbs for place in run)


def _is_action(sentence: Sentence, place: int) -> bool:
    token = sentence.tokens[place]
    if not token.has(*_STARTS, "should", "away"):
        return False
    if token.has("kpi"):  # spend
        return place == 0 or sentence.text(place - 1) in ("to", "should", "consider", "and", "then")
    if token.has("plain", "rise", "fall", "above", "below", "forecast", "account", "cause", "noise"):
        return (
            place == 0
            or sentence.tokens[place - 1].has("should", "next")
            or (sentence.text(place - 1) in (",", ":", "to", "then") and not token.has("plain", "account"))
        )
    return True


def _acts(sentence: Sentence, run: range) -> bool:
    return sentence.any("head", "grow", "shrink", run=run) or (
        sentence.any("should", run=run) and sentence.any("budget", run=run)
    )


def _segment(sentence: Sentence, run: range, kind: InsightKind) -> Iterator[str]:
    if sentence.any("check", run=run):
        missed = any(item.kind == "delta" and item.certainty == "beyond_noise" for item in sentence.items)
        flagged = any(item.kind == "flag" for item in sentence.items)
        if kind == "key_learning" or not (missed or flagged) or not sentence.any("object", "forecast", run=run):
            yield "it asks for a check that no evidence asks for"
        return
    if kind != "recommendation":
        if not _only_tells_of_a_test(sentence, run):
            yield "it tells its reader to do something outside of a recommendation"
        return
    if sentence.any("again_not", run=run):
        yield from _not_again(sentence, run)
    elif sentence.any("send", run=run) and sentence.any("breakdown", "kpi", run=run):
        if not any(item.kind in ("flag", "reason") for item in sentence.items):
            yield "it asks for data that no evidence lacks"
    elif _targets(sentence, run, "next_test"):
        yield from _test(sentence, run)
    else:
        yield from _budget(sentence, run)


def _only_tells_of_a_test(sentence: Sentence, run: range) -> bool:
    """A sentence that says what the proposed test would tell, and orders nothing."""
    opens = sentence.tokens[run.start]
    return (
        bool(_targets(sentence, run, "next_test"))
        and not opens.has("test", "head")
        and not sentence.any("head", "grow", "shrink", "check", "send", "again_not", run=run)
    )


def _targets(sentence: Sentence, run: range, *kinds: str) -> list[int]:
    """Where evidence of these kinds is named."""
    return [
        place
        for place in run
        if (item := sentence.tokens[place].item) is not None
        and item.kind in kinds
        and sentence.tokens[place].figure == NAME_FIGURE
    ]


def _not_again(sentence: Sentence, run: range) -> Iterator[str]:
    for place in run:
        token = sentence.tokens[place]
        if token.item is None:
            continue
        if (
            token.item.kind != "delta"
            or token.item.certainty != "beyond_noise"
            or token.figure not in ("expected", "about")
        ):
            yield "it advises against the evidence"
    if not any(sentence.tokens[place].figure == "expected" for place in run):
        yield "it advises against something it does not show"


def _test(sentence: Sentence, run: range) -> Iterator[str]:
    """The test that is proposed, with its own spend, and nothing else."""
    if any(item.kind != "next_test" for item in sentence.items_in(run)) or _targets(sentence, run, *FOUND):
        yield "it recommends something from evidence that recommends nothing"
    if not sentence.any("test", "tests", "head", "should", "next", run=run):
        yield "it advises something other than the proposed test"
    if sentence.any("shrink", "away", "toward", run=run) or any(
        sentence.tokens[place].has("above", "below", "grow") for place in run
    ):
        yield "it advises something other than the proposed test"


def _budget(sentence: Sentence, run: range) -> Iterator[str]:
    """More or less of what a finding speaks for or against."""
    targets = _targets(sentence, run, *ADVISED)
    strangers = [place for place in run if sentence.tokens[place].item is not None and place not in targets]
    if not targets or strangers or not sentence.any("head", "grow", "shrink", "budget", run=run):
        yield "it recommends something from evidence that recommends nothing"
        return
    if sentence.any("test", run=run) and not sentence.any("head", "grow", "shrink", run=run):
        yield "it advises something other than what evidence recommends"
    if [p for p in sentence.mentions(run) if sentence.tokens[p].text != "spend"]:
        yield "it advises a result instead of an action"
    for place in targets:
        item = sentence.tokens[place].item
        sign = 1 if item is not None and item.detail.get("direction") == "favorable" else -1
        if _polarity(sentence, run, place) != sign:
            yield "it advises against the evidence"


def _polarity(sentence: Sentence, run: range, target: int) -> int:
    """Whether an advice asks for more (1) or less (-1) of a target; 0 where it says neither, or both."""
    left = target - 1
    while sentence.text(left) in ("the", "a", "'"):
        left -= 1
    preposition = sentence.tokens[left] if left >= 0 else None
    if preposition is not None and preposition.has("away"):
        return -1
    moving = any(sentence.text(place) in _MOVING for place in run)
    if preposition is not None and moving:
        return 1 if preposition.has("toward") or preposition.text in _TO else -1 if preposition.text in _FROM else 0
    if sentence.text(target + 1) in ("back", "down"):
        return -1
    signs = {place: sign for place in run if (sign := _sign(sentence, place))}
    before, after = [p for p in signs if p < target], [p for p in signs if p > target]
    if before:
        clause = [p for p in before if not any(q in range(p, target) for q in _targets(sentence, run, *ADVISED))]
        near = {signs[p] for p in clause or before[-1:]}
        return near.pop() if len(near) == 1 else 0
    if after:
        return signs[after[0]]
    return 1 if preposition is not None and preposition.has("toward") else 0


def _sign(sentence: Sentence, place: int) -> int:
    token = sentence.tokens[place]
    if token.has("shrink") and token.text != "back":
        return -1
    if token.has("grow"):
        return 1
    return 1 if token.has("above") or token.text == "up" else -1 if token.has("below") else 0


def _explains_advice(sentence: Sentence, place: int, spoken: set[int]) -> bool:
    """`Plan less with X, because its CPA was higher`: a ground for advice, no cause of a change."""
    ahead = [p for p in spoken if p < place]
    behind = [p for p in spoken if p > place]
    return bool(ahead) if sentence.tokens[place].has("reason") else bool(behind and not ahead)


def _says_again(sentence: Sentence, place: int) -> bool:
    """`CPM was 3, so impressions were 4 % cheaper`: of one KPI nothing causes another, it is said in other words."""
    kpis = {kpi_of(sentence.tokens[other]) for other in sentence.figures}
    named = {sentence.kpi_at(other) for other in sentence.mentions(range(len(sentence)))}
    return (
        sentence.tokens[place].has("so") and len(kpis | named) == 1 and not sentence.any("account", "source", "cause")
    )


def _noun_of_a_test(sentence: Sentence, place: int) -> bool:
    """`a test of X would tell more`, `in a randomised test`."""
    if sentence.tokens[place].has("next") and any(item.kind == "next_test" for item in sentence.items):
        return True
    return sentence.tokens[place].has("test", "should") and any(item.kind == "next_test" for item in sentence.items)
