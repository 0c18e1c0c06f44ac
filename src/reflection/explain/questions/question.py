"""What a question asks for: the KPIs, kinds of answers (why, what next, where more money goes) and signals it names.

Plain matching of words, in a marketer's words and with a slip of the pen. Must not know evidence, campaigns' storage or
sentences.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from reflection.domain.signals import normalise
from reflection.explain.campaign_names import closest
from reflection.explain.questions.words_en import (
    CAUSE,
    COST,
    CUES,
    FUTURE,
    GROUPS,
    INTENT_WORDS,
    KPI_WORDS,
    LESS,
    MORE,
    WORTH,
)

_WORD = re.compile(r"[a-z0-9]+(?:-[0-9]+)?")

ADVISING = frozenset(["good", "bad", "next", "budget"])
"""Intents that are answered with recommendations, where there are any."""

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is understood: its words, the KPIs and the kinds of answer it asks for."""

    words: frozenset[str]
    kpis: frozenset[str]
    intents: frozenset[str]

    def without(self, words: Iterable[str]) -> "Question":
        """The question without words that only name its campaign."""
        return replace(self, words=self.words - (frozenset(words) - CUES))

    @property
    def about_the_future(self) -> bool:
        """Whether it asks what will happen."""
        return bool(self.words & FUTURE)

    @property
    def about_a_cause(self) -> bool:
        """Whether it asks for a cause."""
        return bool(self.words & CAUSE)

    @property
    def groups(self) -> frozenset[str]:
        """The groups of signals it asks about; none means any."""
        return frozenset(GROUPS[word] for word in self.words if word in GROUPS)

    @property
    def wish(self) -> int:
        """1 where it asks where more money goes, -1 where less, 0 where it asks for either."""
        more = bool(self.words & MORE) or "good" in self.intents
        less = bool(self.words & LESS) or "bad" in self.intents
        return more - less


def understand(message: str, known: frozenset[str] = _NOTHING) -> Question:
    """A message as the words, KPIs and kinds of answer it asks for; slips are mended.

    Args:
        known: words that name something here and are left as they are.
    """
    text = normalise(message)
    tokens = _WORD.findall(text)
    clear = CUES | known
    tokens += [first + second for first, second in pairwise(tokens) if first + second in known]
    words = frozenset(word if word in clear else closest(word, clear) for word in tokens)
    kpis = frozenset(
        kpi for kpi, names in KPI_WORDS.items() if any(re.search(rf"\b{re.escape(name)}", text) for name in names)
    )
    intents = frozenset(name for name, vocabulary in INTENT_WORDS.items() if words & vocabulary)
    if {"how", "campaign"} <= words:
        intents |= {"result"}
    if _asks_for_an_amount(words) or {"which", "campaign"} <= words or {"which", "campaigns"} <= words:
        intents -= ADVISING  # "how much did we spend", "which campaign did best": no recommendation answers that
    if _asks_for_an_amount(words):
        intents |= {"amount"}
    if "why" in intents:
        intents -= {"result"}  # "why did it": the reason is asked for, not the verdict
    return Question(words, kpis or _implied(words), intents)


def _asks_for_an_amount(words: frozenset[str]) -> bool:
    """Whether it asks how much there was, not how much there should be."""
    return "how" in words and bool(words & {"much", "many"}) and not words & {"should", "more", "less"}


def _implied(words: frozenset[str]) -> frozenset[str]:
    """The KPI that is meant where none is named: "expensive" speaks of what a conversion costs."""
    if words & COST:
        counted = {"clicks": "cpc", "click": "cpc", "impressions": "cpm", "reach": "cpm"}
        return frozenset({counted[word] for word in words if word in counted} or {"cpa"})
    return frozenset({"roas"}) if words & WORTH else _NOTHING
