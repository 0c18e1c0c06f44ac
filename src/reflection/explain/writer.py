"""The deterministic writer: facts to sentences, the same facts to the same sentences.

Order: the verdict, the three main drivers, what was learnt, what cannot be told, what to do next with its odds. Each
sentence cites the evidence it rests on and says no more than that carries: a difference within noise is called
noise, an association is never called a cause. Words live in phrases/sentences_en.py, sentences in sentences.py,
figures in evidence.py. Must not know stores, settings or language models.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from reflection.domain.held import held_sentence
from reflection.domain.metrics import HEADLINES, RATES
from reflection.domain.ports import Facts
from reflection.domain.results import Comparison, InsightKind, Insights, Statement, SummaryLine
from reflection.domain.verdict import RESTS_ON
from reflection.explain.evidence import Certainty, Evidence, EvidenceBook, renumber
from reflection.explain.evidence_of_comparison import evidence_of_comparison
from reflection.explain.evidence_of_facts import gather
from reflection.explain.formatting import capital
from reflection.explain.phrases.sentences_en import ENGLISH, Language
from reflection.explain.sentences import REVENUE_FLAGS, Sentences
from reflection.explain.summary import BESIDE_VERDICT, NOTHING_SPENT, explained, five_lines, held_flag, moving
from reflection.explain.wording import REPEATED, basis_of, driver_phrase, headline, reads_the_same

MAX_DRIVERS = 3
MAX_LEARNT = 5
MAX_ADVICE = 3
ANOMALY_FROM_PERCENT = 50.0
_EITHER_WAY: tuple[Certainty, Certainty] = ("beyond_noise", "noise")
STEP = 0.02
"""Priority between two neighbours of one rank."""


class DeterministicWriter:
    """The `InsightWriter` that always works: no network, no randomness, no state."""

    def __init__(self, language: Language = ENGLISH) -> None:
        self._sentences = Sentences(language)

    def write(self, facts: Facts, *, workspace: str = "default") -> Insights:
        """Sentences for one analysis; the same in every workspace."""
        book = gather(facts)
        return self.assemble(book, self.statements(book))

    def assemble(self, book: EvidenceBook, statements: Sequence[Statement], rejected: Sequence[str] = ()) -> Insights:
        """Statements on a book of evidence, in their order, under the five lines that are read first."""
        return assemble(statements, five_lines(book, statements, self._sentences), rejected)

    def statements(self, book: EvidenceBook) -> tuple[Statement, ...]:
        """All sentences, in reading order."""
        return tuple(_Draft(book, self._sentences).all())


def possible_beside(statements: Sequence[Statement], comparison: Comparison) -> list[Statement]:
    """What a fit to come may say of a campaign's figures beside, once it knows how much campaigns differ.

    It is stored with what is said, for lists to find, and told by whoever knows that it is so.
    """
    if comparison.verdict == "held":
        return []
    items, about = list(evidence_of_comparison(comparison)), {(one.kind, one.evidence) for one in statements}
    sure, unsure = (_Draft(_all_as(certainty, items), Sentences(ENGLISH)) for certainty in _EITHER_WAY)
    possible = (*sure.surprises(), *unsure.doubts())
    return [one for one in possible if (one.kind, one.evidence) not in about]


def _all_as(certainty: Certainty, items: Sequence[Evidence]) -> EvidenceBook:
    """Differences as if all of them were as certain."""
    compared = (item for item in items if item.kind == "delta" and "change" in item.figures)
    return renumber([item._replace(certainty=certainty) for item in compared])


def verdict_of(book: EvidenceBook, sentences: Sentences) -> Statement:
    """The verdict on the campaign of a book of evidence, as every door tells it."""
    return next(_Draft(book, sentences).all())


class _Draft:
    """One text in the making: the evidence, the sentences, and which KPIs were called noise already."""

    def __init__(self, book: EvidenceBook, sentences: Sentences) -> None:
        self._book = book
        self._sentences = sentences
        self._said_noise: set[str] = set()

    def all(self) -> Iterator[Statement]:
        """Every sentence, in reading order; of figures that look wrong nothing is said but that."""
        if (flag := held_flag(self._book)) is not None:
            yield _statement("anomaly", 0.95, held_sentence(flag.label), flag)
            yield _statement("recommendation", 0.88, self._sentences.say("next.held"), flag)
            return
        yield self._verdict()
        yield from self._drivers()
        yield from self._learnt()
        yield from self._cannot_tell()
        yield from self._anomalies()
        yield from self._next_steps()
        for item in self._book.of_kind("similar")[:1]:
            yield _statement("key_learning", 0.3, self._sentences.similar(item), item)

    def _verdict(self) -> Statement:
        items = headline(self._book.items)
        if (nothing := self._book.find(NOTHING_SPENT)) is not None:
            return self._verdict_unpaid(nothing)
        if not items:
            return self._verdict_without_headline()
        self._said_noise |= {item.label for item in items if item.certainty == "noise"}
        beside = [item for item in self._book.of_kind("flag") if item.id.startswith(BESIDE_VERDICT)]
        text = " ".join([self._sentences.verdict(items), *(f"{capital(item.label)}." for item in beside)])
        return _statement("key_learning", 1.0, text, *items, *beside)

    def _verdict_unpaid(self, nothing: Evidence) -> Statement:
        """Without spend the rest is told: how often people clicked and bought."""
        deltas = (self._book.find(f"delta:{kpi}") for kpi in RATES)
        rates = [item for item in deltas if item is not None and "change" in item.figures]
        if not rates:
            return _statement("key_learning", 1.0, self._sentences.say("verdict.nothing_spent"), nothing)
        self._said_noise |= {item.label for item in rates if item.certainty == "noise"}
        figures = self._sentences.listed([self._sentences.clause(item) for item in rates])
        return _statement("key_learning", 1.0, self._sentences.say("verdict.unpaid", figures=figures), nothing, *rates)

    def _verdict_without_headline(self) -> Statement:
        cpa = self._book.find("delta:cpa")
        conversions = [item for item in self._book.of_kind("driver") if item.detail["kpi"] == "conversions"]
        if conversions and cpa is not None:
            return _statement("key_learning", 1.0, self._sentences.say("verdict.no_conversions"), cpa)
        reason = (cpa.detail.get("reason") if cpa else None) or "the figures are incomplete"
        others = [item for item in self._book.of_kind("delta") if "change" in item.figures]
        headlines = [item for item in others if item.label in HEADLINES] or others
        if not headlines:
            text = self._sentences.say("verdict.none", reason=reason)
            return _statement("key_learning", 1.0, text, *([cpa] if cpa else self._book.items[:1]))
        self._said_noise |= {item.label for item in headlines if item.certainty == "noise"}
        figures = self._sentences.listed([self._sentences.clause(item) for item in headlines])
        text = self._sentences.say("verdict.none_but", reason=reason, figures=figures)
        return _statement("key_learning", 1.0, text, *([cpa] if cpa else []), *headlines)

    def _drivers(self) -> Iterator[Statement]:
        kpi = (explained(self._book) or ("",))[0]
        ranked = [item for item in moving(self._book, kpi) if not reads_the_same(item) or item.certainty != "noise"]
        repeats = False
        for rank, item in enumerate(ranked[:MAX_DRIVERS]):
            if item.certainty == "noise":
                self._said_noise.add(item.label)
            text = self._sentences.driver(item, again=repeats)
            repeats = repeats or driver_phrase(item) in REPEATED
            whole = self._book.find(f"delta:{kpi}")
            yield _statement("key_learning", 0.9 - STEP * rank, text, *([item, whole] if whole else [item]))

    def _learnt(self) -> Iterator[Statement]:
        for rank, item in enumerate(self._book.of_kind("finding")[:MAX_LEARNT]):
            yield _statement("key_learning", 0.8 - STEP * rank, self._sentences.finding(item), item)
            against = self._sentences.contradicted(item)
            if against:
                yield _statement("key_learning", 0.55 - STEP * rank, against, item)
        descriptions = self._book.of_kind("description")
        alone = [item for item in descriptions if "within" in item.detail][:MAX_DRIVERS]
        for item in [*alone, *(item for item in descriptions if item not in alone and "within" not in item.detail)][:4]:
            yield _statement("key_learning", 0.35, self._sentences.description(item), item)
        for item in self._book.of_kind("reason"):
            yield _statement("key_learning", 0.7, self._sentences.reason(item), item)

    def _cannot_tell(self) -> Iterator[Statement]:
        for item in self._book.of_kind("flag"):
            if not item.id.startswith(BESIDE_VERDICT):  # said with the verdict
                yield self._flag(item)
        yield from self.doubts()

    def doubts(self) -> Iterator[Statement]:
        """Which changes cannot be told from noise."""
        for rank, kpi in enumerate(HEADLINES):
            delta = self._book.find(f"delta:{kpi}")
            if delta is None or kpi in self._said_noise or not delta.value("change"):
                continue
            text = self._sentences.unknown_kpi(delta)
            if text:
                yield _statement("key_learning", 0.5 - STEP * rank, text, delta)

    def _flag(self, item: Evidence) -> Statement:
        text = self._sentences.flag(item)
        if item.id.startswith(tuple(REVENUE_FLAGS)):
            return _statement("key_learning", 0.75, text, item)
        if item.id.startswith(("flag:conversions_exceed", "flag:no_conversions", "flag:suspected")):
            return _statement("anomaly", 0.95, text, item)
        return _statement("key_learning", 0.6, text, item)

    def surprises(self) -> Iterator[Statement]:
        """What is far from what it is compared with, and every forecast that was missed."""
        yield from self._anomalies()
        yield from self._forecast_advice(len(RESTS_ON))

    def _anomalies(self) -> Iterator[Statement]:
        for rank, item in enumerate(self._book.of_kind("delta")):
            size = item.value("size")
            far = size is not None and size >= ANOMALY_FROM_PERCENT
            if far and item.label in HEADLINES and item.certainty == "beyond_noise":
                yield _statement("anomaly", 0.85 - STEP * rank, self._sentences.anomaly(item), item)

    def _next_steps(self) -> Iterator[Statement]:
        advised = [(item, self._sentences.recommendation(item)) for item in self._book.of_kind("recommendation")]
        advised += [(item, text) for item in self._book.of_kind("finding") if (text := self._sentences.advice(item))]
        for rank, (item, text) in enumerate(advised[:MAX_ADVICE]):
            yield _statement("recommendation", 0.88 - STEP * rank, text, item)
        for item in self._book.of_kind("next_test"):
            yield _statement("recommendation", 0.7, self._sentences.next_test(item), item)
        yield from self._forecast_advice(1)
        hints = [(0.65, item) for item in self._book.of_kind("flag")]
        for priority, item in [*hints, *((0.45, item) for item in self._book.of_kind("reason"))]:
            if "hint" in item.detail:
                yield _statement("recommendation", priority, self._sentences.say(item.detail["hint"]), item)

    def _forecast_advice(self, most: int) -> Iterator[Statement]:
        """A forecast the result clearly missed is no plan for the next campaign."""
        for item in islice(self._misses(), most):
            yield _statement("recommendation", 0.6, self._sentences.forecast(item), item)

    def _misses(self) -> Iterator[Evidence]:
        for kpi in ("cpa", "roas"):
            item = self._book.find(f"delta:{kpi}")
            missed = item is not None and item.certainty == "beyond_noise" and "low" in item.figures
            if item is not None and missed and basis_of(item).forecast:
                yield item


def _statement(kind: InsightKind, priority: float, text: str, *cited: Evidence) -> Statement:
    return Statement(kind, text, tuple(item.id for item in cited), round(priority, 4), DETERMINISTIC)


DETERMINISTIC = "deterministic"
"""Source of a sentence no model had a hand in."""


def assemble(
    statements: Sequence[Statement], summary: Sequence[SummaryLine] = (), rejected: Sequence[str] = ()
) -> Insights:
    """Group statements, in their order; `source` is that of all statements, or ``mixed``."""

    def texts(kind: InsightKind) -> tuple[str, ...]:
        return tuple(item.text for item in statements if item.kind == kind)

    sources = {item.source for item in statements}
    return Insights(
        narrative_summary="\n".join(line.text for line in summary),
        key_learnings=texts("key_learning"),
        recommendations=texts("recommendation"),
        anomalies=texts("anomaly"),
        source=DETERMINISTIC if not sources else sources.pop() if len(sources) == 1 else "mixed",
        statements=tuple(statements),
        rejected=tuple(rejected),
        summary=tuple(summary),
    )
