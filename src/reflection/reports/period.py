"""Five lines on several campaigns together: a load, a month, a whole workspace.

Campaigns are added up by currency and kind of conversion, never across; those held out are counted beside. Only what
somebody forecast is held against a forecast. Must not know stores or formats.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reflection.comparison.compare import compare
from reflection.domain.basis import BASES
from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.conversion_kind import plural
from reflection.domain.finding_kinds import OF_CAMPAIGNS, OF_NO_SIGNAL
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.maturity import is_late
from reflection.domain.planner_forecast import NO_FORECAST
from reflection.domain.results import Comparison, Finding, SummaryLine
from reflection.domain.verdict import verdict_of, verdict_on
from reflection.explain import formatting
from reflection.explain.advice import first_advice
from reflection.explain.evidence import Evidence, renumber
from reflection.explain.evidence_of_comparison import evidence_of_comparison
from reflection.explain.evidence_of_facts import evidence_of_finding
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.explain.sentences import Sentences
from reflection.explain.summary import OF_ALL, SummaryLines
from reflection.explain.wording import headline
from reflection.inference.findings.for_campaign import Setting, is_told_of
from reflection.reports.period_group import Groups, PeriodGroup, Sums, number_of_real, ordered, whole

WITHOUT = "without"
"""In place of a verdict on a campaign that nobody forecast."""

VERDICTS = (
    (("better",), "period.better"),
    (("worse",), "period.worse"),
    (("mixed",), "period.mixed"),
    (("noise", "same", "unclear"), "period.noise"),
    ((None,), "period.none"),
    ((WITHOUT,), "period.without"),
)
"""Verdicts on single campaigns and how many of them are told together, in reading order."""

MOST_BESIDE = 4
"""Groups whose money is told beside that of the first."""


class Period:
    """Comparisons of campaigns, each of them once, in whatever order they come."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], PeriodGroup] = {}
        self._verdicts: dict[str, str | None] = {}
        self._settings: dict[str, Setting] = {}
        self._references = 0
        self._rows: Counter[str] = Counter()
        self._held: dict[str, str] = {}

    def add(self, comparison: Comparison) -> None:
        """Add one campaign; one that is held stays out."""
        if comparison.campaign_id in self._held:
            return
        verdict = verdict_on(comparison.deltas) if comparison.verdict == "held" else verdict_of(comparison)
        self._verdicts[comparison.campaign_id] = verdict if BASES[comparison.basis].comparable else WITHOUT
        self._settings[comparison.campaign_id] = Setting.of(comparison)
        self._count(comparison, 1)

    def hold(self, comparison: Comparison) -> None:
        """Tell one beside every total and verdict; one that was added is taken out of them again."""
        self._held[comparison.campaign_id] = _real(comparison)
        if comparison.campaign_id in self._verdicts:
            del self._verdicts[comparison.campaign_id], self._settings[comparison.campaign_id]
            self._count(comparison, -1)

    def _count(self, comparison: Comparison, sign: int) -> None:
        basis = BASES[comparison.basis]
        self._rows[real := _real(comparison)] += sign
        self._references += sign * (basis.comparable and not basis.forecast)
        if not comparison.actual_counts:
            return  # stored before comparisons carried their counts
        key = comparison.currency or "", comparison.conversion_kind or ""
        group = self._groups.setdefault(key, PeriodGroup())
        expected = comparison.expected_counts if basis.forecast else None
        group.count(real, comparison.actual_counts, expected, sign, waits=is_late(comparison.flags))
        if group.empty:
            del self._groups[key]

    @property
    def _number_held(self) -> int:
        """How many real campaigns are held."""
        return len(set(self._held.values()))

    def size(self, sentences: Sentences) -> str:
        """``12 campaigns``, or ``96 results of 8 campaigns``; without those that are held."""
        return sentences.results(self._rows.total(), number_of_real(self._rows))

    def verdict(self, sentences: Sentences) -> str:
        """How many campaigns did better, worse, or neither; where nobody forecast any, how they did."""
        if not self._verdicts:
            return sentences.say("period.empty")
        if self._alone:
            return sentences.say("period.alone", campaigns=self.size(sentences), figures=self._figures(sentences))
        against = sentences.word("period.reference" if self._references else "period.forecast")
        parts = list[str]()
        verdicts = Counter(self._verdicts.values())
        for among, phrase in VERDICTS:
            if number := sum(verdicts[verdict] for verdict in among):
                than = "" if parts else sentences.say("period.than", against=against)  # said once
                parts.append(sentences.say(phrase, number=str(number), than=than))
        return sentences.say("period.verdict", campaigns=self.size(sentences), parts=", ".join(parts))

    @property
    def _alone(self) -> bool:
        """Whether none of them was forecast."""
        return all(verdict == WITHOUT for verdict in self._verdicts.values())

    def _figures(self, sentences: Sentences) -> str:
        """Return and cost of the first groups; what they count is named where they differ."""
        groups, parts = ordered(self._groups, NOTHING.currency), list[str]()
        for (currency, kind), group in groups[:MOST_BESIDE]:
            figures = [sentences.clause(item) for item in headline(_evidence({(currency, kind): group}, NOTHING))]
            goal = f"{plural(kind)} {currency}".rstrip() if len(groups) > 1 else ""
            if figures:
                text = sentences.say("period.of_goal", goal=goal, figures=sentences.listed(figures))
                parts.append(text.strip())
        return f": {'; '.join(parts)}" if parts else ""

    def lines(
        self, knowledge: Knowledge, cards: Sequence[Mapping[str, Any]], tests: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[SummaryLine, ...]:
        """The five lines.

        Args:
            knowledge: of the workspace they belong to.
            cards, tests: its recommendations, the best first, and candidates for a test that have no card.
        """
        say = Sentences(ENGLISH)
        groups, findings = self._goals(knowledge), self._findings(knowledge)
        lines = SummaryLines(renumber([*_evidence(groups, knowledge), *findings]), say)
        money = lines.money()
        card = first_advice(cards, tests)
        return (
            lines.line("happened", self.verdict(say)),
            lines.why(),
            lines.line("next", *self._next(card, findings, say)),
            lines.line("certainty", self._certainty(knowledge, card, say)),
            replace(money, text=money.text + _part(groups, knowledge, say) + _gifts(groups, say) + _late(groups, say)),
        )

    def _next(
        self, card: Mapping[str, Any] | None, findings: Sequence[Evidence], say: Sentences
    ) -> tuple[str, list[str]]:
        """The first advice, what is held to be looked at, and what all did alike: before a candidate for a test."""
        alike = (item for item in findings if item.detail.get("kind") in OF_ALL)
        steps = [(item.id, text) for item in alike if (text := say.advice(item))][:1]
        if self._held:
            steps.insert(0, ("", say.say("next.held_several", campaigns=say.counted("campaign", self._number_held))))
        if card:
            steps.insert(len(steps) if card["lane"] == "explore" else 0, (card["id"], card["sentence"]))
        return " ".join(text for _, text in steps) or say.say("next.nothing"), [name for name, _ in steps if name]

    def _findings(self, knowledge: Knowledge) -> list[Evidence]:
        """What campaigns of the period did alike, how their plans usually miss; all findings where none had one."""
        here = [one for one in knowledge.every_finding if self.concerns(one)]
        return [evidence_of_finding(one, knowledge.currency) for one in here]

    def concerns(self, finding: Finding) -> bool:
        """Whether it is told of these campaigns: as each alone; all of theirs where nobody forecast any."""
        kind = finding.metadata.get("kind")
        if kind in OF_ALL or (kind in OF_NO_SIGNAL and self._alone):
            return any(is_told_of(finding, setting) for setting in self._settings.values())
        cited = (*finding.supporting, *finding.contradicting)
        return self._alone and not finding.descriptive and not self._verdicts.keys().isdisjoint(cited)

    def _goals(self, knowledge: Knowledge) -> Groups:
        """The groups by currency and goal: kinds that objectives name and that bring the same money are one goal."""
        of_objective: Mapping[str, str] = knowledge.diagnostics.get("goal_of_objective", {})
        goals: Groups = {}
        for (currency, kind), group in self._groups.items():
            goals.setdefault((currency, of_objective.get(kind, kind)), PeriodGroup()).join(group)
        return goals

    def _certainty(self, knowledge: Knowledge, card: Mapping[str, Any] | None, sentences: Sentences) -> str:
        of_signals = (
            finding.category not in OF_CAMPAIGNS and finding.metadata.get("kind") not in OF_NO_SIGNAL
            for goal in knowledge.every_goal
            for finding in goal.findings
            if not finding.descriptive
        )  # fmt: skip
        findings = sum(of_signals)
        words = {
            "findings": sentences.counted("difference", findings),
            "campaigns": sentences.counted("campaign", knowledge.real_campaigns),
        }
        phrase = {0: "period.no_difference", 1: "period.one_difference"}.get(findings, "period.certainty")
        if not findings and card and card["lane"] in ("exploit", "avoid"):
            phrase = "period.advice_only"
        text = sentences.say(phrase if knowledge.campaigns else "period.nothing_learnt", **words)
        if self._held:
            text += sentences.say("period.held", campaigns=sentences.counted("campaign", self._number_held))
        return text


def _real(comparison: Comparison) -> str:
    """The real campaign it is of; itself where it was stored before comparisons carried theirs."""
    return comparison.real_campaign or comparison.campaign_id


def _part(groups: Groups, knowledge: Knowledge, sentences: Sentences) -> str:
    """Which campaigns the money is of, where it is not of all, and the money of the others."""
    (first, group), *others = ordered(groups, knowledge.currency) or [(("", ""), PeriodGroup())]
    others = [(key, other) for key, other in others if number_of_real(other.campaigns)]
    if not others:
        return ""
    currency, kind = first
    campaigns = sentences.counted("campaign", number_of_real(group.campaigns))
    text = sentences.say("period.part", campaigns=campaigns, kind=kind or "conversion", currency=currency).rstrip()
    beside = [_amounts(key, other.every, sentences) for key, other in others[:MOST_BESIDE]]
    beside += [sentences.say("alert.more", number=str(more))] if (more := len(others) - MOST_BESIDE) > 0 else []
    return text + sentences.say("period.others", groups="; ".join(beside))


def _gifts(groups: Groups, sentences: Sentences) -> str:
    """What came without spend, told beside what money brought."""
    return "".join(
        sentences.say(
            "period.unpaid",
            campaigns=sentences.counted("campaign", number_of_real(group.unpaid)),
            came=_came(key, group.gift, sentences),
        )
        for key, group in sorted(groups.items())
        if number_of_real(group.unpaid)
    )


def _late(groups: Groups, sentences: Sentences) -> str:
    """What was spent on campaigns that nothing is said of yet, as their conversions still come in."""
    return "".join(
        sentences.say(
            "period.late",
            campaigns=sentences.counted("campaign", number_of_real(group.waiting)),
            spend=formatting.money(group.late["spend"], currency or None, whole=True),
        )
        for (currency, _), group in sorted(groups.items())
        if number_of_real(group.waiting) and group.late["spend"] is not None
    )


def _amounts(key: tuple[str, str], counts: Sums, sentences: Sentences) -> str:
    """``EUR 88,267 spent for 2,791 purchases and EUR 226,000``."""
    if counts["spend"] is None:
        return _came(key, counts, sentences)
    spend = formatting.money(counts["spend"], key[0] or None, whole=True)
    return sentences.say("period.amounts", spend=spend, came=_came(key, counts, sentences))


def _came(key: tuple[str, str], counts: Sums, sentences: Sentences) -> str:
    """Conversions and revenue, as far as they are known."""
    currency, kind = key
    conversions, revenue = counts["conversions"], counts["revenue"]
    words = [] if conversions is None else [f"{formatting.count(round(conversions, 1))} {plural(kind)}"]
    words += [] if revenue is None else [formatting.money(revenue, currency or None, whole=True)]
    return sentences.listed(words) or sentences.word("period.unknown")


def _evidence(groups: Groups, knowledge: Knowledge) -> list[Evidence]:
    """What the first group did, its scatter that of a mean of so many campaigns."""
    if not groups:
        return []
    (currency, kind), group = ordered(groups, knowledge.currency)[0]
    spend = group.actual["spend"] or 0.0
    worth = max(1.0, whole(spend**2) / group.square) if group.square else 1.0  # (sum w)^2 / sum w^2 (Kish 1965)
    together = Campaign.model_construct(
        campaign_id="period", platform="", objective="", currency=currency or None, conversion_kind=kind or None,
        expected_metrics=_metrics(group.expected.counts), breakdown=(),
        actual_metrics=_metrics(group.fact),
        planner=None if group.forecasts else NO_FORECAST, timestamp=datetime.fromtimestamp(0, UTC),
    )  # fmt: skip
    return list(evidence_of_comparison(compare(together, generated_at="", scatter=knowledge.scatter.of_mean(worth))))


def _metrics(sums: Mapping[str, Any]) -> Metrics:
    """Sums as metrics, whose bounds are those of one campaign: not checked."""
    return Metrics.model_construct(**sums)
