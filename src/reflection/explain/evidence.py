"""Facts as numbered evidence: every figure that may appear in a sentence, with its unit and its rendering.

An `Evidence` has an id that answers carry (``delta:cpa``, ``driver:cpa:ctr``, ``finding:<id>``,
``recommendation:<id>``, ``next_test``, ``flag:<name>``, ``similar:<id>``) and a number (``e3``) that a language model
refers to. Figures are rendered here alone. Must not know sentences, models or how the facts were computed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from reflection.domain import signals
from reflection.domain.weights import Interval
from reflection.explain import formatting

Kind = Literal[
    "delta", "driver", "outcome", "finding", "description", "recommendation", "next_test", "flag", "similar", "reason",
    "effect", "learnt", "spread", "account", "no_test",
]  # fmt: skip
Certainty = Literal["beyond_noise", "noise", "unknown", "stated"]
Grade = Literal["accounting", "observed", "randomised"]

GROUPS = frozenset({"platform", "objective", "audience", "creative", "campaign", "cluster"})

INTERVAL_LEVEL = "90 %"
"""The level of every interval that is spoken of."""


class Figure(NamedTuple):
    """One number and how it is written.

    Attributes:
        form: the text itself, or what makes it when a sentence needs it: of the figures gathered, most are not said.
        rounded: the number that is written, where it differs from `value` (rounded so that parts add up).
    """

    value: float
    form: str | Callable[[float], str]
    rounded: float | None = None

    @property
    def text(self) -> str:
        """The figure as text, with its unit and sign."""
        if isinstance(self.form, str):
            return self.form
        return self.form(self.value if self.rounded is None else self.rounded)


class Evidence(NamedTuple):
    """One fact that a sentence may rest on.

    Attributes:
        number: position in the book, from 1; a model refers to it as ``e<number>``.
        label: what it is about (a KPI, a signal, a flag's text), as inert text.
        certainty: whether the numbers carry a claim; ``stated`` for what is not a measurement.
        grade: how strong a causal word may be: none but ``randomised`` may say that something caused
            something, ``accounting`` may say "accounts for".
        names: texts from outside (audience names, ids) that a sentence citing this may contain.
    """

    number: int
    id: str
    kind: Kind
    label: str
    certainty: Certainty
    grade: Grade
    figures: Mapping[str, Figure] = MappingProxyType({})
    detail: Mapping[str, str] = MappingProxyType({})
    names: tuple[str, ...] = ()

    def text(self, figure: str) -> str:
        """The rendering of one figure."""
        return self.figures[figure].text

    def value(self, figure: str) -> float | None:
        """The number of one figure, None where it is not known."""
        entry = self.figures.get(figure)
        return entry.value if entry else None


@dataclass(frozen=True)
class EvidenceBook:
    """All evidence of one analysis, in a fixed order; no id twice."""

    items: tuple[Evidence, ...]

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self.items)

    @cached_property
    def _by_id(self) -> dict[str, Evidence]:
        return {item.id: item for item in self.items}

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Evidence]]:
        kinds: dict[Kind, list[Evidence]] = {}
        for item in self.items:
            kinds.setdefault(item.kind, []).append(item)
        return kinds

    def find(self, evidence_id: str) -> Evidence | None:
        """The evidence with that id."""
        return self._by_id.get(evidence_id)

    def numbered(self, number: int) -> Evidence | None:
        """The evidence with that number."""
        return self.items[number - 1] if 1 <= number <= len(self.items) else None

    def of_kind(self, kind: Kind) -> list[Evidence]:
        """All evidence of one kind, in order."""
        return list(self._by_kind.get(kind, ()))

    def as_data(self) -> list[dict[str, object]]:
        """JSON-able form: what a language model is shown."""
        return [
            {
                "ref": f"e{item.number}",
                "kind": item.kind,
                "about": item.label,
                "certainty": item.certainty,
                "grade": item.grade,
                "figures": {name: figure.text for name, figure in item.figures.items()},
                "detail": dict(item.detail),
            }
            for item in self.items
        ]


def join(*books: EvidenceBook) -> EvidenceBook:
    """Several books as one, numbered anew; of two equal ids the first stays."""
    return renumber([item for book in books for item in book])


def renumber(items: Sequence[Evidence]) -> EvidenceBook:
    """A book of these items, numbered from 1; of two equal ids the first stays."""
    first: dict[str, Evidence] = {}
    for item in items:
        first.setdefault(item.id, item)
    return EvidenceBook(tuple(item._replace(number=index) for index, item in enumerate(first.values(), start=1)))


def subject(signal_key: str, spelling: str | None = None) -> str:
    """A signal as a reader knows it, inert: as campaigns spell it where that is known, else its key's label."""
    return formatting.plain_name(spelling or signals.parse(signal_key).label) or "?"


def group_of(signal_key: str) -> str:
    """The kind of signal, as one of a few words of ours: the key's own group may hold a stranger's text."""
    group = signal_key.partition(":")[0].split("*")[-1].split(".")[0]
    return group if group in GROUPS else "other"


def interval(bounds: Interval) -> dict[str, Figure]:
    """A lift's interval as two signed percentages."""
    return {name: Figure(bound, formatting.signed_lift) for name, bound in zip(("low", "high"), bounds, strict=True)}
