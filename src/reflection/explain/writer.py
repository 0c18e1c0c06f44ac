"""The deterministic writer: facts to sentences, the same facts to the same sentences.

Order: the verdict, the three main drivers, what was learnt, what cannot be told, what to do next with its
odds. Each sentence cites the evidence it rests on and says no more than that carries: a difference within
noise is called noise, an association is never called a cause. Words live in phrases_en.py, figures in
evidence.py. Must not know stores, settings or language models.
"""

from collections.abc import Iterator, Sequence

from reflection.explain.assemble import DETERMINISTIC, assemble
from reflection.explain.evidence import INTERVAL_LEVEL, Evidence, EvidenceBook, gather
from reflection.explain.phrases_en import ENGLISH, Language
from reflection.ports import Facts
from reflection.report import InsightKind, Insights, Statement

MAX_DRIVERS = 3
MAX_LEARNT = 5
MAX_ADVICE = 3
ANOMALY_FROM_PERCENT = 50.0
HEADLINE = ("roas", "cpa")
"""The KPIs the verdict rests on."""

SPOKEN = ("cpa", "roas", "ctr", "cvr")
"""The KPIs of which it is said when they cannot be told from noise."""


class DeterministicWriter:
    """The `InsightWriter` that always works: no network, no randomness, no state."""

    def __init__(self, language: Language = ENGLISH) -> None:
        self._language = language

    def write(self, facts: Facts) -> Insights:
        """Sentences for one analysis."""
        return assemble(self.statements(gather(facts)))

    def statements(self, book: EvidenceBook) -> tuple[Statement, ...]:
        """All sentences, in reading order."""
        return tuple(_Draft(book, self._language).all())


class _Draft:
    """One text in the making: the evidence, the language, and what has been said already."""

    def __init__(self, book: EvidenceBook, language: Language) -> None:
        self._book = book
        self._language = language
        self._said_noise: set[str] = set()

    def all(self) -> Iterator[Statement]:
        """Every sentence, in reading order."""
        yield self._verdict()
        yield from self._drivers()
        yield from self._learnt()
        yield from self._cannot_tell()
        yield from self._anomalies()
        yield from self._next_steps()
        yield from self._closest()

    # -- the verdict

    def _verdict(self) -> Statement:
        measured = [
            item for kpi in HEADLINE if (item := self._book.find(f"delta:{kpi}")) and "change" in item.figures
        ]
        if not measured:
            return self._verdict_without_headline()
        for item in measured:
            if item.certainty == "noise":
                self._said_noise.add(item.label)
        clauses = self._language.listed([self._clause(item) for item in measured])
        phrase = f"verdict.{_verdict_of(measured)}"
        return self._statement("key_learning", 1.0, measured, phrase, figures=clauses)

    def _verdict_without_headline(self) -> Statement:
        cpa = self._book.find("delta:cpa")
        lost = [item for item in self._book.of_kind("driver") if item.detail["kpi"] == "conversions"]
        if lost and cpa is not None:
            return self._statement("key_learning", 1.0, [cpa], "verdict.no_conversions")
        known = cpa or next(iter(self._book), None)
        reason = (known.detail.get("reason") if known else None) or "the figures are incomplete"
        return self._statement("key_learning", 1.0, [known] if known else [], "verdict.none", reason=reason)

    def _clause(self, item: Evidence) -> str:
        kind = {"noise": "_noise", "unknown": "_unclear"}.get(item.certainty, "")
        phrase = "clause.same" if item.value("change") == 0 else f"clause.changed{kind}"
        return self._say(
            phrase, kpi=self._language.kpi(item.label), **_texts(item, "actual", "expected", "change")
        )

    # -- why it moved

    def _drivers(self) -> Iterator[Statement]:
        drivers = self._book.of_kind("driver")
        kpi = next((name for name in ("cpa", "roas", "conversions") if _of_kpi(drivers, name)), None)
        if kpi is None:
            return
        ranked = sorted(
            _of_kpi(drivers, kpi), key=lambda item: (-abs(item.value("signed_part") or 0.0), item.id)
        )
        told: set[str] = set()
        for rank, item in enumerate([item for item in ranked if item.value("part")][:MAX_DRIVERS]):
            if item.certainty == "noise":
                self._said_noise.add(item.label)
            phrase = _driver_phrase(item, self._move(kpi, item))
            yield self._driver(
                item, f"{phrase}_again" if phrase in told else phrase, priority=0.9 - 0.02 * rank
            )
            told |= {phrase} & {"part"}

    def _driver(self, item: Evidence, phrase: str, priority: float) -> Statement:
        kpi = item.detail["kpi"]
        move = self._move(kpi, item)
        rose = (item.value("actual") or 0.0) >= (item.value("expected") or 0.0)
        words = {
            "factor": _capital(self._language.kpi(item.label)),
            "kpi": self._language.kpi(kpi),
            "move": self._language.phrases[f"move.{move}"] if move else "",
            "went": self._language.phrases["went.up" if rose else "went.down"],
        }
        delta = self._book.find(f"delta:{kpi}")
        cited = [item, delta] if delta else [item]
        figures = _texts(item, "expected", "actual", "part", "total")
        return self._statement("key_learning", priority, cited, f"driver.{phrase}", **words, **figures)

    def _move(self, kpi: str, item: Evidence) -> str | None:
        """Whether the decomposed KPI went up or down; None where it stayed."""
        total = sum(other.value("signed_part") or 0.0 for other in _of_kpi(self._book.of_kind("driver"), kpi))
        return None if not item.value("total") else "up" if total > 0 else "down"

    # -- what was learnt

    def _learnt(self) -> Iterator[Statement]:
        for rank, item in enumerate(self._book.of_kind("finding")[:MAX_LEARNT]):
            yield self._finding(item, priority=0.8 - 0.02 * rank)
            if item.value("against"):
                phrase = "finding.contradicted_once" if item.value("against") == 1 else "finding.contradicted"
                figures = _texts(item, "against", "campaigns")
                yield self._statement(
                    "key_learning", 0.55 - 0.02 * rank, [item], phrase, subject=item.label, **figures
                )
        for item in self._book.of_kind("reason"):
            yield self._statement("key_learning", 0.7, [item], "unknown.nothing_learnt", reason=item.label)

    def _finding(self, item: Evidence, priority: float) -> Statement:
        campaigns = self._language.counted("campaign", item.value("campaigns") or 0.0, item.text("campaigns"))
        words = {"subject": item.label, "campaigns": campaigns}
        if "effect" not in item.figures or "low" not in item.figures:
            category = self._language.phrases[f"category.{item.detail['category']}"]
            words["subject"] = _capital(item.label)
            return self._statement(
                "key_learning", priority, [item], "finding.plain", **words, category=category
            )
        side = "above" if (item.value("effect") or 0.0) >= 1 else "below"
        phrase = _finding_phrase(item)
        if phrase not in ("randomised", "cluster"):
            words["subject"] = _capital(item.label)
        return self._statement(
            "key_learning",
            priority,
            [item],
            f"finding.{phrase}",
            **words,
            metric=self._language.kpi(item.detail["metric"]),
            side=self._language.phrases[f"side.{side}"],
            moved=self._language.phrases[f"moved.{side}"],
            **_texts(item, "size", "low", "high"),
        )

    # -- what cannot be told

    def _cannot_tell(self) -> Iterator[Statement]:
        for item in self._book.of_kind("flag"):
            yield self._flag(item)
        for rank, kpi in enumerate(SPOKEN):
            delta = self._book.find(f"delta:{kpi}")
            if delta is None or kpi in self._said_noise or not delta.value("change"):
                continue
            phrase = {"noise": "unknown.kpi_noise", "unknown": "unknown.kpi_unclear"}.get(delta.certainty)
            if phrase:
                words = {"kpi": self._language.kpi(kpi), **_texts(delta, "expected", "actual", "change")}
                yield self._statement("key_learning", 0.5 - 0.02 * rank, [delta], phrase, **words)

    def _flag(self, item: Evidence) -> Statement:
        name = item.id.removeprefix("flag:")
        if name.startswith("revenue_is_missing"):
            return self._statement("key_learning", 0.75, [item], "flag.revenue")
        if name.startswith("the_forecast_has_no_revenue"):
            return self._statement("key_learning", 0.75, [item], "flag.forecast_revenue")
        kind: InsightKind = (
            "anomaly" if name.startswith(("conversions_exceed", "no_conversions")) else "key_learning"
        )
        return self._statement(kind, 0.95 if kind == "anomaly" else 0.6, [item], "flag.text", text=item.label)

    # -- what is odd

    def _anomalies(self) -> Iterator[Statement]:
        for rank, item in enumerate(self._book.of_kind("delta")):
            size = item.value("size")
            if item.label not in SPOKEN or item.certainty != "beyond_noise":
                continue
            if size is None or size < ANOMALY_FROM_PERCENT:
                continue
            side = self._language.phrases["side.above" if (item.value("change") or 0.0) > 0 else "side.below"]
            yield self._statement(
                "anomaly",
                0.85 - 0.02 * rank,
                [item],
                "anomaly.kpi",
                kpi=self._language.kpi(item.label),
                side=side,
                **_texts(item, "size", "actual", "expected"),
            )

    # -- what to do next

    def _next_steps(self) -> Iterator[Statement]:
        advisable = [item for item in self._book.of_kind("finding") if item.detail["category"] != "cluster"]
        for rank, item in enumerate(advisable[:MAX_ADVICE]):
            yield self._advice(item, priority=0.88 - 0.02 * rank)
        yield from (self._next_test(item) for item in self._book.of_kind("next_test"))
        yield from self._forecast_advice()
        for item in self._book.of_kind("flag"):
            if item.id.startswith(("flag:revenue_is_missing", "flag:the_forecast_has_no_revenue")):
                yield self._statement("recommendation", 0.65, [item], "next.revenue")
        for item in self._book.of_kind("reason"):
            yield self._statement("recommendation", 0.45, [item], "next.breakdown")

    def _advice(self, item: Evidence, priority: float) -> Statement:
        step = "scale" if item.detail["direction"] == "favorable" else "reduce"
        special = {"budget_inefficiency": "review", "platform_trend": "trend"}.get(_finding_phrase(item))
        words = {"subject": item.label, "metric": self._language.kpi(item.detail["metric"])}
        if "odds" not in item.figures:
            return self._statement("recommendation", priority, [item], f"next.{step}_plain", **words)
        words["odds"] = item.text("odds")
        return self._statement("recommendation", priority, [item], f"next.{special or step}", **words)

    def _next_test(self, item: Evidence) -> Statement:
        now = self._say("next.interval", low=item.text("now_low"), high=item.text("now_high"))
        after = self._say("next.interval", low=item.text("after_low"), high=item.text("after_high"))
        words = {
            "subject": item.label,
            "metric": self._language.kpi(item.detail["metric"]),
            "now": now,
            "after": after,
        }
        if "spend" not in item.figures:
            return self._statement("recommendation", 0.7, [item], "next.test", **words)
        return self._statement(
            "recommendation", 0.7, [item], "next.test_money", **words, spend=item.text("spend")
        )

    def _forecast_advice(self) -> Iterator[Statement]:
        """Where the result's interval leaves the forecast outside, the old forecast is no plan for the next
        one.
        """
        for kpi in ("cpa", "roas"):
            item = self._book.find(f"delta:{kpi}")
            if item is None or item.certainty != "beyond_noise" or "low" not in item.figures:
                continue
            figures = _texts(item, "expected", "low", "high")
            yield self._statement(
                "recommendation", 0.6, [item], "next.forecast", kpi=self._language.kpi(kpi), **figures
            )
            return

    # -- memory

    def _closest(self) -> Iterator[Statement]:
        for item in self._book.of_kind("similar")[:1]:
            name = f"'{item.label}'"
            yield self._statement(
                "key_learning", 0.3, [item], "similar.closest", name=name, score=item.text("score")
            )

    # -- helpers

    def _statement(
        self, kind: InsightKind, priority: float, cited: Sequence[Evidence], phrase: str, **figures: str
    ) -> Statement:
        text = self._say(phrase, **figures)
        return Statement(kind, text, tuple(item.id for item in cited), round(priority, 4), DETERMINISTIC)

    def _say(self, phrase: str, **figures: str) -> str:
        return self._language.say(phrase, level=INTERVAL_LEVEL, **figures)


def _verdict_of(measured: Sequence[Evidence]) -> str:
    """The verdict's phrase: what is beyond noise decides; without any, noise and ignorance are told apart."""
    moved = {
        item.detail["direction"]
        for item in measured
        if item.certainty == "beyond_noise" and item.value("change")
    }
    if moved:
        return "mixed" if len(moved) > 1 else next(iter(moved))
    if all(item.value("change") == 0 for item in measured):
        return "same"
    return "noise" if any(item.certainty == "noise" for item in measured) else "unclear"


def _driver_phrase(item: Evidence, move: str | None) -> str:
    if item.value("actual") == 0:
        return "exact_zero"
    if item.certainty == "noise":
        return "noise"
    if move is None:
        return "no_move"
    part, total = item.value("part") or 0.0, item.value("total") or 0.0
    if ((item.value("signed_part") or 0.0) > 0) != (move == "up"):
        return "against"
    if item.text("part") == item.text("total"):
        return "all"
    return "more_than_all" if part > total else "part"


def _finding_phrase(item: Evidence) -> str:
    """Which words fit a finding: some categories compare with something else than the average."""
    category = item.detail["category"]
    if item.grade == "randomised":
        return "randomised"
    if category == "budget_inefficiency" and item.detail["scope"] != "campaign":
        return "observed"
    return category if category in ("budget_inefficiency", "cluster", "platform_trend") else "observed"


def _of_kpi(drivers: Sequence[Evidence], kpi: str) -> list[Evidence]:
    return [item for item in drivers if item.detail["kpi"] == kpi]


def _texts(item: Evidence, *names: str) -> dict[str, str]:
    return {name: item.text(name) for name in names}


def _capital(text: str) -> str:
    """First letter upper case, for a name that opens a sentence."""
    return text[:1].upper() + text[1:]
