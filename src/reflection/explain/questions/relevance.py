"""Which evidence answers a question: the same question has the same evidence.

No model and no index: a campaign has some forty pieces of evidence; each is scored by what the question asks for and
names. Must not know campaigns' storage or sentences.
"""

import re
from collections.abc import Callable, Iterable

from reflection.domain.signals import normalise
from reflection.explain.evidence import Evidence, EvidenceBook, Kind
from reflection.explain.questions.question import ADVISING, Question
from reflection.explain.questions.words_en import BETTER, COMMON, CUES, HIGH, LOW, WORSE

_WORD = re.compile(r"[a-z0-9]+(?:-[0-9]+)?")
_NOTHING: frozenset[str] = frozenset()

ENOUGH = 2.0
"""Score from which a piece of evidence answers a question; below it nothing is said."""

ACCOUNT = 10.0
"""Score of a KPI itself where it is asked for: before all that is known of it."""

BESIDE_ACCOUNT = frozenset(["why", "next", "budget", "test", "alike"])
"""What is asked of a KPI and is not how it is."""

MOST = 5

LEAST_KNOWN = 3
"""How many things are named to find out more about where nothing can be recommended."""

ABOUT_SIGNALS = frozenset(["finding", "effect", "next_test", "recommendation"])
"""Kinds of evidence about a signal: where the question names one, those on others are no answer."""

DESCRIBED = frozenset(["cluster", "clusters", "group", "groups", "alike", "resemble"])
"""Words that ask for groups of campaigns that look alike; no other question is answered with one."""

WASTE = frozenset(["waste", "wasted", "wasting", "inefficient", "overpaid", "overspent"])
"""Words that ask for money that bought nothing; how much campaigns ordinarily differ belongs to the answer."""

ANSWERS_TO: dict[Kind, frozenset[str]] = {
    "reason": frozenset(["learnt", "good", "bad", "next", "budget", "test"]),
    "similar": frozenset(["alike"]),
}
"""Kinds of evidence that answer some intents alike; the other kinds have rules of their own (`_INTENT_RULES`)."""


def relevant(question: Question, book: EvidenceBook, most: int = MOST) -> list[Evidence]:
    """The evidence that answers a question, best first; empty where nothing does."""
    scored = [(score(question, item), item) for item in book]
    answers = [(value, item) for value, item in scored if value >= ENOUGH]
    named = any(_is_named(question, item) for _, item in answers)
    if named:
        answers = [
            (value, item) for value, item in answers if item.kind not in ABOUT_SIGNALS or _is_named(question, item)
        ]
    if question.intents & ADVISING and not named and not any(item.kind == "recommendation" for _, item in answers):
        answers += [(ENOUGH, item) for item in book.of_kind("recommendation") if _is_to_find_out(question, item)][
            :LEAST_KNOWN
        ]
    if any(item.kind == "recommendation" for _, item in answers) and "learnt" not in question.intents:
        answers = [(value, item) for value, item in answers if not _is_partial(item)]
    if any(item.detail.get("lane") in ("exploit", "avoid", "explore") for _, item in answers):
        answers = [(value, item) for value, item in answers if not _is_aside(question, item)]
    ranked = [item for value, item in sorted(answers, key=lambda pair: (-pair[0], pair[1].number))]
    kpi = next((item.detail["kpi"] for item in ranked if item.kind == "driver"), None)
    ranked = [item for item in ranked if item.kind != "driver" or item.detail["kpi"] == kpi]
    whole = book.find(f"delta:{kpi}")  # before its parts stands what they are parts of
    return ([whole, *(item for item in ranked if item is not whole)] if whole else ranked)[:most]


def is_denied(question: Question, delta: Evidence) -> bool:
    """Whether a question takes for granted what the figures do not say: "why was it so expensive" of what was not,
    "why did it do worse" of what cannot be told from its forecast.
    """
    change, words = delta.value("change"), question.words
    if "why" not in question.intents or change is None:
        return False
    if not question.kpis:
        worse, better = bool(words & WORSE), bool(words & BETTER)
        return worse != better and delta.detail.get("verdict") not in ("worse" if worse else "better", "mixed", None)
    high, low = bool(words & HIGH), bool(words & LOW)
    if high == low or delta.label not in question.kpis:
        return False
    return delta.certainty == "noise" or (change <= 0 if high else change >= 0)


def lacking(question: Question, evidence: EvidenceBook) -> str | None:
    """The phrase said first where what was asked for is not there: a KPI's level, a test, a budget that should move."""
    compared = any(evidence.of_kind(kind) for kind in ("effect", "finding", "recommendation"))
    if compared and _asks_how_it_is(question) and not evidence.of_kind("account") and not evidence.of_kind("delta"):
        return "chat.no_level"
    lanes = {item.detail["lane"] for item in evidence.of_kind("recommendation")}
    if "test" in question.intents:
        return None if evidence.of_kind("next_test") or evidence.of_kind("no_test") else "chat.no_test"
    asks = question.intents & ADVISING and lanes
    return "chat.no_advice" if asks and lanes.isdisjoint({"exploit", "avoid"}) else None


def _asks_how_it_is(question: Question) -> bool:
    """Whether the level of a KPI is asked for, and not what to do about it."""
    asked = question.words & {"how", "what"} and question.words & {"is", "was", "are", "s"}
    return bool(question.kpis and asked) and not question.intents & BESIDE_ACCOUNT


def _is_aside(question: Question, item: Evidence) -> bool:
    """Something little is known of that shares a word with what was asked for, and is not asked for itself."""
    return item.detail.get("lane") == "not enough evidence" and not _is_all_named(question, item)


def _is_all_named(question: Question, item: Evidence) -> bool:
    """Whether every word of what a piece of evidence is about stands in the question."""
    return _content(_WORD.findall(normalise(item.label))) <= question.words


def _is_to_find_out(question: Question, item: Evidence) -> bool:
    """Whether a recommendation is to find out more about something of the groups that are asked for."""
    in_group = not question.groups or item.detail.get("group") in question.groups
    return in_group and question.wish >= 0 and item.detail.get("lane") == "explore"


def _is_partial(item: Evidence) -> bool:
    """An effect other things equal, which explains; what to do is said by a recommendation, of the whole."""
    return item.kind == "effect" or (item.kind == "finding" and item.detail.get("of") != "campaign")


def score(question: Question, item: Evidence) -> float:
    """How well a piece of evidence answers a question; 0 where it is about another KPI or group."""
    kpis = {item.detail[key] for key in ("kpi", "metric") if key in item.detail}
    if (
        question.kpis
        and kpis
        and not kpis & question.kpis
        and item.kind not in ("outcome", "recommendation", "next_test")
    ):
        return 0.0
    if item.kind == "account":
        groups = question.groups - ({"platform"} if "platform" in item.detail else _NOTHING)
        beside = groups or question.intents & BESIDE_ACCOUNT
        return ACCOUNT if item.label in question.kpis and not beside else 0.0
    if item.kind == "similar" and "alike" not in question.intents:
        return 0.0  # a neighbour's name may share words with the campaign's
    groups = question.groups
    about_signals = item.kind in ABOUT_SIGNALS or item.kind == "description"
    if groups and about_signals and item.detail.get("group") not in groups:
        return 0.0
    value = 2.0 if question.kpis & kpis and item.kind != "outcome" else 0.0
    value += 1.5 * len(_overlap(question, item)) if item.kind != "flag" else 0.0
    return value + _intent(question, item)


def _intent(question: Question, item: Evidence) -> float:
    """What the kind of answer a question asks for adds to a piece of evidence."""
    rule = _INTENT_RULES.get(item.kind)
    if rule is not None:
        return rule(question, item)
    return 2.0 if question.intents & ANSWERS_TO.get(item.kind, _NOTHING) else 0.0


def _delta_intent(question: Question, item: Evidence) -> float:
    """A result is told by its headline KPIs; before a reason stands what is to be explained."""
    if item.kind == "delta" and "why" in question.intents and item.label in question.kpis:
        return 2.0
    has_figure = "change" in item.figures or "actual" in item.figures
    asks_for_result = "result" in question.intents and "why" not in question.intents and has_figure
    return 2.0 if asks_for_result and item.label in ("roas", "cpa") else 0.0


def _spread_intent(question: Question, item: Evidence) -> float:
    return 2.0 if question.words & WASTE else 0.0


def _outcome_intent(question: Question, item: Evidence) -> float:
    """What the money brought follows a verdict, and says how much it was."""
    if "amount" in question.intents:
        return 2.0
    return 2.0 if "result" in question.intents and not question.intents & {"why", "learnt"} else 0.0


def _driver_intent(question: Question, item: Evidence) -> float:
    """The larger its part of the change, the better a driver answers; where no cause is asked for, none does."""
    part = item.value("part")
    if "why" not in question.intents or not part:
        return -2.5
    return 2.0 + min(abs(part) / ((item.value("total") or 0.0) + 1e-9), 0.9) - (0.5 if question.kpis else 0.0)


def _finding_intent(question: Question, item: Evidence) -> float:
    good = item.detail["direction"] == "favorable"
    if ("good" if good else "bad") in question.intents:
        return 2.0
    if "learnt" in question.intents:
        return 2.0
    if "kind" in item.detail and _overlap(question, item):
        return 2.0  # its days are asked for
    advised = question.intents & {"next", "budget"} and question.wish in (0, 1 if good else -1)
    return 1.0 if advised else 0.0


def _recommendation_intent(question: Question, item: Evidence) -> float:
    """Where more money goes, less, or what to try; what is named is spoken of whatever is known of it."""
    lane = item.detail.get("lane")
    if _is_named(question, item):
        return 3.0 if _is_all_named(question, item) else 1.0
    if "why" in question.intents:
        return 0.0
    if "test" in question.intents:
        return 2.1 if lane == "explore" else 0.0
    if not question.intents & ADVISING or lane not in ("exploit", "avoid"):
        return 0.0
    fits = question.wish == 0 or question.wish == (1 if lane == "exploit" else -1)
    return (2.9 if lane == "exploit" else 2.8) if fits else 0.0


def _description_intent(question: Question, item: Evidence) -> float:
    return 2.0 if question.words & DESCRIBED else 0.0


def _next_test_intent(question: Question, item: Evidence) -> float:
    """Asked what works, what fails or where money goes, the next test is no answer, unless it is asked for too."""
    if "test" in question.intents:
        return 3.0
    if question.wish or question.intents & {"good", "bad", "budget"}:
        return -2.0
    return 2.0 if "next" in question.intents else 0.0


def _flag_intent(question: Question, item: Evidence) -> float:
    """What to know before trusting a result is told with it."""
    return 2.0 if question.intents & {"trouble", "result"} else 0.0


def _learnt_intent(question: Question, item: Evidence) -> float:
    return 3.0 if "learnt" in question.intents else 0.0


_INTENT_RULES: dict[Kind, Callable[[Question, Evidence], float]] = {
    "spread": _spread_intent,
    "delta": _delta_intent,
    "outcome": _outcome_intent,
    "driver": _driver_intent,
    "finding": _finding_intent,
    "recommendation": _recommendation_intent,
    "description": _description_intent,
    "next_test": _next_test_intent,
    "no_test": _next_test_intent,
    "flag": _flag_intent,
    "learnt": _learnt_intent,
}


def _is_named(question: Question, item: Evidence) -> bool:
    """Whether the question names the signal that a piece of evidence is about."""
    return item.kind in ABOUT_SIGNALS and bool(_overlap(question, item))


def _overlap(question: Question, item: Evidence) -> frozenset[str]:
    subject = item.label
    return (question.words - CUES) & _content(_WORD.findall(normalise(subject)))


def _content(words: Iterable[str]) -> frozenset[str]:
    """Words that say what something is about."""
    return frozenset(words) - COMMON
