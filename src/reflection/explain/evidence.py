"""Facts as numbered evidence: every figure that may appear in a sentence, with its unit and its rendering.

An `Evidence` has an id that answers carry (``delta:cpa``, ``driver:cpa:ctr``, ``finding:<id>``,
``next_test``, ``flag:<name>``, ``similar:<id>``) and a number (``e3``) that a language model refers to.
Figures are rendered here, once. Must not know sentences, models or how the facts were computed.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reflection import signals
from reflection.explain import formatting
from reflection.ports import Facts
from reflection.report import (
    Comparison,
    Decomposition,
    Delta,
    Driver,
    Finding,
    Interval,
    NextTest,
    SimilarCampaign,
)

Kind = Literal["delta", "driver", "finding", "next_test", "flag", "similar", "reason"]
Certainty = Literal["beyond_noise", "noise", "unknown", "stated"]
Grade = Literal["accounting", "observed", "randomised"]

INTERVAL_LEVEL = "90 %"
"""The level of every interval that is spoken of."""

MAX_SIMILAR = 5
MAX_FINDINGS = 40
MAX_STATED = 300
_FLAG_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and how it is written."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is known.

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
    figures: Mapping[str, Figure] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def text(self, figure: str) -> str:
        """The rendering of one figure."""
        return self.figures[figure].text

    def value(self, figure: str) -> float | None:
        """The number of one figure, None where it is not known."""
        known = self.figures.get(figure)
        return known.value if known else None


@dataclass(frozen=True, slots=True)
class EvidenceBook:
    """All evidence of one analysis, in a fixed order."""

    items: tuple[Evidence, ...]

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self.items)

    def find(self, evidence_id: str) -> Evidence | None:
        """The evidence with that id."""
        return next((item for item in self.items if item.id == evidence_id), None)

    def numbered(self, number: int) -> Evidence | None:
        """The evidence with that number."""
        return self.items[number - 1] if 1 <= number <= len(self.items) else None

    def of_kind(self, kind: Kind) -> list[Evidence]:
        """All evidence of one kind, in order."""
        return [item for item in self.items if item.kind == kind]

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

    def fingerprint(self) -> str:
        """SHA-256 over everything a writer sees: equal evidence, equal hash."""
        body = [[item.id, item.label, list(item.names)] for item in self.items]
        text = json.dumps([body, self.as_data()], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Draft:
    """Evidence that has no number yet."""

    id: str
    kind: Kind
    label: str
    certainty: Certainty
    grade: Grade
    figures: Mapping[str, Figure] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def gather(facts: Facts) -> EvidenceBook:
    """Everything a writer may say about these facts."""
    comparison = facts.comparison
    drafts = [
        *(_delta(key, delta, comparison.currency) for key, delta in comparison.deltas.items()),
        *(
            _driver(part, driver, comparison.currency)
            for part in comparison.drivers
            for driver in part.drivers
        ),
        *(_finding(finding, comparison.currency) for finding in facts.findings[:MAX_FINDINGS]),
        *_context(comparison, facts),
        *(_similar(item) for item in facts.similar[:MAX_SIMILAR]),
    ]
    unique = {draft.id: draft for draft in reversed(drafts)}  # the first of two equal ids stays
    ordered = [draft for draft in drafts if unique[draft.id] is draft]
    return EvidenceBook(tuple(_number(index, draft) for index, draft in enumerate(ordered, start=1)))


def subject(signal_key: str, shown: str | None = None) -> str:
    """A signal as a reader knows it, inert: its given spelling where the finding carries one, else its key's
    label.
    """
    return formatting.plain_name(shown or signals.parse(signal_key).label) or "?"


def flag_id(text: str) -> str:
    """``flag:`` and the flag's opening words; what follows a colon explains and is left out."""
    return f"flag:{_FLAG_NAME.sub('_', text.split(':')[0].casefold()).strip('_')[:60]}"


def _number(index: int, draft: _Draft) -> Evidence:
    return Evidence(
        index,
        draft.id,
        draft.kind,
        draft.label,
        draft.certainty,
        draft.grade,
        draft.figures,
        draft.detail,
        draft.names,
    )


def _delta(key: str, delta: Delta, currency: str | None) -> _Draft:
    kpi = key.removesuffix("_diff")
    figures: dict[str, Figure] = {}
    for name in ("expected", "actual"):
        value = getattr(delta, name)
        if value is not None:
            figures[name] = Figure(value, formatting.kpi_value(kpi, value, currency))
    if delta.pct_diff is not None:
        figures["change"] = Figure(delta.pct_diff, formatting.percent(delta.pct_diff, signed=True))
        figures["size"] = Figure(abs(delta.pct_diff), formatting.percent(abs(delta.pct_diff)))
    if delta.interval is not None:
        low, high = (formatting.kpi_value(kpi, bound, currency) for bound in delta.interval)
        figures |= {"low": Figure(delta.interval[0], low), "high": Figure(delta.interval[1], high)}
    better = {True: "better", False: "worse", None: "neither"}[delta.favorable]
    detail = {"kpi": kpi, "direction": better} | ({"reason": delta.reason} if delta.reason else {})
    return _Draft(f"delta:{kpi}", "delta", kpi, _certainty(delta.beyond_noise), "accounting", figures, detail)


def _driver(part: Decomposition, driver: Driver, currency: str | None) -> _Draft:
    factor, total = driver.factor.casefold(), part.actual - part.expected
    shown_total = round(part.actual, 2) - round(part.expected, 2)
    figures = {
        "expected": Figure(driver.expected, formatting.kpi_value(factor, driver.expected, currency)),
        "actual": Figure(driver.actual, formatting.kpi_value(factor, driver.actual, currency)),
        "part": Figure(
            abs(driver.displayed), formatting.kpi_value(part.kpi, abs(driver.displayed), currency)
        ),
        "signed_part": Figure(
            driver.contribution, formatting.kpi_value(part.kpi, driver.displayed, currency, signed=True)
        ),
        "total": Figure(abs(total), formatting.kpi_value(part.kpi, abs(shown_total), currency)),
    }
    known = driver.beyond_noise or driver.z is not None
    detail = {"kpi": part.kpi, "factor": factor} | ({"note": part.note} if part.note else {})
    certainty = _certainty(driver.beyond_noise if known else None)
    return _Draft(f"driver:{part.kpi}:{factor}", "driver", factor, certainty, "accounting", figures, detail)


def _finding(finding: Finding, currency: str | None) -> _Draft:
    figures = {"campaigns": Figure(finding.evidence_count, formatting.count(finding.evidence_count))}
    if finding.effect is not None:
        figures["effect"] = Figure(finding.effect, formatting.signed_lift(finding.effect))
        figures["size"] = Figure(abs(finding.effect - 1), formatting.lift(finding.effect))
    if finding.interval is not None:
        figures |= _interval(finding.interval)
    if finding.raw_lift is not None:
        figures["raw"] = Figure(finding.raw_lift, formatting.signed_lift(finding.raw_lift))
    right = finding.probability if finding.lfsr is None else 1 - finding.lfsr
    if right is not None:
        figures["odds"] = Figure(right, formatting.probability(right))
    if finding.spend is not None:
        figures["spend"] = Figure(finding.spend, formatting.money(finding.spend, currency, whole=True))
    figures["against"] = Figure(len(finding.contradicting), formatting.count(len(finding.contradicting)))
    given = finding.metadata.get("label")
    label = subject(finding.signal_key, given if isinstance(given, str) else None)
    scope = "campaign" if finding.signal_key.startswith("campaign:") else "signal"
    detail = {
        "metric": finding.metric,
        "direction": finding.direction,
        "category": finding.category,
        "scope": scope,
    }
    return _Draft(
        f"finding:{finding.finding_id}",
        "finding",
        label,
        "beyond_noise",
        finding.grade,
        figures,
        detail,
        (label,),
    )


def _context(comparison: Comparison, facts: Facts) -> Iterator[_Draft]:
    for text in (*comparison.flags, *facts.notes):
        yield _stated(flag_id(text), "flag", text)
    if facts.patterns.next_test is not None:
        yield _next_test(facts.patterns.next_test)
    if facts.patterns.reason and not facts.findings:
        yield _stated("flag:no_findings", "reason", facts.patterns.reason)


def _stated(evidence_id: str, kind: Kind, text: str) -> _Draft:
    """Something said in words by the core; a name in it is inert here."""
    plain = formatting.plain_name(text, MAX_STATED).rstrip(". ")
    return _Draft(evidence_id, kind, plain, "stated", "observed", _figures_in(plain))


def _next_test(test: NextTest) -> _Draft:
    label = subject(test.signal_key)
    figures = {f"now_{name}": figure for name, figure in _interval(test.interval_now).items()}
    figures |= {f"after_{name}": figure for name, figure in _interval(test.interval_after).items()}
    if test.spend is not None:
        figures["spend"] = Figure(test.spend, formatting.money(test.spend, test.currency, whole=True))
    return _Draft(
        "next_test", "next_test", label, "stated", "observed", figures, {"metric": test.metric}, (label,)
    )


def _similar(item: SimilarCampaign) -> _Draft:
    name = formatting.plain_name(item.campaign_id) or "?"
    figures = {"score": Figure(item.score, formatting.ratio(item.score))}
    return _Draft(f"similar:{item.document_id}", "similar", name, "stated", "observed", figures, {}, (name,))


def _interval(bounds: Interval) -> dict[str, Figure]:
    """A lift's interval as two signed percentages."""
    return {
        name: Figure(bound, formatting.signed_lift(bound))
        for name, bound in zip(("low", "high"), bounds, strict=True)
    }


def _figures_in(text: str) -> dict[str, Figure]:
    """The numbers a text of ours already holds, so that a sentence may repeat them."""
    found = re.findall(r"\d+(?:[.,]\d+)*", text)
    return {
        f"value{index}": Figure(float(number.replace(",", "")), number)
        for index, number in enumerate(found, 1)
    }


def _certainty(beyond_noise: bool | None) -> Certainty:
    return {True: "beyond_noise", False: "noise", None: "unknown"}[beyond_noise]  # type: ignore[return-value]
