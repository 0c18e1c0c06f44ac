"""The gate: of what a language model proposes, only what evidence carries passes.

A proposal is a sentence with placeholders such as ``{e3.actual}`` and the references it rests on. The model writes no
figure and no name: both are rendered here from evidence. Everything else must be plain words that claim no more than
the cited evidence does. A rejection is a reason in our words; rejected text is never repeated anywhere. Pure; must not
know models, networks or facts.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reflection.domain.results import InsightKind
from reflection.explain import gate_words_en as words
from reflection.explain.evidence import Evidence, EvidenceBook
from reflection.explain.phrases_en import ENGLISH

MAX_TEXT = 400
MAX_REFERENCES = 8
MAX_PLACEHOLDERS = 10
NAME_FIGURE = "about"
"""``{e5.about}`` is the name of what e5 is about."""

_PLACEHOLDER = re.compile(r"\{e(\d{1,3})\.([a-z_]{1,30})\}")
_REFERENCE = re.compile(r"e(\d{1,3})")
_SWAPPED = re.compile(r"from \{e(\d+)\.actual\} to \{e\1\.expected\}", re.IGNORECASE)
_PART = re.compile(r"[.!?;](?:\s+|$)")
_WORD = re.compile(r"[A-Za-z']+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s+)\(?([A-Za-z']+)")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model wants to say."""

    kind: InsightKind
    text: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A proposal that holds: the text with its figures rendered, and the ids of the evidence it rests on."""

    kind: InsightKind
    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A proposal that does not hold, and why."""

    kind: InsightKind
    reason: str


Verdict = Passed | Rejected
_Move = Literal["up", "down"]


def judge(proposal: Proposal, book: EvidenceBook) -> Verdict:
    """Let a proposal pass, rendered, or say why not."""
    cited = _cited(proposal.references, book)
    if isinstance(cited, str):
        return Rejected(proposal.kind, cited)
    reason = next(_objections(proposal, cited), None)
    if reason is not None:
        return Rejected(proposal.kind, reason)
    text = _PLACEHOLDER.sub(lambda match: _render(match, book), proposal.text).strip()
    text = text if text.endswith((".", "!", "?")) else f"{text}."
    return Passed(proposal.kind, text[:1].upper() + text[1:], tuple(item.id for item in cited))


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
    prose = _PLACEHOLDER.sub(" X ", proposal.text)  # X: a figure or a name stood here
    yield from _form(proposal.text, prose)
    yield from _placeholders(proposal.text, cited)
    yield from _vocabulary(prose, cited)
    yield from _strength(proposal.text, prose, cited)
    yield from _direction(proposal, prose, cited)


def _form(text: str, prose: str) -> Iterator[str]:
    if not text.strip() or len(text) > MAX_TEXT:
        yield "it is empty or too long"
    if not words.LETTERS.fullmatch(prose):
        yield "it holds a number, link, markup or sign that is not from evidence"
    if words.DOTTED.search(prose):
        yield "it holds something like an address"


def _placeholders(text: str, cited: Sequence[Evidence]) -> Iterator[str]:
    items = {item.number: item for item in cited}
    matches = _PLACEHOLDER.findall(text)
    if not matches:
        yield "it shows nothing of the evidence it cites"
    elif not all(_PLACEHOLDER.search(part) for part in _PART.split(text) if part.strip()):
        yield "it has a sentence that shows nothing of the evidence"
    if len(matches) > MAX_PLACEHOLDERS:
        yield "it shows too many figures at once"
    for number, figure in matches:
        item = items.get(int(number))
        if item is None:
            yield "it shows a figure of evidence it does not cite"
        elif figure != NAME_FIGURE and figure not in item.figures:
            yield "it shows a figure that evidence does not hold"


def _vocabulary(prose: str, cited: Sequence[Evidence]) -> Iterator[str]:
    if words.NUMBER_WORDS.search(prose):
        yield "it holds a number in words that is not from evidence"
    if words.OFF_SUBJECT.search(prose):
        yield "it speaks of something other than the campaign's figures"
    mentioned = {match.casefold() for match in words.KPI_WORDS.findall(prose)}
    if mentioned - _kpis(cited):
        yield "it speaks of a KPI it cites no evidence for"
    if any(_is_name(word, prose) for word in _WORD.findall(prose)):
        yield "it holds a name that is not from evidence"


def _is_name(word: str, prose: str) -> bool:
    """A capital letter inside a sentence, outside the KPIs, is a name; names come by placeholder only."""
    if word == "X" or word in words.PLAIN_CAPITALS or words.KPI_WORDS.fullmatch(word):
        return False
    return any(char.isupper() for char in word[1:]) or (
        word[0].isupper() and word not in _SENTENCE_START.findall(prose)
    )


def _strength(text: str, prose: str, cited: Sequence[Evidence]) -> Iterator[str]:
    randomised = any(item.grade == "randomised" for item in cited) and all(
        item.grade == "randomised" for item in cited if item.kind == "finding"
    )
    if not randomised and (words.CAUSAL.search(prose) or words.ON_A_KPI.search(text)):
        yield "it claims a cause where evidence shows an association or plain accounting"
    if words.ACCOUNTING.search(prose) and not any(item.kind == "driver" for item in cited):
        yield "it divides a change among causes without citing the decomposition"
    if words.OVERCLAIM.search(prose):
        yield "it claims more certainty than evidence has"
    doubtful = any(item.certainty in ("noise", "unknown") for item in cited)
    if doubtful and (words.NO_DOUBT.search(prose) or not words.DOUBT.search(prose)):
        yield "it reports a difference within noise as if it were one"


def _direction(proposal: Proposal, prose: str, cited: Sequence[Evidence]) -> Iterator[str]:
    if _SWAPPED.search(proposal.text):
        yield "it turns forecast and result round"
    moves = {move for item in cited if (move := _move(item))}
    if _contradicts(prose, moves, up=words.UP, down=words.DOWN):
        yield "it says the opposite of the evidence"
    quality = {value for item in cited if (value := item.detail.get("direction")) and value != "neither"}
    good = {"up" if value in ("better", "favorable") else "down" for value in quality}
    if _contradicts(prose, good, up=words.BETTER, down=words.WORSE):
        yield "it says the opposite of the evidence"
    if proposal.kind == "recommendation" and any(item.kind == "description" for item in cited):
        yield "it recommends something from a description of the past"
    findings = {item.detail["direction"] for item in cited if item.kind in ("finding", "recommendation")}
    advice = {"up" if value == "favorable" else "down" for value in findings}
    if proposal.kind == "recommendation" and _contradicts(prose, advice, up=words.MORE, down=words.LESS):
        yield "it advises against the evidence"


def _contradicts(prose: str, moves: Iterable[str], *, up: re.Pattern[str], down: re.Pattern[str]) -> bool:
    """All evidence points one way, and the words only the other."""
    says_up, says_down = bool(up.search(prose)), bool(down.search(prose))
    if set(moves) == {"up"}:
        return says_down and not says_up
    return set(moves) == {"down"} and says_up and not says_down


def _move(item: Evidence) -> _Move | None:
    if item.kind in ("delta", "driver"):
        expected, actual = item.value("expected"), item.value("actual")
        if expected is None or actual is None or actual == expected:
            return None
        return "up" if actual > expected else "down"
    effect = item.value("effect") if item.kind in ("finding", "description") else None
    return None if effect is None else "up" if effect >= 1 else "down"


def _kpis(cited: Sequence[Evidence]) -> set[str]:
    """KPIs the cited evidence is about; conversions per unit of spend may be spoken of as CPA."""
    kpis = {item.detail[key] for item in cited for key in ("kpi", "factor", "metric") if key in item.detail}
    text = " ".join(item.label for item in cited if item.kind in ("flag", "reason"))
    return kpis | {match.casefold() for match in words.KPI_WORDS.findall(text)}


def _render(match: re.Match[str], book: EvidenceBook) -> str:
    item = book.numbered(int(match.group(1)))
    if item is None:  # judged before: cannot be
        return ""
    if match.group(2) != NAME_FIGURE:
        return item.text(match.group(2))
    return ENGLISH.kpi(item.label) if item.kind in ("delta", "driver") else item.label
