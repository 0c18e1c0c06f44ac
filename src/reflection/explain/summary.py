"""Five lines that are read first: what happened, why, what to do, how sure, how much money on which budget.

Each line cites the evidence it rests on and is made of it alone; details follow elsewhere. Must not know stores, models
or formats.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from reflection.domain.finding_kinds import COMMON_MONTH, LASTING_CHANGE, OF_CAMPAIGNS, PLANNER_BIAS
from reflection.domain.metrics import METRICS
from reflection.domain.results import Statement, SummaryLine
from reflection.explain import formatting
from reflection.explain.evidence import Evidence, EvidenceBook
from reflection.explain.sentences import Sentences, texts
from reflection.explain.wording import basis_of, driver_phrase, finding_phrase

Question = Literal["happened", "why", "next", "certainty", "money"]
WHY_OF = ("cpa", "roas", "conversions")
"""The KPI whose drivers are named: the first that is beyond noise, else the first that has any."""

OF_ALL = (COMMON_MONTH, LASTING_CHANGE, PLANNER_BIAS)
"""Findings that say of a difference that it was not the campaign's own doing, in the order they are told."""

MOST_LEARNT = 2
"""Findings that are told where no forecast says what is to be explained."""

HELD = "flag:suspected_tracking_fault"
SPEND_UNKNOWN = "flag:spend_is_not_known"
NOTHING_SPENT = "flag:nothing_was_spent"
STILL_WAITS = "flag:its_conversions_still_come_in"
OTHER_VOLUME = "flag:the_volume_is_not_the_planned_one"
UNSOLD = "flag:its_conversions_brought_no_revenue"
BESIDE_VERDICT = (OTHER_VOLUME, UNSOLD)
"""What cost and return say nothing of, and is told with the verdict."""

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


def explained(book: EvidenceBook) -> tuple[str, ...]:
    """The KPIs of which some factor differs, those beyond noise first."""
    return tuple(sorted((kpi for kpi in WHY_OF if moving(book, kpi)), key=lambda kpi: not _is_sure(book, kpi)))


def moving(book: EvidenceBook, kpi: str) -> list[Evidence]:
    """The factors that a KPI's difference is made of, the largest first."""
    parts = [item for item in book.of_kind("driver") if item.detail["kpi"] == kpi and item.value("part")]
    return sorted(parts, key=lambda item: (-abs(item.value("signed_part") or 0.0), item.id))


def _opposite(item: Evidence, main: Evidence) -> bool:
    """Whether a factor worked against another one."""
    return (item.value("signed_part") or 0.0) * (main.value("signed_part") or 0.0) < 0


def _is_of_signal(finding: Evidence) -> bool:
    """Whether it is about an audience, a creative or a platform: not about days, nor about single campaigns."""
    return "kind" not in finding.detail and finding.detail["category"] not in OF_CAMPAIGNS


def _is_sure(book: EvidenceBook, kpi: str) -> bool:
    delta = book.find(f"delta:{kpi}")
    return delta is not None and delta.certainty == "beyond_noise"


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
        flag = held_flag(self._book)
        yield self.why() if flag is None else self.line("why", self._say("why.held"), [flag.id])
        advice = next((item for item in statements if item.kind == "recommendation"), None)
        yield (
            self.line("next", advice.text, advice.evidence) if advice else self.line("next", self._say("next.nothing"))
        )
        yield self._certainty() if flag is None else self.line("certainty", self._say("certainty.held"), [flag.id])
        yield self.money() if flag is None else self.line("money", self._say("money.held"), [flag.id])

    def line(self, question: Question, text: str, evidence: Sequence[str] = ()) -> SummaryLine:
        """One line under its label."""
        return SummaryLine(question, self._say(f"summary.{question}"), text, tuple(evidence))

    def why(self) -> SummaryLine:
        """What the difference is made of, and what was not the campaign's: all did alike, or plans usually miss.

        Without a forecast: what is learnt of the account and of what was booked.
        """
        if self._alone:
            return self._learnt_instead()
        line = self._factors()
        for kind in OF_ALL:
            for item in [one for one in self._book.of_kind("finding") if one.detail.get("kind") == kind][:1]:
                if kind == PLANNER_BIAS and not self._is_usual(item):
                    continue
                text = f"{line.text} {self._of_all(kind, item)}"
                line = self.line("why", text, [*line.evidence, item.id])
        return line

    def _is_usual(self, planner: Evidence) -> bool:
        """Whether this result is off to the side that plans usually are."""
        delta = self._book.find(f"delta:{planner.detail['metric']}")
        change = None if delta is None else delta.value("change")
        return change is not None and change * ((planner.value("effect") or 1.0) - 1.0) > 0.0

    @property
    def _alone(self) -> bool:
        """Whether money was spent and there is nothing to compare that with."""
        spent = self._book.find(NOTHING_SPENT) is None
        return spent and any(not basis_of(item).comparable for item in self._book.of_kind("delta"))

    def _learnt_instead(self) -> SummaryLine:
        """What all did alike, then the findings that matter most."""
        findings = self._book.of_kind("finding")
        items = [item for kind in OF_ALL for item in findings if item.detail.get("kind") == kind][:MOST_LEARNT]
        items += [item for item in findings if item.detail.get("kind") not in OF_ALL][: MOST_LEARNT - len(items)]
        text = " ".join(map(self._sentences.finding, items)) or self._say("why.none")
        return self.line("why", text, [item.id for item in items])

    def _factors(self) -> SummaryLine:
        """The factor that accounts for most of the difference, and the one that worked most against it."""
        kpis = explained(self._book)
        if (unpaid := self._book.find(NOTHING_SPENT)) is not None:
            return self.line("why", self._say("why.unpaid"), [unpaid.id])
        if not kpis:
            return self._nothing_explained()
        mixed = any(item.detail.get("verdict") == "mixed" for item in self._book.of_kind("delta"))
        lines = [self._why_of(kpi) for kpi in (kpis if mixed else kpis[:1])]
        return self.line("why", " ".join(text for text, _ in lines), [ref for _, refs in lines for ref in refs])

    def _of_all(self, kind: str, item: Evidence) -> str:
        """What a month, or what has lasted since some day, did to all campaigns alike, or how plans usually miss."""
        side = self._sentences.word("side.above" if (item.value("effect") or 0.0) >= 1 else "side.below")
        words = {"subject": item.label, "metric": self._kpi(item.detail["metric"]), "side": side}
        words["campaigns"] = self._sentences.counted("campaign", item.value("campaigns") or 0.0)
        figures = ("since",) if kind == LASTING_CHANGE else ("alike",)
        phrase = finding_phrase(item).removesuffix("_unpriced")
        return self._say(f"why.{phrase}", **words, **texts(item, "size", *figures))

    def _why_of(self, kpi: str) -> tuple[str, list[str]]:
        """Why one KPI differs, and the evidence."""
        factors = moving(self._book, kpi)
        sure = [item for item in factors if item.certainty != "noise"]
        if not sure:
            return self._say("why.noise", kpi=self._kpi(kpi)), [item.id for item in factors]
        if len(sure) > 1 and not sure[0].detail["move"]:
            return self._offset(kpi, sure), [item.id for item in sure]
        with_it = [item for item in sure if driver_phrase(item) != "against"]
        main = (with_it or sure)[0]
        against = [item for item in sure if with_it and _opposite(item, main)][:1]
        return self._reason(main, against), [item.id for item in (main, *against)]

    def _offset(self, kpi: str, factors: Sequence[Evidence]) -> str:
        """That factors which moved leave a KPI where it was expected."""
        parts = [
            self._say("why.offset_factor", factor=self._kpi(item.label), **texts(item, "expected", "actual"))
            for item in factors
        ]
        return self._say("why.offset", kpi=self._kpi(kpi), factors=self._sentences.listed(parts))

    def _nothing_explained(self) -> SummaryLine:
        """Why no factor is named: none differs, or something is not known."""
        deltas = [item for item in self._book.of_kind("delta") if METRICS[item.label].numerator != "revenue"]
        silent = next((item for item in deltas if "change" not in item.figures and "reason" in item.detail), None)
        if silent is not None and basis_of(silent).comparable:
            return self.line("why", self._say("why.unknown", reason=silent.detail["reason"]), [silent.id])
        same = bool(self._book.of_kind("driver"))
        return self.line("why", self._say("why.same" if same else "why.none"))

    def _reason(self, main: Evidence, against: Sequence[Evidence]) -> str:
        phrase = driver_phrase(main)
        factor = self._kpi(main.label)
        if phrase == "within":
            return self._within(main, against)
        if phrase == "exact_zero":
            return self._say("why.zero", factor=formatting.capital(factor), **texts(main, "expected"))
        kpi = self._kpi(main.detail["kpi"])
        less = phrase == "part" and (main.value("part") or 0.0) < (main.value("total") or 0.0) / 2
        opening = "why.partly" if less else "why.main"
        text = self._say(opening, factor=factor, **texts(main, "expected", "actual"))
        if phrase in ("part", "all"):
            move = self._sentences.word(f"move.{main.detail['move']}")
            text += self._say("why.share", kpi=kpi, move=move, **texts(main, "part", "total"))
        else:
            text += self._say("why.alone", kpi=kpi, **texts(main, "part"))
        for item in against:
            text += self._say("why.against", factor=self._kpi(item.label), **texts(item, "part"))
        return f"{text}."

    def _within(self, main: Evidence, against: Sequence[Evidence]) -> str:
        """A factor that is off where the KPI it is a part of is not: nothing is explained by it but its part."""
        kpi, side = self._kpi(main.detail["kpi"]), self._sentences.side_of(main)
        factor = formatting.capital(self._kpi(main.label))
        parts = [
            self._say("why.within", factor=factor, kpi=kpi, side=side, **texts(main, "expected", "actual", "part"))
        ]
        parts += [self._say("why.against", factor=self._kpi(item.label), **texts(item, "part")) for item in against]
        return "".join([*parts, self._say("why.whole", kpi=kpi), "."])

    def _certainty(self) -> SummaryLine:
        deltas = [self._book.find(f"delta:{kpi}") for kpi in DECISIVE]
        spent = self._book.find(NOTHING_SPENT) is None
        compared = [item for item in deltas if spent and item is not None and "change" in item.figures]
        sure = [item for item in compared if item.certainty == "beyond_noise"]
        item = next(iter(sure or compared), None)
        if len({sided.detail["direction"] for sided in sure}) > 1:
            text, evidence = self._both(*sure[:2]), [sided.id for sided in sure]
        elif item is None:
            text, evidence = "" if self._alone else self._say("certainty.none"), []
        elif item.certainty == "unknown" or "low" not in item.figures:
            text, evidence = self._say("certainty.unknown", kpi=self._kpi(item.label)), [item.id]
        else:
            expected = basis_of(item).subject.format(item.text("expected"))
            text = self._say(f"certainty.{item.certainty}", expected=expected, **texts(item, "low", "high"))
            evidence = [item.id]
        findings = [item for item in self._book.of_kind("finding") if _is_of_signal(item)]
        basis = findings or self._book.of_kind("reason")
        text = f"{text} {self._learnt(len(findings))}".lstrip()
        return self.line("certainty", text, evidence + [support.id for support in basis])

    def _both(self, one: Evidence, other: Evidence) -> str:
        """How sure a result is that is better on one of cost and return, and worse on the other."""
        first, second = (basis_of(item).subject.format(item.text("expected")) for item in (one, other))
        kpi, beside = self._kpi(one.label), self._kpi(other.label)
        low, high = other.text("low"), other.text("high")
        words = {"first": first, "second": second, "kpi": kpi, "other": beside, "other_low": low, "other_high": high}
        return self._say("certainty.both", **words, **texts(one, "low", "high"))

    def _learnt(self, number: int) -> str:
        if not number:
            reasons = [self._sentences.reason(item) for item in self._book.of_kind("reason")]
            advised = any(item.certainty == "beyond_noise" for item in self._book.of_kind("recommendation"))
            nothing = "certainty.advice_only" if advised else "certainty.nothing_learnt"
            return reasons[0] if reasons else self._say(nothing)
        phrase = "certainty.learnt_once" if number == 1 else "certainty.learnt"
        return self._say(phrase, findings=self._sentences.counted("finding", number))

    def money(self) -> SummaryLine:
        """What was spent, what it brought, and what it would have brought as forecast."""
        item = next(iter(self._book.of_kind("outcome")), None)
        if item is None:
            unknown = self._book.find(SPEND_UNKNOWN)
            phrase, cited = ("money.unknown", [unknown.id]) if unknown else ("money.none", [])
            return self.line("money", self._say(phrase), cited)
        text, evidence = self._sentences.outcome(item), [item.id]
        waits = next((flag for flag in self._book.of_kind("flag") if flag.id.startswith(STILL_WAITS)), None)
        if waits is not None:
            text, evidence = text + self._say("money.so_far"), [*evidence, waits.id]
        missing = self._book.find("flag:revenue_is_missing")
        if missing is not None:
            text, evidence = text + self._say("money.no_revenue"), [*evidence, missing.id]
        return self.line("money", text, evidence)

    def _kpi(self, name: str) -> str:
        return self._sentences.kpi_name(name)
