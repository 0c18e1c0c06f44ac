"""Which evidence a question is about: plain matching of words, the same question to the same evidence.

No model and no index: a campaign has some forty pieces of evidence, and what a question names is a KPI, a
kind of answer (why, what next, what works) or a signal. Must not know campaigns' storage or sentences.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reflection.domain.signals import normalise
from reflection.explain.evidence import Evidence, EvidenceBook

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

ABOUT_SIGNALS = frozenset(["finding", "effect", "next_test"])
"""Kinds of evidence about a signal: where the question names one, those on others are no answer."""

DESCRIBED = frozenset(["cluster", "clusters", "group", "groups", "alike", "resemble"])
"""Words that ask for groups of campaigns that look alike; no other question is answered with one."""

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
    """Read a question."""
    text = normalise(message)
    words = frozenset(_WORD.findall(text))
    kpis = frozenset(kpi for kpi, names in KPI_WORDS.items() if any(_names(name, text) for name in names))
    intents = frozenset(name for name, listed in INTENTS.items() if words & set(listed.split()))
    return Question(words, kpis, intents)


def relevant(question: Question, book: EvidenceBook, most: int = MOST) -> list[Evidence]:
    """The evidence that answers a question, best first; empty where nothing does."""
    scored = [(score(question, item), item) for item in book]
    chosen = [(value, item) for value, item in scored if value >= ENOUGH]
    if any(_is_named(question, item) for _, item in chosen):
        chosen = [
            (value, item) for value, item in chosen if item.kind not in ABOUT_SIGNALS or _is_named(question, item)
        ]
    ranked = [item for value, item in sorted(chosen, key=lambda pair: (-pair[0], pair[1].number))]
    explained = next((item.detail["kpi"] for item in ranked if item.kind == "driver"), None)
    return [item for item in ranked if item.kind != "driver" or item.detail["kpi"] == explained][:most]


def score(question: Question, item: Evidence) -> float:
    """How well a piece of evidence answers a question; 0 where it is about another KPI or group."""
    named = {item.detail[key] for key in ("kpi", "metric") if key in item.detail}
    if question.kpis and named and not named & question.kpis:
        return 0.0
    if item.kind == "similar" and "alike" not in question.intents:
        return 0.0  # a neighbour's name may share words with the campaign's
    groups = {GROUPS[word] for word in question.words if word in GROUPS}
    if (
        groups
        and item.kind in ("finding", "description", "effect", "next_test")
        and item.detail.get("group") not in groups
    ):
        return 0.0
    value = 2.0 if question.kpis & named else 0.0
    value += 1.5 * len(_overlap(question, item))
    return value + _intent(question, item)


def _intent(question: Question, item: Evidence) -> float:
    wanted = question.intents
    if item.kind == "delta":
        headline = item.label in ("roas", "cpa")
        return (2.0 if headline else 0.0) if "result" in wanted and "change" in item.figures else 0.0
    if item.kind == "driver":
        weight = abs(item.value("part") or 0.0) / ((item.value("total") or 0.0) + 1e-9)
        return (2.0 + min(weight, 0.9)) if "why" in wanted and item.value("part") else -2.5
    if item.kind == "finding":
        good = item.detail["direction"] == "favorable"
        fits = ("good" in wanted and good) or ("bad" in wanted and not good)
        return 2.0 if fits else 1.0 if wanted & {"next", "learnt"} else 0.0
    if item.kind == "description":
        return 2.0 if question.words & DESCRIBED else 0.0
    if item.kind == "next_test" and wanted & {"good", "bad"} and not question.words & {"next", "test"}:
        return -2.0
    asked_for = {
        "next_test": "next",
        "flag": "trouble",
        "reason": "learnt",
        "similar": "alike",
        "learnt": "learnt",
    }
    bonus = {"reason": {"good", "bad", "next"}}.get(item.kind, set())
    if asked_for.get(item.kind) in wanted or wanted & bonus:
        return 2.0
    return 0.0


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
