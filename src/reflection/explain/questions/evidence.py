"""The evidence a question may be answered from: a stored answer's figures, today's knowledge, recommendations.

What a stored answer knew of its workspace when it was written is left out; today's knowledge is told instead. Must not
know sentences, stores or HTTP.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from reflection.domain.account_kpi import AccountKpi
from reflection.domain.conversion_kind import plural
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.ports import Facts
from reflection.domain.results import Analysis, SimilarCampaign
from reflection.domain.signals import normalise, parse
from reflection.explain import formatting
from reflection.explain.advice import recommendation
from reflection.explain.campaign_names import names_of, words_of
from reflection.explain.evidence import Evidence, EvidenceBook, Figure, join, renumber
from reflection.explain.evidence_of_facts import gather, gather_learnt
from reflection.explain.questions.question import ADVISING, Question
from reflection.explain.questions.relevance import BESIDE_ACCOUNT

MAX_EFFECTS = 6
MOST_PROPOSALS = 40
MOST_GROUPS = 4
"""Currencies and kinds of conversion whose KPI is told."""

BESIDE = ADVISING | {"learnt", "test", "alike"}
"""What may be asked of a campaign and is answered by what is known beside it."""

KNOWN_SINCE = frozenset({"finding", "description", "reason", "next_test"})
"""What a stored answer knew when it was written; today's knowledge is told instead."""


def evidence_for(
    question: Question,
    analysis: Analysis | None,
    knowledge: Knowledge,
    similar: Sequence[SimilarCampaign],
    account: Sequence[AccountKpi] = (),
) -> EvidenceBook:
    """Everything a question may be answered from, of one campaign (`analysis`) or of the whole workspace."""
    learnt = gather_learnt(knowledge, _named_effects(question, knowledge), similar)
    proposals = _proposals(question, knowledge)
    if analysis is None:
        return join(evidence_of_account(account), learnt, proposals)
    own = _about_itself(analysis, knowledge)
    beside = question.intents & BESIDE
    others = [item for item in learnt if item.id in own or (beside and item.detail.get("of") != "campaign")]
    items = [item for item in gather(facts_of(analysis)) if item.kind not in KNOWN_SINCE]
    return join(renumber(items), renumber(others), proposals)


def kpis_as_named(
    read: Callable[[str, Collection[str]], Sequence[AccountKpi]], question: Question, words: Collection[str]
) -> tuple[tuple[AccountKpi, ...], frozenset[str]]:
    """The KPIs asked for, of the platforms named or of everything; and the words that name platforms, which campaigns'
    names have in them as well. None where something else is named, too.

    Args:
        read: a KPI of everything, or of the platforms that words name.
        words: those that name a signal.
    """
    if question.intents & BESIDE_ACCOUNT or "campaign" in question.words:
        return (), frozenset()
    kpis = [kpi for name in sorted(question.kpis) for kpi in read(name, question.words)]
    platforms = frozenset(word for kpi in kpis for word in words_of(kpi.platform or ""))
    return tuple(kpis) if question.words & frozenset(words) <= platforms else (), platforms


def evidence_of_account(kpis: Sequence[AccountKpi]) -> EvidenceBook:
    """What KPIs are over all campaigns or those of a platform, as they are told."""
    return EvidenceBook(tuple(_account(kpi) for kpi in kpis[:MOST_GROUPS]))


def _account(kpi: AccountKpi) -> Evidence:
    form = partial(formatting.kpi_value, kpi.metric, currency=kpi.currency)
    figures = {"actual": Figure(kpi.value, form), "campaigns": Figure(kpi.campaigns, formatting.count)}
    if kpi.interval is not None:
        figures |= {"low": Figure(kpi.interval[0], form), "high": Figure(kpi.interval[1], form)}
    if kpi.latest is not None and kpi.first != kpi.last:
        figures["latest"] = Figure(kpi.latest, form)
    detail = {"kpi": kpi.metric, "first": kpi.first, "last": kpi.last, "kind": plural(kpi.kind)}
    name = f"account:{kpi.metric}:{kpi.currency or ''}:{kpi.kind}"
    if kpi.platform is None:
        return Evidence(0, name, "account", kpi.metric, "stated", "observed", figures, detail)
    detail["platform"] = formatting.plain_name(kpi.platform)
    name = f"{name}:{normalise(kpi.platform)}"
    return Evidence(0, name, "account", kpi.metric, "stated", "observed", figures, detail, (detail["platform"],))


def facts_of(analysis: Analysis) -> Facts:
    """The facts a stored answer was written from."""
    patterns = analysis.pattern_report
    return Facts(
        comparison=analysis.comparison_report,
        patterns=patterns,
        findings=patterns.pattern_report,
        similar=analysis.similar_campaigns,
        platform="",
        objective="",
        notes=analysis.notes,
    )


def _named_effects(question: Question, knowledge: Knowledge) -> list[Effect]:
    """Effects of signals the question names, on the KPIs it names or the goal."""
    metrics = question.kpis or {knowledge.goal_metric}
    effects = [
        effect
        for effect in knowledge.effects
        if effect.metric in metrics and not effect.finding and effect.identified and _is_named(effect, question)
    ]
    return sorted(effects, key=lambda effect: (-effect.campaigns, effect.signal))[:MAX_EFFECTS]


def _is_named(effect: Effect, question: Question) -> bool:
    levels = [part.level for part in parse(effect.signal).parts]
    return all(set(normalise(level).split()) <= question.words for level in levels)


def _proposals(question: Question, knowledge: Knowledge) -> EvidenceBook:
    """What can be booked and nothing is advised of yet, as it is said everywhere: named, or worth finding out about."""
    judged = [
        bookable
        for bookable in knowledge.bookables
        if bookable.total and not bookable.advised and bookable.platform is None
    ]
    named = [bookable for bookable in judged if names_of(bookable.label, None) & question.words]
    tests = {one.key: one.total.test for one in judged if one.total and one.total.test}
    tests = {key: test for key, test in tests.items() if test != knowledge.next_test}  # which is told by itself
    open_ones = [one for one in judged if one.key in tests and one not in named]
    open_ones.sort(key=lambda one: (-tests[one.key].worth, one.key))
    drafts = [
        recommendation(bookable, bookable.total) for bookable in [*named, *open_ones][:MOST_PROPOSALS] if bookable.total
    ]
    return EvidenceBook(tuple(drafts))


def _about_itself(analysis: Analysis, knowledge: Knowledge) -> frozenset[str]:
    """Ids of the evidence on what was found of the campaign itself."""
    name = normalise(analysis.comparison_report.campaign_id)
    return frozenset(
        f"finding:{finding.finding_id}"
        for finding in knowledge.every_finding
        if finding.signal_key.partition(":")[::2] == ("campaign", name)
    )


def signal_words(knowledge: Knowledge) -> frozenset[str]:
    """Words that name a signal, as campaigns spell them."""
    parts = {part for effect in knowledge.effects for part in parse(effect.signal).parts}
    return frozenset(word for part in parts for word in words_of(part.level))
