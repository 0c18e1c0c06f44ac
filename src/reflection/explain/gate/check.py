"""The gate: of what a language model proposes, only what evidence carries passes.

A proposal is a sentence with placeholders such as ``{e3.actual}`` and the references it rests on. The model writes no
figure and no name: both are rendered here from evidence. Everything else is words of a closed vocabulary
(gate/words_en.py): plain ones that claim nothing, and others that pass only with evidence for what they claim. Figures
are judged in gate/figures.py, claims in gate/claims.py, advice in gate/advice.py. A rejection is a reason in our words;
rejected text is never repeated anywhere. Pure; must not know models, networks or facts.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reflection.domain.results import InsightKind
from reflection.explain import formatting
from reflection.explain.evidence import Evidence, EvidenceBook
from reflection.explain.gate import words_en as words
from reflection.explain.gate.advice import advice_objections, advising
from reflection.explain.gate.claims import claim_objections
from reflection.explain.gate.figures import figure_objections
from reflection.explain.gate.owners import owner_objections
from reflection.explain.gate.reading import NAME_FIGURE, PLACEHOLDER, Sentence, read
from reflection.explain.gate.subjects import kpis
from reflection.explain.phrases.sentences_en import ENGLISH

MAX_TEXT = 400
MAX_REFERENCES = 8
MAX_PLACEHOLDERS = 10

_REFERENCE = re.compile(r"e(\d{1,3})")
_PART = re.compile(r"\.(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model wants to say."""

    kind: InsightKind
    text: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValidProposal:
    """A proposal that holds: the text with its figures rendered, and the ids of the evidence it rests on."""

    kind: InsightKind
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvalidProposal:
    """A proposal that does not hold, and why."""

    kind: InsightKind
    reason: str


Verdict = ValidProposal | InvalidProposal
EXPLAINING = frozenset({"winning_audience", "high_performing_creative", "cross_platform_pattern"})
"""Kinds of findings that say what comes with a signal, other things equal."""


def judge(proposal: Proposal, book: EvidenceBook) -> Verdict:
    """Let a proposal pass, rendered, or say why not."""
    cited = _cited(proposal.references, book)
    if isinstance(cited, str):
        return InvalidProposal(proposal.kind, cited)
    reason = next(_objections(proposal, cited), None)
    if reason is not None:
        return InvalidProposal(proposal.kind, reason)
    text = PLACEHOLDER.sub(lambda match: _render(match, book), proposal.text).strip()
    text = text if text.endswith(".") else f"{text}."
    return ValidProposal(proposal.kind, formatting.capital(text), tuple(item.id for item in cited))


def judge_all(proposals: Iterable[Proposal], book: EvidenceBook) -> list[Verdict]:
    """The verdicts on what a model proposes for readers: advice rests on what can be booked, not on what explains it.

    A finding on a signal is a partial effect, other things equal; what to do with the money follows from the total
    effect of something bookable, which is evidence of its own.
    """
    return [_without_explanations(judge(proposal, book), book) for proposal in proposals]


def _without_explanations(verdict: Verdict, book: EvidenceBook) -> Verdict:
    if isinstance(verdict, InvalidProposal) or verdict.kind != "recommendation":
        return verdict
    cited = [item for name in verdict.evidence if (item := book.find(name)) is not None]
    if any(item.kind == "finding" and item.detail.get("category") in EXPLAINING for item in cited):
        return InvalidProposal(verdict.kind, "it advises from a finding that explains and advises nothing")
    return verdict


def _cited(references: Sequence[str], book: EvidenceBook) -> tuple[Evidence, ...] | str:
    """The evidence behind the references, or what is wrong with them."""
    if not references:
        return "it cites no evidence"
    if len(references) > MAX_REFERENCES:
        return "it cites too much at once"
    items: dict[str, Evidence] = {}
    for reference in references:
        match = _REFERENCE.fullmatch(reference)
        item = book.numbered(int(match.group(1))) if match else None
        if item is None:
            return "it cites evidence that does not exist"
        items[item.id] = item
    return tuple(items.values())


def _objections(proposal: Proposal, cited: Sequence[Evidence]) -> Iterator[str]:
    """All that speaks against a proposal, the gravest first."""
    yield from _form(proposal.text)
    unknown = list(_placeholders(proposal.text, cited))
    yield from unknown
    if unknown:
        return
    sentences = read(proposal.text, {item.number: item for item in cited})
    if isinstance(sentences, str):
        yield sentences
        return
    if proposal.kind == "recommendation" and any(item.kind == "description" for item in cited):
        yield "it recommends something from a description of the past"
    for index, sentence in enumerate(sentences):
        yield from _named_kpis(sentence, cited)
        yield from advice_objections(sentence, proposal.kind, cited)
        yield from claim_objections(sentence, cited, advising(sentence, proposal.kind))
        yield from figure_objections(sentence)
        yield from owner_objections(sentence, sentences[:index])


def _form(text: str) -> Iterator[str]:
    if not text.strip() or len(text) > MAX_TEXT:
        yield "it is empty or too long"
    if not words.LETTERS.fullmatch(PLACEHOLDER.sub(" ", text)):
        yield "it holds a number, link, markup or sign that is not from evidence"


def _placeholders(text: str, cited: Sequence[Evidence]) -> Iterator[str]:
    items = {item.number: item for item in cited}
    matches = PLACEHOLDER.findall(text)
    if not matches:
        yield "it shows nothing of the evidence it cites"
    elif not all(PLACEHOLDER.search(part) for part in _PART.split(text) if part.strip()):
        yield "it has a sentence that shows nothing of the evidence"
    if len(matches) > MAX_PLACEHOLDERS:
        yield "it shows too many figures at once"
    for number, figure in matches:
        item = items.get(int(number))
        if item is None:
            yield "it shows a figure of evidence it does not cite"
        elif figure != NAME_FIGURE and figure not in item.figures:
            yield "it shows a figure that evidence does not hold"


def _named_kpis(sentence: Sentence, cited: Sequence[Evidence]) -> Iterator[str]:
    """A KPI is spoken of where evidence on it is cited; something counted also beside its price."""
    cited_kpis = {kpi for item in cited for kpi in kpis(item)}
    for place in sentence.mentions(range(len(sentence))):
        kpi, token = sentence.kpi_at(place), sentence.tokens[place]
        if kpi in cited_kpis or token.has("budget", "head"):
            continue
        yield "it speaks of a KPI it cites no evidence for"


def _render(match: re.Match[str], book: EvidenceBook) -> str:
    item = book.numbered(int(match.group(1)))
    if item is None:  # judged before: cannot be
        return ""
    if match.group(2) != NAME_FIGURE:
        return item.text(match.group(2))
    return ENGLISH.kpi(item.label) if item.kind in ("delta", "driver") else item.label
