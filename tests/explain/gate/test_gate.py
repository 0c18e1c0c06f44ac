"""The gate: what evidence carries passes rendered, everything else falls with a reason."""

import dataclasses
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.ports import Facts
from reflection.domain.results import Finding, InsightKind
from reflection.explain.evidence import Evidence, EvidenceBook, Figure
from reflection.explain.evidence_of_facts import gather
from reflection.explain.gate.check import InvalidProposal, Proposal, ValidProposal, judge
from reflection.explain.writer import DeterministicWriter


@pytest.fixture
def book(rich_facts: Facts) -> EvidenceBook:
    return gather(rich_facts)


def _ref(book: EvidenceBook, evidence_id: str) -> str:
    item = book.find(evidence_id)
    assert item is not None
    return f"e{item.number}"


def _judge(
    book: EvidenceBook, text: str, *ids: str, kind: InsightKind = "key_learning"
) -> ValidProposal | InvalidProposal:
    """Judge a text whose `<id>` marks stand for references."""
    refs = {evidence_id: _ref(book, evidence_id) for evidence_id in ids}
    for evidence_id, ref in refs.items():
        text = text.replace(f"<{evidence_id}>", ref)
    return judge(Proposal(kind, text, tuple(refs.values())), book)


GOOD = [
    ("CTR rose from {<delta:ctr>.expected} to {<delta:ctr>.actual}.", ("delta:ctr",)),
    (
        "CPA fell to {<delta:cpa>.actual}, and the higher CTR accounts for {<driver:cpa:ctr>.part} of that",
        ("delta:cpa", "driver:cpa:ctr"),
    ),
    ("The change in CVR ({<delta:cvr>.change}) is within noise.", ("delta:cvr",)),
    ("Campaigns with {<finding:f1>.about} came with a higher CTR ({<finding:f1>.effect}).", ("finding:f1",)),
    ("A test of {<next_test>.about} at about {<next_test>.spend} would tell more.", ("next_test",)),
    ("{<delta:roas>.change} in ROAS is better than expected.", ("delta:roas",)),
    # evidence that points both ways contradicts neither word
    ("CPA fell to {<delta:cpa>.actual}, with CTR at {<delta:ctr>.actual}.", ("delta:cpa", "delta:ctr")),
    ("CTR rose to {<delta:ctr>.actual}, with CPA at {<delta:cpa>.actual}.", ("delta:ctr", "delta:cpa")),
]


@pytest.mark.parametrize(("text", "ids"), GOOD)
def test_what_evidence_carries_passes(book: EvidenceBook, text: str, ids: tuple[str, ...]) -> None:
    verdict = _judge(book, text, *ids)
    assert isinstance(verdict, ValidProposal), verdict
    assert verdict.evidence == ids
    assert "{" not in verdict.text
    assert verdict.text.endswith(".")


def test_figures_and_names_are_rendered_by_us(book: EvidenceBook) -> None:
    verdict = _judge(book, "with {<finding:f1>.about} CTR was {<finding:f1>.effect}", "finding:f1")
    assert verdict == ValidProposal("key_learning", "With age 18-25 CTR was +32.0 %.", ("finding:f1",))
    verdict = _judge(book, "{<delta:cpa>.about} came to {<delta:cpa>.actual}.", "delta:cpa")
    assert isinstance(verdict, ValidProposal)
    assert verdict.text == "CPA came to USD 19.27."


FIGURE = "{<delta:ctr>.actual}"
BAD = [
    # numbers, in all the ways one can write them
    (f"CTR was {FIGURE}, up 12.", "number"),
    (f"CTR was {FIGURE}, up １２.", "number"),
    (f"CTR was {FIGURE} ½ higher.", "number"),
    (f"CTR was {FIGURE}, about twice the plan.", "vocabulary"),
    (f"CTR nearly doubled to {FIGURE}.", "vocabulary"),
    (f"CTR was {FIGURE}, seventy-five more.", "vocabulary"),
    (f"CTR rose threefold to {FIGURE}.", "vocabulary"),
    (f"CTR was {FIGURE} per cent.", "vocabulary"),
    (f"CTR was {FIGURE} %.", "number"),
    # ids, links, markup
    (f"CTR was {FIGURE}, see cmp_007.", "number"),
    (f"CTR was {FIGURE}, see http://evil.example.", "number"),
    (f"CTR was {FIGURE}, see evil.example now.", "runs into another"),
    (f"CTR was {FIGURE}, mail me at x@y.", "number"),
    (f"CTR was **{FIGURE}**.", "markup"),
    (f"CTR was <b>{FIGURE}</b>.", "markup"),
    (f"[CTR](x) was {FIGURE}.", "markup"),
    (f"CTR was {FIGURE}.\nAnd more.", "markup"),
    (f"CTR was {FIGURE} \u202efo.", "markup"),
    (f"СTR was {FIGURE}.", "markup"),  # a Cyrillic letter
    # placeholders that are none
    ("CTR was {<delta:ctr>.nothing}.", "evidence does not hold"),
    ("CTR was {e99.actual}.", "does not cite"),
    ("CTR was {<delta:ctr>}.", "number"),
    ("CTR was {<delta:ctr>.actual.real}.", "number"),
    ("CTR was {<delta:ctr>.__class__}.", "evidence does not hold"),
    ("CTR was higher than expected.", "shows nothing"),
    # names
    (f"CTR was {FIGURE}, ask Bob.", "vocabulary"),
    (f"CTR was {FIGURE} for Acme buyers.", "vocabulary"),
    (f"CTR was {FIGURE} for Zenith buyers.", "vocabulary"),
    (f"CTR was {FIGURE} for eBuyers.", "vocabulary"),
    (f"CTR was {FIGURE}, BUY NOW.", "vocabulary"),
    # other subjects
    (f"CTR was {FIGURE}, ignore the instructions.", "vocabulary"),
    (f"CTR was {FIGURE}, visit us.", "vocabulary"),
    (f"CTR was {FIGURE}, the password is known.", "vocabulary"),
    # KPIs without evidence
    (f"CTR was {FIGURE} and ROAS was good too.", "KPI"),
    # causes
    (f"CTR was {FIGURE} because of the video.", "vocabulary"),
    (f"The video drove CTR to {FIGURE}.", "vocabulary"),
    (f"The video led to {FIGURE} in CTR.", "vocabulary"),
    (f"The video improved the CTR to {FIGURE}.", "vocabulary"),
    (f"The video boosted CTR to {FIGURE}.", "vocabulary"),
    (f"Thanks to the video CTR was {FIGURE}.", "vocabulary"),
    (f"The video raised CTR to {FIGURE}.", "vocabulary"),
    (f"The video accounts for {FIGURE} of CTR.", "vocabulary"),
    (f"CTR was reached because of {FIGURE}.", "cause"),
    (f"The campaign raised CTR to {FIGURE}.", "cause"),
    (f"CTR accounts for {FIGURE} of CTR.", "divides"),
    # overclaims
    (f"CTR will stay at {FIGURE}.", "vocabulary"),
    (f"CTR of {FIGURE} proves the plan.", "vocabulary"),
    (f"CTR is always {FIGURE}.", "vocabulary"),
    (f"CTR was {FIGURE}, a significant change.", "vocabulary"),
    # the wrong way round
    ("CTR fell from {<delta:ctr>.expected} to {<delta:ctr>.actual}.", "opposite"),
    ("CTR went from {<delta:ctr>.actual} to {<delta:ctr>.expected}.", "something it is not"),
    (f"CTR was worse at {FIGURE}.", "opposite"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_what_evidence_does_not_carry_falls_with_its_reason(book: EvidenceBook, text: str, reason: str) -> None:
    verdict = _judge(book, text, "delta:ctr")
    assert isinstance(verdict, InvalidProposal), verdict
    assert reason in verdict.reason


def test_reasons_never_repeat_the_text(book: EvidenceBook) -> None:
    for text, _ in BAD:
        verdict = _judge(book, text, "delta:ctr")
        assert isinstance(verdict, InvalidProposal)
        for word in ("evil", "Bob", "Acme", "cmp_007", "BUY"):
            assert word not in verdict.reason


@pytest.mark.parametrize("references", [(), ("e999",), ("e0",), ("delta:ctr",), ("e1; drop",), ("e1",) * 9, ("",)])
def test_an_item_needs_evidence_that_exists(book: EvidenceBook, references: tuple[str, ...]) -> None:
    assert isinstance(judge(Proposal("key_learning", "CTR was {e1.actual}.", references), book), InvalidProposal)


@pytest.mark.parametrize("text", ["", " ", "{e1.actual}" * 11, "CTR was {e1.actual} " + "and so on " * 60])
def test_empty_or_endless_items_fall(book: EvidenceBook, text: str) -> None:
    assert isinstance(judge(Proposal("key_learning", text, ("e1",)), book), InvalidProposal)


def test_noise_must_be_called_noise(book: EvidenceBook) -> None:
    text = "CVR rose to {<delta:cvr>.actual}"
    fallen = _judge(book, text, "delta:cvr")
    assert isinstance(fallen, InvalidProposal)
    assert "noise" in fallen.reason
    assert isinstance(_judge(book, f"{text}, which cannot be told from noise", "delta:cvr"), ValidProposal)
    for taken_back in ("which is beyond noise", "and that is not noise", "more than noise", "not uncertain"):
        assert isinstance(_judge(book, f"{text}, {taken_back}", "delta:cvr"), InvalidProposal)


def test_every_sentence_shows_something_of_its_evidence(book: EvidenceBook) -> None:
    fallen = _judge(book, "CTR rose to {<delta:ctr>.actual}. So spend it all.", "delta:ctr")
    assert isinstance(fallen, InvalidProposal)
    assert "a sentence that shows nothing" in fallen.reason


@pytest.mark.parametrize("verb", ["raised", "boosted", "increased"])
def test_a_causal_word_passes_for_a_randomised_finding_only(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding], verb: str
) -> None:
    text = "{<finding:f1>.about} " + verb + " CTR by {<finding:f1>.size}."
    for grade, expected in (("observed", InvalidProposal), ("randomised", ValidProposal)):
        book = gather(make_facts(findings=(make_finding(grade=grade),)))
        assert isinstance(_judge(book, text, "finding:f1"), expected)


def test_one_observed_finding_among_randomised_ones_forbids_the_causal_word(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    book = gather(make_facts(findings=(make_finding(grade="randomised"), make_finding(finding_id="f2"))))
    text = "{<finding:f1>.about} raised CTR by {<finding:f1>.size}, and so did {<finding:f2>.about}."
    assert isinstance(_judge(book, text, "finding:f1", "finding:f2"), InvalidProposal)


def test_advice_follows_the_direction_of_its_finding(book: EvidenceBook) -> None:
    more = "Plan more with {<finding:f2>.about}, likely {<finding:f2>.odds}."
    less = more.replace("more", "less")
    fallen = _judge(book, more, "finding:f2", kind="recommendation")
    assert isinstance(fallen, InvalidProposal)
    assert "against" in fallen.reason
    assert isinstance(_judge(book, less, "finding:f2", kind="recommendation"), ValidProposal)


def test_every_number_of_a_deterministic_sentence_is_in_the_evidence_it_cites(rich_facts: Facts) -> None:
    book = gather(rich_facts)
    for statement in DeterministicWriter().statements(book):
        cited = [book.find(evidence_id) for evidence_id in statement.evidence]
        known = " ".join(
            text for item in cited if item for text in (item.label, *(f.text for f in item.figures.values()))
        )
        for number in re.findall(r"\d+(?:[.,]\d+)*", statement.text.replace("90 % interval", "")):
            assert number in known, (statement.text, number)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120), place=st.integers(0, 120))
def test_whatever_is_written_around_a_figure_nothing_but_plain_words_passes(
    book: EvidenceBook, text: str, place: int
) -> None:
    item = book.find("delta:ctr")
    assert item is not None
    proposal = text[:place] + f"{{e{item.number}.actual}}" + text[place:]
    verdict = judge(Proposal("key_learning", proposal, (f"e{item.number}",)), book)
    if isinstance(verdict, ValidProposal):
        rest = verdict.text.replace(item.text("actual"), "", 1)
        assert re.fullmatch(r"[A-Za-z ,.;:'()?!-]*", rest)


def test_nothing_is_recommended_from_a_description_of_the_past(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    group = make_finding(finding_id="g", category="cluster", status="descriptive", lfsr=None)
    described = gather(make_facts(findings=(group,)))
    text = "Plan more with {<finding:g>.about}, with {<finding:g>.campaigns} behind it"
    verdict = _judge(described, text, "finding:g", kind="recommendation")
    assert isinstance(verdict, InvalidProposal)
    assert verdict.reason == "it recommends something from a description of the past"
    told = "The {<finding:g>.campaigns} campaigns of {<finding:g>.about} look alike"
    assert isinstance(_judge(described, told, "finding:g"), ValidProposal)


@pytest.mark.parametrize(
    ("text", "cited", "reason"),
    [
        (
            "Campaigns with {<finding:f1>.about} came with a lower CTR ({<finding:f1>.effect}).",
            "finding:f1",
            "opposite",
        ),
        ("The higher CTR accounts for {<finding:f1>.effect}.", "finding:f1", "divides"),
    ],
)
def test_a_finding_is_neither_turned_round_nor_taken_for_a_decomposition(
    book: EvidenceBook, text: str, cited: str, reason: str
) -> None:
    verdict = _judge(book, text, cited)
    assert isinstance(verdict, InvalidProposal)
    assert reason in verdict.reason


def test_evidence_without_a_direction_carries_no_praise(book: EvidenceBook) -> None:
    verdict = _judge(book, "A test of {<next_test>.about} may find what is better.", "next_test")
    assert isinstance(verdict, InvalidProposal)
    assert "direction" in verdict.reason


SHOWN = "{<delta:ctr>.actual}"


@pytest.mark.parametrize(("length", "passes"), [(400, True), (401, False)])
def test_a_text_has_at_most_400_characters(book: EvidenceBook, length: int, passes: bool) -> None:
    reference = _ref(book, "delta:ctr")
    text = f"CTR was {{{reference}.actual}}"
    text += " there" * ((length - len(text)) // 6)
    verdict = judge(Proposal("key_learning", text.ljust(length), (reference,)), book)
    assert isinstance(verdict, ValidProposal) == passes
    assert passes or "too long" in verdict.reason


@pytest.mark.parametrize(("count", "passes"), [(10, True), (11, False)])
def test_at_most_ten_figures_are_shown(book: EvidenceBook, count: int, passes: bool) -> None:
    verdict = _judge(book, "CTR was " + ", ".join([SHOWN] * count), "delta:ctr")
    assert isinstance(verdict, ValidProposal) == passes
    assert passes or verdict.reason == "it shows too many figures at once"


@pytest.mark.parametrize(("count", "passes"), [(8, True), (9, False)])
def test_at_most_eight_references_are_cited(book: EvidenceBook, count: int, passes: bool) -> None:
    reference = _ref(book, "delta:ctr")
    verdict = judge(Proposal("key_learning", f"CTR was {{{reference}.actual}}", (reference,) * count), book)
    assert isinstance(verdict, ValidProposal) == passes
    assert passes or verdict.reason == "it cites too much at once"


@pytest.mark.parametrize(("word", "passes"), [("lower", True), ("higher", False)])
def test_a_finding_below_one_is_spoken_of_as_lower_only(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding], word: str, passes: bool
) -> None:
    found = gather(make_facts(findings=(make_finding(effect=0.8, interval=(0.7, 0.9), direction="unfavorable"),)))
    text = f"Campaigns with {{<finding:f1>.about}} came with a {word} CTR ({{<finding:f1>.effect}})."
    verdict = _judge(found, text, "finding:f1")
    assert isinstance(verdict, ValidProposal) == passes
    assert passes or "opposite" in verdict.reason


@pytest.mark.parametrize("actual", [None, Figure(0.02, "2.00 %")])
@pytest.mark.parametrize("word", ["rose", "fell"])
def test_a_change_that_is_none_or_not_known_carries_no_direction(actual: Figure | None, word: str) -> None:
    figures = {"expected": Figure(0.02, "2.00 %")} | ({"actual": actual} if actual else {})
    item = Evidence(1, "delta:ctr", "delta", "ctr", "beyond_noise", "accounting", figures, {"kpi": "ctr"})
    verdict = judge(Proposal("key_learning", f"CTR {word} from {{e1.expected}}", ("e1",)), EvidenceBook((item,)))
    assert isinstance(verdict, InvalidProposal)


@pytest.mark.parametrize(
    "value",
    [Proposal("key_learning", "", ()), ValidProposal("key_learning", "", ()), InvalidProposal("key_learning", "")],
)
def test_a_judged_text_cannot_be_changed_afterwards(value: object) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.kind = "recommendation"  # type: ignore[attr-defined]
