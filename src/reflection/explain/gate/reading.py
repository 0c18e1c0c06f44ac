"""Reading what a model wrote: a text as sentences of tokens, each a figure, a mark or words of the closed vocabulary.

A word that is not in the vocabulary ends the reading. Pure; must not know which claims evidence carries.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from reflection.explain.evidence import Evidence
from reflection.explain.gate import words_en as words

NAME_FIGURE = "about"
"""``{e5.about}`` is the name of what e5 is about."""

PLACEHOLDER = re.compile(r"\{e(\d{1,3})\.([a-z_]{1,30})\}")
_TOKEN = re.compile(rf"{PLACEHOLDER.pattern}|([A-Za-z]+(?:'[A-Za-z]+)*)|([,.;:()'-])|(\s+)")
_TOUCHING = re.compile(r"[A-Za-z}]\{|\}[A-Za-z{]|[,.;:)][A-Za-z{]|[A-Za-z}]\(|[,.;:-]{2}")
"""What stands against each other without a space: a word broken up, an address, a figure that becomes another."""

_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")

_BREAKS = frozenset({",", ":", ";", "(", ")", "-"})
_JOINTS = words.SETS["joints"]
NAMED = frozenset({"finding", "effect", "description", "recommendation", "next_test", "similar"})
"""Kinds of evidence about something with a name of its own; the others are about a KPI of the campaign, or a text."""

MEASURED = frozenset({"delta", "driver", "outcome"})
REFERENCES = ("forecast", "average", "before")
"""Words for what a result is compared with."""

FOUND = frozenset({"finding", "effect", "description", "recommendation"})


@dataclass(frozen=True, slots=True)
class Token:
    """A figure of an item, a mark, or words of the vocabulary with what they may claim (`kinds`)."""

    text: str
    kinds: frozenset[str] = frozenset()
    item: Evidence | None = None
    figure: str = ""

    @property
    def kpi(self) -> str | None:
        """The KPI it names, by a word or by the name of its evidence."""
        if self.item is not None:
            return self.item.label if self.item.kind in MEASURED and self.figure == NAME_FIGURE else None
        return words.KPIS[self.text] if "kpi" in self.kinds else None

    def has(self, *kinds: str) -> bool:
        """Whether it may claim one of these."""
        return not self.kinds.isdisjoint(kinds)


@dataclass(frozen=True)
class Sentence:
    """One sentence: its tokens, and where its clauses begin."""

    tokens: tuple[Token, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def figures(self) -> tuple[int, ...]:
        """Where figures and names stand."""
        return tuple(place for place, token in enumerate(self.tokens) if token.item is not None)

    @cached_property
    def items(self) -> tuple[Evidence, ...]:
        """The evidence it shows, in order, none twice."""
        return tuple({item.id: item for place in self.figures if (item := self.tokens[place].item)}.values())

    @cached_property
    def clauses(self) -> tuple[range, ...]:
        """Clauses, between commas and the like, and before `and`, `but`, `while` ... ."""
        return self.split(lambda token: token.text in _BREAKS or token.text in _JOINTS)

    def split(self, ends: Callable[[Token], bool]) -> tuple[range, ...]:
        """Runs of tokens between those that end one, which belong to none."""
        stops = [-1, *(place for place, token in enumerate(self.tokens) if ends(token)), len(self.tokens)]
        return tuple(range(a + 1, b) for a, b in pairwise(stops) if b > a + 1)

    def clause(self, place: int) -> range:
        """The clause a token stands in."""
        return next((run for run in self.clauses if place in run), range(place, place + 1))

    def items_in(self, run: range) -> tuple[Evidence, ...]:
        """The evidence shown in a run of tokens."""
        return tuple({item.id: item for place in run if (item := self.tokens[place].item)}.values())

    def where(self, *kinds: str, run: range | None = None) -> Iterator[int]:
        """Places of tokens that may claim one of these."""
        for place in run if run is not None else range(len(self.tokens)):
            if self.tokens[place].has(*kinds):
                yield place

    def any(self, *kinds: str, run: range | None = None) -> bool:
        """Whether a token may claim one of these."""
        return next(self.where(*kinds, run=run), None) is not None

    def text(self, place: int) -> str:
        """The words of a token; empty outside of the sentence and for figures."""
        inside = 0 <= place < len(self.tokens)
        return self.tokens[place].text if inside and self.tokens[place].item is None else ""

    def kpi_at(self, place: int) -> str | None:
        """The KPI a token names; something counted is its price where its clause speaks of cost."""
        kpi = self.tokens[place].kpi
        if kpi is not None and kpi in words.PRICES and self.any("price", "cheap", "dear", run=self.clause(place)):
            return words.PRICES[kpi]
        return kpi

    def mentions(self, run: range) -> list[int]:
        """Where KPIs are named, in a run of tokens."""
        return [place for place in run if self.kpi_at(place)]


def read(text: str, items: Mapping[int, Evidence]) -> tuple[Sentence, ...] | str:
    """The sentences of a text, or why it cannot be read.

    `items` are the cited ones by number; every placeholder must be of one of them.
    """
    if _TOUCHING.search(PLACEHOLDER.sub("{}", text)) or text.count("(") != text.count(")"):
        return "it holds a word or figure that runs into another"
    pieces = list(_pieces(_HYPHEN.sub(" ", text), items))
    if "" in [piece for piece in pieces if isinstance(piece, str)]:
        return "it holds a sign that is not from evidence"
    sentences = []
    for run in _runs(pieces):
        tokens = _tokens(run)
        if tokens is None:
            return "it holds a word outside the vocabulary"
        sentences.append(Sentence(tuple(tokens)))
    return tuple(sentences)


def _pieces(text: str, items: Mapping[int, Evidence]) -> Iterator[str | Token]:
    """Words, marks and figures; an empty text stands for what is neither."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            yield ""
            return
        number, figure, word, mark, _ = match.groups()
        if number is not None:
            yield Token("", item=items[int(number)], figure=figure)
        elif word or mark:
            yield word or mark
        place = match.end()


def _runs(pieces: Sequence[str | Token]) -> Iterator[list[str | Token]]:
    """Pieces sentence by sentence."""
    run: list[str | Token] = []
    for piece in pieces:
        if piece == ".":
            if run:
                yield run
            run = []
        else:
            run.append(piece)
    if run:
        yield run


def _tokens(run: Sequence[str | Token]) -> list[Token] | None:
    """A sentence's tokens, the longest phrases that leave all the rest readable; None where a word cannot be read.

    From the end backwards, so that no text takes more than its length.
    """
    rests: list[list[Token] | None] = [None] * len(run) + [[]]
    for place in range(len(run) - 1, -1, -1):
        piece = run[place]
        if isinstance(piece, Token) or not piece[0].isalpha():
            choices = [piece if isinstance(piece, Token) else Token(piece)]
        else:
            choices = _phrases(run, place)
        for token in choices:
            rest = rests[place + max(1, len(token.text.split()))]
            if rest is not None:
                rests[place] = [token, *rest]
                break
    return rests[0]


def _phrases(run: Sequence[str | Token], place: int) -> list[Token]:
    """The phrases of the vocabulary that begin here, the longest first."""
    plain: list[str] = []
    for piece in run[place : place + words.LONGEST]:
        word = _plain(piece, opens=not plain and (place == 0 or run[place - 1] == ":"))
        if word is None:
            break
        plain.append(word)
    return [
        Token(" ".join(plain[:length]), kinds)
        for length in range(len(plain), 0, -1)
        if (kinds := words.VOCABULARY.get(tuple(plain[:length])))
    ]


def _plain(piece: str | Token, opens: bool) -> str | None:
    """A word as the vocabulary has it; None for a figure, a mark, and a word with capitals that is no KPI."""
    if isinstance(piece, Token) or not piece[0].isalpha():
        return None
    word = piece.removesuffix("'s")
    if word.isupper() and word.casefold() in words.KPIS:
        return word.casefold()
    if word == word.casefold() or (opens and word[1:] == word[1:].casefold()):
        return word.casefold()
    return None
