"""Answers to questions about campaigns and learnings, from retrieved evidence, cited sentence by sentence.

Without a language model it finds and quotes; with one, the model may phrase what was found, behind the same gate as the
insights. What no evidence answers is answered with "I cannot tell from the data". Must not know stores or HTTP.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.ports import Facts
from reflection.domain.results import Analysis, SimilarCampaign
from reflection.domain.signals import normalise, parse
from reflection.errors import no_campaign
from reflection.explain.evidence import Evidence, EvidenceBook, join, renumber
from reflection.explain.evidence_of_facts import gather, gather_learnt
from reflection.explain.gate import Passed, Proposal, judge
from reflection.explain.question import Question, relevant, understand
from reflection.explain.sentences import Sentences, basis_of
from reflection.explain.writer import DETERMINISTIC

MAX_MESSAGE = 2_000
MAX_NAMED = 5
MAX_EFFECTS = 6
_ID = re.compile(r"[^\s,;?!\"']{3,300}")
_TRAILING = ".:)("


class ChatReader(Protocol):
    """One state of a workspace: its stored answers and its last fit, read together."""

    def analysis(self, campaign_id: str) -> Analysis | None:
        """The stored answer on a campaign, None where there is none."""

    def knowledge(self) -> Knowledge:
        """What the last fit says: effects, findings and the next test."""


class ChatSources(Protocol):
    """Where the evidence of an answer is read: stored answers, the last fit, the memory."""

    def open(self, workspace: str) -> AbstractContextManager[ChatReader]:
        """One state of a workspace; closed again before anybody waits for a model."""

    def similar(self, workspace: str, text: str) -> Sequence[SimilarCampaign]:
        """Campaigns of the memory that are like the words of a question, the nearest first."""


class Phraser(Protocol):
    """A language model that proposes how to say what was found; proposes nothing when it cannot."""

    @property
    def name(self) -> str:
        """The model's name, which answers carry as their source."""

    def phrase(self, workspace: str, message: str, book: EvidenceBook) -> Sequence[Proposal]:
        """Sentences in answer to a message, for the gate."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What a sentence rests on: `ref` is the number in brackets in the answer."""

    ref: int
    evidence_id: str
    campaign_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The answer to one message, also sentence by sentence.

    `can_tell` is False where the data does not hold the answer.
    """

    answer: str
    can_tell: bool
    citations: tuple[Citation, ...]
    sentences: tuple[str, ...]
    source: str = DETERMINISTIC
    campaign_id: str | None = None
    as_of: str | None = None


class Chat:
    """Answers questions of one workspace at a time; keeps nothing between two questions."""

    def __init__(self, sources: ChatSources, phraser: Phraser | None = None) -> None:
        self._sources = sources
        self._phraser = phraser
        self._sentences = Sentences()

    def answer(self, workspace: str, message: str, *, context: str = "", campaign_id: str | None = None) -> ChatAnswer:
        """Answer one message.

        Args:
            context: what was said before; used to understand the question, never quoted.
            campaign_id: the campaign in question; else one the message names.

        Raises:
            NotFound: there is no campaign `campaign_id`.
        """
        question = understand(message)
        if not question.kpis and not question.intents and context:
            question = understand(f"{message} {context}")
        with self._sources.open(workspace) as reader:
            analysis = _analysis(reader, message, campaign_id)
            knowledge = reader.knowledge()
        book = self._book(workspace, message, question, analysis, knowledge)
        evidence = relevant(question, book)
        if analysis is not None and not evidence and not question.words - _words_of(analysis):
            evidence = relevant(understand("result"), book)
        return self._reply(workspace, message, question, renumber(evidence), analysis, knowledge)

    def _book(
        self,
        workspace: str,
        message: str,
        question: Question,
        analysis: Analysis | None,
        knowledge: Knowledge,
    ) -> EvidenceBook:
        alike = "alike" in question.intents
        similar = self._sources.similar(workspace, message) if alike and analysis is None else ()
        learnt = gather_learnt(knowledge, _named_effects(question, knowledge), similar)
        if analysis is None:
            return learnt
        of_others = [item for item in learnt if item.detail.get("of") != "campaign"]
        return join(gather(facts_of(analysis)), renumber(of_others))

    def _reply(
        self,
        workspace: str,
        message: str,
        question: Question,
        evidence: EvidenceBook,
        analysis: Analysis | None,
        knowledge: Knowledge,
    ) -> ChatAnswer:
        campaign = analysis.comparison_report.campaign_id if analysis else None
        nearest = next((item.number for item in evidence if item.kind == "similar"), 0)
        citations = tuple(
            Citation(item.number, item.id, campaign if _of_campaign(item) else None, self._cited_text(item, nearest))
            for item in evidence
        )
        can_tell = any(_answers(item) for item in evidence) and not question.about_the_future
        phrasing = self._model_sentences(workspace, message, evidence) if can_tell else []
        lines = phrasing or self._quotations(question, evidence, citations)
        if not can_tell:
            lines = [*self._refusal(question, bool(citations)), *lines]
        elif question.about_a_cause and any(item.kind == "driver" for item in evidence):
            lines.append(self._sentences.say("chat.no_cause"))
        source = self._phraser.name if phrasing and self._phraser else DETERMINISTIC
        return ChatAnswer(" ".join(lines), can_tell, citations, tuple(lines), source, campaign, knowledge.as_of)

    def _quotations(self, question: Question, evidence: EvidenceBook, citations: Sequence[Citation]) -> list[str]:
        """A sentence per piece of evidence; asked for a result, the verdict over its KPIs comes first."""
        deltas = [item for item in evidence if item.kind == "delta" and _answers(item)]
        numbers: set[int] = set()
        lines = []
        if "result" in question.intents and len(deltas) > 1:
            numbers = {item.number for item in deltas}
            marks = "".join(f"[{number}]" for number in sorted(numbers))
            lines = [f"{self._sentences.verdict(deltas)} {marks}"]
        return lines + [f"{item.text} [{item.ref}]" for item in citations if item.ref not in numbers]

    def _cited_text(self, item: Evidence, nearest: int) -> str:
        """One sentence; neighbours after the nearest one are told as such."""
        if item.kind == "similar":
            return self._sentences.similar(item, again=item.number != nearest)
        return self._sentences.about(item)

    def _refusal(self, question: Question, has_evidence: bool) -> list[str]:
        future = question.about_the_future
        opening = self._sentences.say("chat.cannot_tell_future" if future else "chat.cannot_tell")
        return [opening, self._sentences.say("chat.known" if has_evidence else "chat.ask")]

    def _model_sentences(self, workspace: str, message: str, evidence: EvidenceBook) -> list[str]:
        """The model's sentences that pass the gate, each with its references; empty where none does."""
        if self._phraser is None or not evidence.items:
            return []
        verdicts = [judge(item, evidence) for item in self._phraser.phrase(workspace, message, evidence)]
        numbers = {item.id: item.number for item in evidence}
        return [
            f"{verdict.text} " + "".join(f"[{numbers[evidence_id]}]" for evidence_id in verdict.evidence)
            for verdict in verdicts
            if isinstance(verdict, Passed)
        ]


def _analysis(reader: ChatReader, message: str, campaign_id: str | None) -> Analysis | None:
    """The stored answer on the campaign in question, else on the first that the message names."""
    if campaign_id is not None:
        analysis = reader.analysis(campaign_id)
        if analysis is None:
            raise no_campaign(campaign_id)
        return analysis
    names = [word.strip(_TRAILING) for word in _ID.findall(message)]
    likely = [name for name in names if any(char.isdigit() or char in "_-" for char in name)]
    for name in dict.fromkeys(likely[:MAX_NAMED]):
        analysis = reader.analysis(name)
        if analysis is not None:
            return analysis
    return None


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
        if effect.metric in metrics and not effect.finding and _is_named(effect, question)
    ]
    return sorted(effects, key=lambda effect: (-effect.campaigns, effect.signal))[:MAX_EFFECTS]


def _is_named(effect: Effect, question: Question) -> bool:
    levels = [part.level for part in parse(effect.signal).parts]
    return all(set(normalise(level).split()) <= question.words for level in levels)


def _of_campaign(item: Evidence) -> bool:
    return item.kind in ("delta", "driver", "flag")


def _answers(item: Evidence) -> bool:
    """Whether a piece of evidence says something, rather than why nothing can be said."""
    told = "change" if basis_of(item).comparable else "actual"
    return item.kind != "reason" and not (item.kind == "delta" and told not in item.figures)


def _words_of(analysis: Analysis) -> frozenset[str]:
    """Words that only name the campaign, or ask for it."""
    return understand(f"{analysis.comparison_report.campaign_id} tell me about show the of campaign what how").words
