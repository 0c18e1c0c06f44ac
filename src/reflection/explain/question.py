"""Which evidence a question is about: plain matching of words, the same question to the same evidence.

No model and no index: a campaign has some forty pieces of evidence, and what a question names is a KPI, a kind of
answer (why, what next, what works) or a signal. Must not know campaigns' storage or sentences.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reflection.domain.signals import normalise
from reflection.explain.evidence import Evidence, EvidenceBook, Kind

ENOUGH = 2.0
"""Score from which a piece of evidence answers a question; below it nothing is said."""

MOST = 5
_WORD = re.compile(r"[a-z0-9]+(?:-[0-9]+)?")

KPI_WORDS = {
    "ctr": ("ctr", "click rate", "clickthrough", "click-through", "click through"),
    "cvr": ("cvr", "conversion rate"),
    "cpa": ("cpa", "cost per acquisition", "cost per conversion", "cost per lead", "cpl"),
    "roas": ("roas", "return on ad spend", "return on spend", "profitab"),
    "cpm": ("cpm", "cost per thousand", "cost per mille"),
    "cpc": ("cpc", "cost per click"),
    "aov": ("aov", "order value", "basket"),
}

INTENTS = {
    "why": (
        "why reason reasons driver drivers drove cause caused causes because explain explains moved change changed"
    ),
    "good": "best better winning winner winners works work worked win top strong strongest succeed",
    "bad": ("worst worse avoid bad waste wasted wasting losing loser losers weak weakest inefficient fail failed"),
    "next": "next should recommend recommendation recommendations advice plan test try todo suggest",
    "alike": "similar alike resemble resembles comparable like before",
    "result": (
        "perform performed performance result results verdict summary summarise summarize forecast outcome doing"
    ),
    "learnt": ("learn learnt learned learning learnings know known evidence sure confident confidence certain"),
    "trouble": "wrong problem problems tracking flag flags missing revenue anomaly anomalies odd strange",
}
FUTURE = frozenset(["will", "tomorrow", "predict", "prediction", "future", "soon", "going"])
CAUSE = frozenset(["why", "cause", "caused", "causes", "because", "reason", "drove"])
GROUPS = {
    "audience": "audience",
    "audiences": "audience",
    "creative": "creative",
    "creatives": "creative",
    "ad": "creative",
    "ads": "creative",
    "platform": "platform",
    "platforms": "platform",
    "channel": "platform",
    "channels": "platform",
    "cluster": "cluster",
    "group": "cluster",
    "groups": "cluster",
    "clusters": "cluster",
}
"""Words that ask for one group of signals only."""

ABOUT_SIGNALS = frozenset(["finding", "effect", "recommendation", "next_test"])
"""Kinds of evidence about a signal: where the question names one, those on others are no answer."""

DESCRIBED = frozenset(["cluster", "clusters", "group", "groups", "alike", "resemble"])
"""Words that ask for groups of campaigns that look alike; no other question is answered with one."""

ANSWERS_TO: dict[Kind, frozenset[str]] = {
    "flag": frozenset(["trouble"]),
    "reason": frozenset(["learnt", "good", "bad", "next"]),
    "similar": frozenset(["alike"]),
    "learnt": frozenset(["learnt"]),
}
"""Kinds of evidence that answer some intents alike; the other kinds have rules of their own (`_INTENT_RULES`)."""

_NOTHING: frozenset[str] = frozenset()
_COMMON_WORDS = """
a an the is are was were of in on for to with and or by at it its this that what which who how when where do
does did we our us i me my you your can could would campaign campaigns ad ads age type tell show about have
has had platform objective audience creative much many be been than from as any all so well
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is understood: its words, the KPIs and the kinds of answer it asks for."""

    words: frozenset[str]
    kpis: frozenset[str]
    intents: frozenset[str]

    @property
    def about_the_future(self) -> bool:
        """Whether it asks what will happen."""
        return bool(self.words & FUTURE)

    @property
    def about_a_cause(self) -> bool:
        """Whether it asks for a cause."""
        return bool(self.words & CAUSE)


def understand(message: str) -> Question:
    """A message as the words, KPIs and kinds of answer it asks for."""
    text = normalise(message)
    words = frozenset(_WORD.findall(text))
    kpis = frozenset(kpi for kpi, names in KPI_WORDS.items() if any(_names(name, text) for name in names))
    intents = frozenset(name for name, vocabulary in INTENTS.items() if words & set(vocabulary.split()))
    return Question(words, kpis, intents)


def relevant(question: Question, book: EvidenceBook, most: int = MOST) -> list[Evidence]:
    """The evidence that answers a question, best first; empty where nothing does."""
    scored = [(score(question, item), item) for item in book]
    answers = [(value, item) for value, item in scored if value >= ENOUGH]
    if any(_is_named(question, item) for _, item in answers):
        answers = [
            (value, item) for value, item in answers if item.kind not in ABOUT_SIGNALS or _is_named(question, item)
        ]
    ranked = [item for value, item in sorted(answers, key=lambda pair: (-pair[0], pair[1].number))]
    kpi = next((item.detail["kpi"] for item in ranked if item.kind == "driver"), None)
    return [item for item in ranked if item.kind != "driver" or item.detail["kpi"] == kpi][:most]


def score(question: Question, item: Evidence) -> float:
    """How well a piece of evidence answers a question; 0 where it is about another KPI or group."""
    kpis = {item.detail[key] for key in ("kpi", "metric") if key in item.detail}
    if question.kpis and kpis and not kpis & question.kpis:
        return 0.0
    if item.kind == "similar" and "alike" not in question.intents:
        return 0.0  # a neighbour's name may share words with the campaign's
    groups = {GROUPS[word] for word in question.words if word in GROUPS}
    if (
        groups
        and item.kind in ("finding", "description", "effect", "recommendation", "next_test")
        and item.detail.get("group") not in groups
    ):
        return 0.0
    value = 2.0 if question.kpis & kpis else 0.0
    value += 1.5 * len(_overlap(question, item))
    return value + _intent(question, item)


def _intent(question: Question, item: Evidence) -> float:
    """What the kind of answer a question asks for adds to a piece of evidence."""
    rule = _INTENT_RULES.get(item.kind)
    if rule is not None:
        return rule(question, item)
    return 2.0 if question.intents & ANSWERS_TO.get(item.kind, _NOTHING) else 0.0


def _delta_intent(question: Question, item: Evidence) -> float:
    asks_for_result = "result" in question.intents and "change" in item.figures
    return 2.0 if asks_for_result and item.label in ("roas", "cpa") else 0.0


def _driver_intent(question: Question, item: Evidence) -> float:
    """The larger its part of the change, the better a driver answers; where no cause is asked for, none does."""
    part = item.value("part")
    if "why" not in question.intents or not part:
        return -2.5
    return 2.0 + min(abs(part) / ((item.value("total") or 0.0) + 1e-9), 0.9)


def _finding_intent(question: Question, item: Evidence) -> float:
    if ("good" if item.detail["direction"] == "favorable" else "bad") in question.intents:
        return 2.0
    return 1.0 if question.intents & {"next", "learnt"} else 0.0


def _recommendation_intent(question: Question, item: Evidence) -> float:
    if "next" in question.intents:
        return 2.5
    return 2.0 if ("good" if item.detail["direction"] == "favorable" else "bad") in question.intents else 0.0


def _description_intent(question: Question, item: Evidence) -> float:
    return 2.0 if question.words & DESCRIBED else 0.0


def _next_test_intent(question: Question, item: Evidence) -> float:
    """Asked what works or fails, the next test is no answer, unless it is asked for too."""
    if question.intents & {"good", "bad"} and not question.words & {"next", "test"}:
        return -2.0
    return 2.0 if "next" in question.intents else 0.0


_INTENT_RULES: dict[Kind, Callable[[Question, Evidence], float]] = {
    "delta": _delta_intent,
    "driver": _driver_intent,
    "finding": _finding_intent,
    "description": _description_intent,
    "recommendation": _recommendation_intent,
    "next_test": _next_test_intent,
}


def _is_named(question: Question, item: Evidence) -> bool:
    """Whether the question names the signal that a piece of evidence is about."""
    return item.kind in ABOUT_SIGNALS and bool(_overlap(question, item))


def _overlap(question: Question, item: Evidence) -> frozenset[str]:
    return _content(question.words) & _content(_WORD.findall(normalise(item.label)))


def _names(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name)}", text) is not None


def _content(words: Iterable[str]) -> frozenset[str]:
    """Words that say what something is about."""
    return frozenset(words) - _COMMON
