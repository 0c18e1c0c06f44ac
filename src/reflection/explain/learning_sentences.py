"""What a workspace knows as sentences for its list of insights: a learning, or a finding that no learning speaks of.

Must not know campaigns, priorities or stores.
"""

from collections.abc import Mapping
from typing import Any

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import as_read
from reflection.domain.results import Finding
from reflection.explain import formatting
from reflection.explain.evidence import Evidence
from reflection.explain.evidence_of_facts import gather_learnt
from reflection.explain.sentences import Sentences

AS_RECORDED = frozenset({"contested", "superseded", "retired"})
"""States whose learning says more than its effect: that contexts differ, or that it ended."""


class LearningSentences:
    """Sentences with signals spelt as the campaigns spell them, and money in one currency."""

    def __init__(self, spellings: Mapping[str, str], currency: str | None) -> None:
        self._spellings, self._currency = spellings, currency
        self._sentences = Sentences()

    def learning(self, fact: Mapping[str, Any]) -> str:
        """A learning as it stands; `fact` as the store gives it: signal_key, context, metric, effect, interval ..."""
        if fact["state"] in AS_RECORDED:
            return f"{formatting.capital(formatting.plain_name(fact['text'], 300))}."
        metric, effect, interval = as_read(fact["metric"], fact["effect"], fact["interval"])
        effect, (low, high) = effect or 1.0, interval or fact["interval"]
        say = self._sentences.say
        text = say(
            f"learning.{fact['state']}",
            claim=say(
                "learning.claim",
                average=self._sentences.average(root(fact["signal_key"])),
                subject=self._subject(fact["signal_key"], fact["context"]),
                metric=self._sentences.kpi_name(metric),
                size=formatting.lift(effect),
                side=self._sentences.word("move.up" if effect >= 1 else "move.down"),
                low=formatting.signed_lift(low),
                high=formatting.signed_lift(high),
                agreement=self._agreement(fact["supporting"], fact["supporting"] + fact["contradicting"]),
            ),
        )
        return formatting.capital(text)

    def _agreement(self, supporting: int, results: int) -> str:
        """How many of the results that are beyond noise by themselves agree; nothing where none is."""
        if not results:
            return ""
        agree = self._sentences.word("learning.agrees" if supporting == 1 else "learning.agree")
        number, counted = formatting.count(supporting), self._sentences.counted("result", results)
        return self._sentences.say("learning.agreement", agreeing=number, results=counted, agree=agree)

    def finding(self, finding: Finding) -> str:
        """A finding on a change, a group of campaigns or a single campaign."""
        (item,) = gather_learnt(Knowledge(findings=(finding,), currency=self._currency))
        return self._sentences.about(item)

    def recommendation(self, item: Evidence) -> str:
        """What is advised of something bookable, as everywhere else."""
        return self._sentences.recommendation(item)

    def _subject(self, signal_key: str, context: str) -> str:
        signal = signals.parse(signal_key)
        crossed = signals.crossed(signals.parse(context), signal) if context else signal
        return formatting.plain_name(signals.spoken(crossed.key, self._spellings))
