"""Answers to questions about campaigns and learnings, from retrieved evidence, cited sentence by sentence.

Without a language model it finds and quotes; with one, the model may phrase what was found, behind the same gate as the
insights. What no evidence answers is answered with "I cannot tell from the data". Must not know stores or HTTP.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from reflection.domain.account_kpi import AccountKpi
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Analysis, SimilarCampaign, Statement
from reflection.errors import no_campaign
from reflection.explain.campaign_names import MOST_CANDIDATES, CampaignMatch, find, names_of
from reflection.explain.evidence import Evidence, EvidenceBook, renumber
from reflection.explain.evidence_of_facts import gather
from reflection.explain.formatting import plain_name
from reflection.explain.gate.check import Proposal, ValidProposal, judge_all
from reflection.explain.questions.evidence import evidence_for, facts_of, kpis_as_named, signal_words
from reflection.explain.questions.question import Question, understand
from reflection.explain.questions.relevance import is_denied, lacking, relevant
from reflection.explain.questions.words_en import CUES
from reflection.explain.sentences import Sentences
from reflection.explain.wording import basis_of
from reflection.explain.writer import DETERMINISTIC, verdict_of

MAX_MESSAGE = 2_000
MAX_NAMED = 5


_ID = re.compile(r"[^\s,;?!\"']{3,300}")
_TRAILING = ".:)("
OF_CAMPAIGN = ("delta", "driver", "flag")
"""Kinds of evidence that speak of one campaign."""


class ChatReader(Protocol):
    """One state of a workspace: its stored answers and its last fit, read together."""

    def analysis(self, campaign_id: str) -> Analysis | None:
        """The stored answer on a campaign, None where there is none."""

    def knowledge(self) -> Knowledge:
        """What the last fit says: effects, findings and the next test."""

    def account_kpis(self, metric: str, named: Collection[str]) -> Sequence[AccountKpi]:
        """A KPI over all campaigns, or of each platform that words name, by currency and kind of conversion."""

    def pending(self) -> int:
        """How many campaigns the last fit has not taken in yet."""

    def campaign_names(self) -> Mapping[str, str | None]:
        """Ids of stored campaigns with their display names, the newest first."""


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

    `can_tell` is False where the data does not hold the answer; `as_of` is the instant of the fit it is told from, and
    `pending` counts the campaigns which that has not taken in yet.
    """

    answer: str
    can_tell: bool
    citations: tuple[Citation, ...]
    sentences: tuple[str, ...]
    source: str = DETERMINISTIC
    campaign_id: str | None = None
    as_of: str | None = None
    pending: int = 0


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
        with self._sources.open(workspace) as reader:
            knowledge, pending, names = reader.knowledge(), reader.pending(), reader.campaign_names()
            words = signal_words(knowledge)
            question = understand(message, words)
            if not question.kpis and not question.intents and context:
                question = understand(f"{message} {context}", words)
            by_words = {} if "alike" in question.intents else names  # "like a summer push" names no campaign
            kpis, platforms = kpis_as_named(reader.account_kpis, question, words)
            named = _named(reader, message, by_words, campaign_id, platforms)
            named = named if named or platforms else _named(reader, context, by_words, None)
            kpis, analysis = () if named else kpis, reader.analysis(named.one) if named.one else None
            if named.one:
                question = question.without(names_of(named.one, names.get(named.one)))
        if analysis is None and _asks_for_a_campaign(question, named):
            return replace(self._which(question, named, names, knowledge), pending=pending)
        book = self._book(workspace, message, question, analysis, knowledge, kpis)
        evidence = relevant(question, book)
        denied = [item for item in evidence if item.certainty == "noise" and is_denied(question, item)]
        evidence = denied or evidence
        if analysis is not None and not evidence and not _asks_beside(question, analysis):
            question = understand("result")
            evidence = relevant(question, book)
        if analysis is not None and _asks_for_a_verdict(question):
            rests_on = self._verdict(analysis).evidence
            evidence = [*(item for item in gather(facts_of(analysis)) if item.id in rests_on), *evidence]
        answer = self._reply(workspace, message, question, renumber(evidence), analysis, knowledge)
        return replace(answer, pending=pending)

    def _book(
        self,
        workspace: str,
        message: str,
        question: Question,
        analysis: Analysis | None,
        knowledge: Knowledge,
        account: Sequence[AccountKpi],
    ) -> EvidenceBook:
        alike = "alike" in question.intents
        similar = self._sources.similar(workspace, message) if alike and analysis is None else ()
        return evidence_for(question, analysis, knowledge, similar, account)

    def _which(
        self, question: Question, named: CampaignMatch, names: Mapping[str, str | None], knowledge: Knowledge
    ) -> ChatAnswer:
        """Ask which campaign is meant, with those that may be."""
        campaign_ids = named.campaign_ids or tuple(names)[:MOST_CANDIDATES]
        unknown = "chat.unknown" if question.words - CUES else "chat.which"
        listed = self._sentences.listed([f"'{plain_name(name)}'" for name in campaign_ids])
        phrase = "chat.which_of" if named else unknown if campaign_ids else "chat.no_campaigns"
        lines = [self._sentences.say("chat.cannot_tell"), self._sentences.say(phrase, campaigns=listed)]
        return ChatAnswer(" ".join(lines), False, (), tuple(lines), as_of=knowledge.as_of)

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
            Citation(
                item.number, item.id, campaign if item.kind in OF_CAMPAIGN else None, self._cited_text(item, nearest)
            )
            for item in evidence
        )
        can_tell = any(_answers(item) for item in evidence) and not question.about_the_future
        phrasing = self._model_sentences(workspace, message, evidence) if can_tell else []
        lines = phrasing or self._quotations(question, evidence, citations, analysis)
        if can_tell and (phrase := lacking(question, evidence)):
            lines.insert(0, self._sentences.say(phrase))
        if not can_tell:
            lines = [*self._refusal(question, bool(citations)), *lines]
        elif question.about_a_cause and any(item.kind == "driver" for item in evidence):
            lines.append(self._sentences.say("chat.no_cause"))
        source = self._phraser.name if phrasing and self._phraser else DETERMINISTIC
        return ChatAnswer(" ".join(lines), can_tell, citations, tuple(lines), source, campaign, knowledge.as_of)

    def _verdict(self, analysis: Analysis) -> Statement:
        return verdict_of(gather(facts_of(analysis)), self._sentences)

    def _quotations(
        self, question: Question, evidence: EvidenceBook, citations: Sequence[Citation], analysis: Analysis | None
    ) -> list[str]:
        """A sentence per piece of evidence; asked for a result, the verdict comes first, as every door tells it."""
        deltas = [item for item in evidence if item.kind == "delta" and _answers(item)]
        numbers: set[int] = set()
        lines = []
        if analysis is not None and _asks_for_a_verdict(question):
            verdict = self._verdict(analysis)
            numbers = {item.number for item in evidence if item.id in verdict.evidence}
            marks = "".join(f"[{number}]" for number in sorted(numbers))
            lines = [f"{verdict.text} {marks}"]
        for item in deltas:
            if is_denied(question, item):
                numbers.add(item.number)
                lines.append(
                    f"{self._sentences.say('chat.not_so', figures=self._sentences.clause(item))} [{item.number}]"
                )
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
        verdicts = judge_all(self._phraser.phrase(workspace, message, evidence), evidence)
        numbers = {item.id: item.number for item in evidence}
        return [
            f"{verdict.text} " + "".join(f"[{numbers[evidence_id]}]" for evidence_id in verdict.evidence)
            for verdict in verdicts
            if isinstance(verdict, ValidProposal)
        ]


def _named(
    reader: ChatReader,
    message: str,
    names: Mapping[str, str | None],
    campaign_id: str | None,
    ignored: frozenset[str] = frozenset(),
) -> CampaignMatch:
    """The campaigns in question: the one that is given, else one whose id stands in the message, else by its words."""
    if campaign_id is not None:
        if reader.analysis(campaign_id) is None:
            raise no_campaign(campaign_id)
        return CampaignMatch((campaign_id,))
    likely = [word.strip(_TRAILING) for word in _ID.findall(message)]
    ids = [word for word in likely if any(char.isdigit() or char in "_-" for char in word)]
    for name in dict.fromkeys(ids[:MAX_NAMED]):
        if name in names or reader.analysis(name) is not None:
            return CampaignMatch((name,))
    return find(message, names, CUES | ignored)


def _asks_for_a_campaign(question: Question, named: CampaignMatch) -> bool:
    """Whether a question can only be answered of one campaign, and none was found."""
    of_one = bool(question.intents & {"result", "why", "trouble"}) or bool(question.kpis)
    general = question.groups or question.intents & {"learnt", "good", "bad", "next", "budget", "test", "alike"}
    names_one = "campaign" in question.words and "which" not in question.words
    return (of_one and not general and names_one) or (len(named.campaign_ids) > 1 and not general)


def _asks_for_a_verdict(question: Question) -> bool:
    """Whether a campaign's result as a whole is asked for, and not one of its figures."""
    return "result" in question.intents and not question.kpis


def _asks_beside(question: Question, analysis: Analysis) -> bool:
    """Whether a question names something besides the campaign."""
    return bool(question.words - CUES - names_of(analysis.comparison_report.campaign_id, None))


def _answers(item: Evidence) -> bool:
    """Whether a piece of evidence says something, rather than why nothing can be said."""
    figure = "change" if basis_of(item).comparable else "actual"
    return item.kind != "reason" and not (item.kind == "delta" and figure not in item.figures)
