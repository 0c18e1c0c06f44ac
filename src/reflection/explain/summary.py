"""Five lines that are read first: what happened, why, what to do, how sure, how much money on which budget.

Each line cites the evidence it rests on and is made of it alone; details follow elsewhere. Must not know stores, models
or formats.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from reflection.domain.results import Statement, SummaryLine
from reflection.explain import formatting
from reflection.explain.evidence import Evidence, EvidenceBook
from reflection.explain.sentences import Sentences, basis_of, driver_phrase, texts

Question = Literal["happened", "why", "next", "certainty", "money"]
WHY_OF = ("cpa", "roas", "conversions")
"""The KPI whose drivers are named, the first that has any."""

HELD = "flag:suspected_tracking_fault"

DECISIVE = ("cpa", "roas")
"""The KPI whose interval is shown: the first that is beyond noise, else the first that can be compared."""


def five_lines(book: EvidenceBook, statements: Sequence[Statement], sentences: Sentences) -> tuple[SummaryLine, ...]:
    """The summary of one analysis.

    Args:
        statements: all its sentences in reading order; the first is the verdict, the first advice is what to do.
    """
    return tuple(SummaryLines(book, sentences).all(statements))


def held_flag(book: EvidenceBook) -> Evidence | None:
    """That the campaign is held as a likely fault of tracking, where it is."""
    return next((item for item in book.of_kind("flag") if item.id.startswith(HELD)), None)


class SummaryLines:
    """The lines of one book of evidence."""

    def __init__(self, book: EvidenceBook, sentences: Sentences) -> None:
        self._book = book
        self._say = sentences.say
        self._sentences = sentences

    def all(self, statements: Sequence[Statement]) -> Iterator[SummaryLine]:
        """The five, in order."""
        verdict = statements[0]
        yield self.line("happened", verdict.text, verdict.evidence)
        held = held_flag(self._book)
        yield self.why() if held is None else self.line("why", self._say("why.held"), [held.id])
        advice = next((item for item in statements if item.kind == "recommendation"), None)
        yield (
            self.line("next", advice.text, advice.evidence) if advice else self.line("next", self._say("next.nothing"))
        )
        yield self._certainty() if held is None else self.line("certainty", self._say("certainty.held"), [held.id])
        yield self.money() if held is None else self.line("money", self._say("money.held"), [held.id])

    def line(self, question: Question, text: str, evidence: Sequence[str] = ()) -> SummaryLine:
        """One line under its label."""
        return SummaryLine(question, self._say(f"summary.{question}"), text, tuple(evidence))

    def why(self) -> SummaryLine:
        """The factor that accounts for most of the difference, and the one that worked most against it."""
        drivers = self._book.of_kind("driver")
        kpi = next((kpi for kpi in WHY_OF if any(item.detail["kpi"] == kpi for item in drivers)), None)
        moving = [item for item in drivers if item.detail["kpi"] == kpi and item.value("part")]
        if not moving:
            return self.line("why", self._say("why.none"))
        sure = [item for item in moving if item.certainty != "noise"]
        if not sure:
            text = self._say("why.noise", kpi=self._kpi(moving[0].detail["kpi"]))
            return self.line("why", text, [item.id for item in moving])
        with_it = [item for item in sure if driver_phrase(item) != "against"]
        ranked = sorted(with_it or sure, key=lambda item: (-abs(item.value("signed_part") or 0.0), item.id))
        against = sorted(
            (item for item in sure if with_it and driver_phrase(item) == "against"),
            key=lambda item: (-abs(item.value("signed_part") or 0.0), item.id),
        )
        return self.line("why", self._reason(ranked[0], against[:1]), [item.id for item in (ranked[0], *against[:1])])

    def _reason(self, main: Evidence, against: Sequence[Evidence]) -> str:
        phrase = driver_phrase(main)
        factor = self._kpi(main.label)
        if phrase == "exact_zero":
            return self._say("why.zero", factor=formatting.capital(factor), **texts(main, "expected"))
        kpi = self._kpi(main.detail["kpi"])
        text = self._say("why.main", factor=factor, **texts(main, "expected", "actual"))
        if phrase in ("part", "all"):
            move = self._sentences.word(f"move.{main.detail['move']}")
            text += self._say("why.share", kpi=kpi, move=move, **texts(main, "part", "total"))
        else:
            text += self._say("why.alone", kpi=kpi, **texts(main, "part"))
        for item in against:
            text += self._say("why.against", factor=self._kpi(item.label), **texts(item, "part"))
        return f"{text}."

    def _certainty(self) -> SummaryLine:
        deltas = [self._book.find(f"delta:{kpi}") for kpi in DECISIVE]
        compared = [item for item in deltas if item is not None and "change" in item.figures]
        sure = [item for item in compared if item.certainty == "beyond_noise"]
        item = next(iter(sure or compared), None)
        if item is None:
            text, evidence = self._say("certainty.none"), []
        elif item.certainty == "unknown" or "low" not in item.figures:
            text, evidence = self._say("certainty.unknown", kpi=self._kpi(item.label)), [item.id]
        else:
            expected = basis_of(item).subject.format(item.text("expected"))
            text = self._say(f"certainty.{item.certainty}", expected=expected, **texts(item, "low", "high"))
            evidence = [item.id]
        findings = self._book.of_kind("finding")
        basis = findings or self._book.of_kind("reason")
        text = f"{text} {self._learnt(len(findings))}"
        return self.line("certainty", text, evidence + [support.id for support in basis])

    def _learnt(self, number: int) -> str:
        if not number:
            reasons = [self._sentences.reason(item) for item in self._book.of_kind("reason")]
            return reasons[0] if reasons else self._say("certainty.nothing_learnt")
        phrase = "certainty.learnt_once" if number == 1 else "certainty.learnt"
        return self._say(phrase, findings=self._sentences.counted("finding", number))

    def money(self) -> SummaryLine:
        """What was spent, what it brought, and what it would have brought as forecast."""
        item = next(iter(self._book.of_kind("outcome")), None)
        if item is None:
            return self.line("money", self._say("money.none"))
        text, evidence = self._sentences.outcome(item), [item.id]
        missing = self._book.find("flag:revenue_is_missing")
        if missing is not None:
            text, evidence = text + self._say("money.no_revenue"), [*evidence, missing.id]
        return self.line("money", text, evidence)

    def _kpi(self, name: str) -> str:
        return self._sentences.kpi_name(name)
