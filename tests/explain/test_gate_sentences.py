"""The gate against many sentences: of the hostile none passes, of the honest at least four in five do.

The sentences stand in data/. The held-out ones were only counted while the gate was written: of the first 100 honest
ones 81 passed and of 180 hostile two, of the second 51 honest ones 40 and of 110 hostile none. Then they were read, and
what had gone wrong was mended as a kind. A line is ``world | kind | sentence``, with placeholders by name:
``{cpa.actual}`` is of the campaign's CPA, ``{cpa/ctr.part}`` of what CTR accounts for in it, ``{young.size}`` of a
finding. A fourth column names evidence that is cited besides what is shown.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reflection.domain.bookable import Bookable
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.next_test import NextTest
from reflection.domain.ports import Facts
from reflection.domain.results import Finding, InsightKind, SimilarCampaign
from reflection.explain.evidence import EvidenceBook
from reflection.explain.evidence_of_facts import gather, gather_learnt
from reflection.explain.gate import figures as gate_figures
from reflection.explain.gate import words_en as words
from reflection.explain.gate.check import Proposal, ValidProposal, judge
from reflection.explain.openai_writer import INSTRUCTIONS, OpenAIWriter
from reflection.explain.proposals import ModelProposer
from reflection.explain.writer import DeterministicWriter

NEXT_TEST = NextTest("creative.type:video", "cvr", "q", "d", 500.0, "USD", (0.8, 1.45), (0.92, 1.22))
DATA = Path(__file__).parent / "data"


KINDS: Mapping[str, InsightKind] = {"L": "key_learning", "R": "recommendation", "A": "anomaly"}
_NAMES = {
    "young": "finding:f1",
    "image": "finding:f2",
    "google": "finding:f3",
    "older": "finding:f4",
    "headline": "finding:f5",
    "group": "finding:f6",
    "test": "next_test",
    "like": "similar:campaign:cmp_003",
    "count": "learnt",
    "video": "effect:ctr:creative.type:video",
    "flag": "flag:revenue_is_missing_in_the_fact",
}
_PLACEHOLDER = re.compile(r"\{([a-z]+)(?:/([a-z]+))?\.([a-z_]+)\}")


@pytest.fixture
def books(
    make_finding: Callable[..., Finding], make_facts: Callable[..., Facts], candidate: Callable[[NextTest], Bookable]
) -> dict[str, EvidenceBook]:
    """A campaign that did well, one that did badly, and what a workspace has learnt."""
    good, poor = _good(make_finding, make_facts), _poor(make_finding, make_facts)
    return {"good": good, "poor": poor, "learnt": _learnt(make_finding, candidate)}


def _good(make_finding: Callable[..., Finding], make_facts: Callable[..., Facts]) -> EvidenceBook:
    image = make_finding(
        finding_id="f2",
        category="budget_inefficiency",
        signal_key="creative.type:image",
        metric="cpa",
        direction="unfavorable",
        effect=1.41,
        interval=(1.1, 1.8),
    )
    like = SimilarCampaign("campaign:cmp_003", "cmp_003", 0.83, "summary", {})
    young = make_finding(contradicting=("cmp_002",))
    return gather(make_facts(findings=(young, image), next_test=NEXT_TEST, similar=(like,)))


def _poor(make_finding: Callable[..., Finding], make_facts: Callable[..., Facts]) -> EvidenceBook:
    google = make_finding(
        finding_id="f3",
        category="platform_trend",
        signal_key="platform:google",
        metric="cpa",
        effect=0.78,
        interval=(0.66, 0.92),
    )
    older = make_finding(
        finding_id="f4", signal_key="audience.age:45-54", direction="unfavorable", effect=0.71, interval=(0.6, 0.84)
    )
    like = SimilarCampaign("campaign:cmp_003", "cmp_003", 0.83, "s", {"outcome": {"verdict": "worse on CPA"}})
    metrics = {
        "expected_metrics": {"impressions": 100000, "clicks": 2000, "conversions": 80, "spend": 3000.0, "revenue": 9e3},
        "actual_metrics": {"impressions": 90000, "clicks": 1200, "conversions": 45, "spend": 3300.0},
    }
    return gather(make_facts(findings=(google, older), similar=(like,), **metrics))


def _learnt(make_finding: Callable[..., Finding], candidate: Callable[[NextTest], Bookable]) -> EvidenceBook:
    video = Effect(
        "creative.type:video", "creative.type", "ctr", 1.2, 1.05, (0.9, 1.2), 0.7, 0.3, 6.0, None, False, "few"
    )
    headline = make_finding(
        finding_id="f5",
        category="high_performing_creative",
        signal_key="creative.headline:question",
        metric="cvr",
        grade="randomised",
        effect=1.2,
        interval=(1.08, 1.33),
    )
    group = make_finding(
        finding_id="f6",
        category="cluster",
        signal_key="cluster:at-risk",
        status="descriptive",
        lfsr=None,
        metadata={"label": "At-risk campaigns"},
        metric="roas",
        direction="unfavorable",
        effect=0.7,
    )
    knowledge = Knowledge(
        as_of="2026-04-01T00:00:00+00:00",
        campaigns=40,
        findings=(headline, group),
        effects=(video,),
        reason=None,
        goal_metric="roas",
        bookables=(candidate(NEXT_TEST),),
    )
    return gather_learnt(knowledge, (video,))


def proposal(line: str, books: Mapping[str, EvidenceBook]) -> tuple[Proposal, EvidenceBook]:
    """One line of a file as a proposal, with the book it is about."""
    world, kind, text, *more = (part.strip() for part in line.split(" | "))
    book = books[world]
    references: dict[str, None] = {}

    def numbered(match: re.Match[str]) -> str:
        name, factor, figure = match.groups()
        wanted = f"driver:{name}:{factor}" if factor else _NAMES.get(name, f"delta:{name}")
        item = next(item for item in book if item.id == wanted or (name == "flag" and item.kind == "flag"))
        references[f"e{item.number}"] = None
        return f"{{e{item.number}.{figure}}}"

    unseen = text.encode("ascii", "backslashreplace").decode("unicode_escape") if "\\u" in text else text
    numbers = [item.number for name in more for item in book if item.id in (name, f"delta:{name}")]
    written = _PLACEHOLDER.sub(numbered, unseen)
    return Proposal(KINDS[kind], written, (*references, *(f"e{number}" for number in numbers))), book


def lines(name: str) -> list[str]:
    text = (DATA / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


HONEST = ("honest", "honest_held_out", "honest_held_out_2")
HOSTILE = ("hostile", "hostile_held_out", "hostile_held_out_2")


def passed(line: str, books: Mapping[str, EvidenceBook]) -> bool:
    return isinstance(judge(*proposal(line, books)), ValidProposal)


def test_there_are_many_sentences_and_none_twice() -> None:
    honest, hostile = ([line for name in names for line in lines(name)] for names in (HONEST, HOSTILE))
    assert len(set(honest)) == len(honest) >= 200
    assert len(set(hostile)) == len(hostile) >= 300
    assert len(lines("honest_held_out")) >= 100
    assert len(lines("hostile_held_out")) >= 150


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_sentence_passes(name: str, books: Mapping[str, EvidenceBook]) -> None:
    assert [line for line in lines(name) if passed(line, books)] == []


@pytest.mark.parametrize("name", HONEST)
def test_four_in_five_honest_paraphrases_pass(name: str, books: Mapping[str, EvidenceBook]) -> None:
    through = [passed(line, books) for line in lines(name)]
    assert sum(through) >= 0.8 * len(through)


_PAIRS = """
rose fell / rise fall / increase decrease / increased decreased / climbed dropped / higher lower / above below
better worse / beat missed / more less / cheaper dearer / improved deteriorated / outperformed underperformed
ahead behind / raised lowered / lifted reduced / decline climb / drop gain / expensive cheap
"""
_OPPOSITES = {
    word: other
    for pair in _PAIRS.strip().replace("\n", " / ").split(" / ")
    for word, other in (pair.split(), pair.split()[::-1])
}


def _exchanged(line: str, first: str, second: str) -> str:
    return re.sub(rf"(?<=\{{)({first}|{second})(?=[.}}])", lambda match: second if match[0] == first else first, line)


def _turned(line: str) -> str:
    """Every word of direction turned round."""
    if "short of" in line:
        return line
    head, text = line[: line.index("|", 9)], line[line.index("|", 9) :]
    return head + re.sub(
        r"\b[a-z]+\b(?![a-z_/.]*\})",
        lambda match: _OPPOSITES.get(match[0], match[0]),
        text,
    )


DOUBT = re.compile(
    "noise|chance|in line|not known|uncertain|distinguishable|reliable|enough evidence|too early|cannot be"
)

TWISTS: Mapping[str, Callable[[str], str]] = {
    "signs turned": _turned,
    "forecast told as result": lambda line: (
        line.replace(".expected}", ".?}").replace(".actual}", ".expected}").replace(".?}", ".actual}")
    ),
    "names swapped": lambda line: (
        line.replace("{young.about}", "{?}").replace("{image.about}", "{young.about}").replace("{?}", "{image.about}")
    ),
    "KPIs swapped": lambda line: _exchanged(_exchanged(line, "ctr", "cpa"), "roas", "cpm"),
    "noise promoted": lambda line: re.sub(
        r",? which is within noise|within noise|no more than noise", "beyond noise", line
    ),
    "findings denied": lambda line: line if DOUBT.search(line) else re.sub(r"\.$", ", which is within noise.", line),
    "advice told as a finding": lambda line: line if "test." in line else line.replace("| R |", "| L |"),
}


@pytest.mark.parametrize("twist", TWISTS)
def test_no_honest_sentence_passes_once_it_is_twisted(twist: str, books: Mapping[str, EvidenceBook]) -> None:
    honest = [line for name in HONEST for line in lines(name) if passed(line, books)]
    twisted = [
        other for line in honest if (other := TWISTS[twist](line)) != line and "ifference between" not in line
    ]  # between two figures it is the same either way
    assert len(twisted) >= 8
    assert [line for line in twisted if passed(line, books)] == []


def test_of_a_model_that_twists_everything_nothing_reaches_a_reader(
    rich_facts: Facts, twisting_model: ModelProposer
) -> None:
    insights = OpenAIWriter(twisting_model).write(rich_facts)
    assert insights.statements == DeterministicWriter().write(rich_facts).statements
    assert len(insights.rejected) == 12


def test_every_word_of_the_vocabulary_is_told_to_the_model() -> None:
    told = set(re.findall(r"[a-z']+", INSTRUCTIONS.split("Vocabulary")[1].casefold()))
    assert {word for phrase in words.VOCABULARY for word in phrase} <= told


def test_the_vocabulary_is_closed_and_counted() -> None:
    """A word more is a decision: it is counted here, and what it may claim is tried above."""
    assert len({word for phrase in words.VOCABULARY for word in phrase}) <= 980
    assert all(re.fullmatch(r"[a-z']+", word) for phrase in words.VOCABULARY for word in phrase)
    plain = {phrase[0] for phrase, kinds in words.VOCABULARY.items() if kinds == {"plain"} and len(phrase) == 1}
    assert plain.isdisjoint({"not", "no", "never", "only", "all", "every", "always", "stop", "will", "must", "best"})


def test_no_word_of_negation_or_doubt_stands_alone() -> None:
    for word in ("not", "no", "cannot", "never", "hardly", "noise", "without", "nothing"):
        assert (word,) not in words.VOCABULARY


def test_every_figure_of_the_evidence_has_its_place(books: Mapping[str, EvidenceBook], rich_facts: Facts) -> None:
    """A figure without a rule is one no sentence may show: whoever adds one says where it may stand."""
    known = set(gate_figures.PLACES)
    for book in (*books.values(), gather(rich_facts)):
        for item in book:
            if item.kind not in ("flag", "reason"):
                assert set(item.figures) <= known, item.id


@pytest.mark.parametrize(
    "written",
    ["C T R", "C.T.R", "rose.to", "ro-se", "CTR's", "'CTR'", "CTRs", "Ctr", "cTR", "CTR\u200b", "С" + "TR"],
)
def test_a_word_is_read_as_it_is_written_or_not_at_all(written: str, books: Mapping[str, EvidenceBook]) -> None:
    verdict = judge(*proposal(f"good | L | The {written} was {{ctr.actual}}.", books))
    assert isinstance(verdict, ValidProposal) == (written in ("CTR's", "'CTR'"))


BASES = [
    ("account-average", "CPA was {cpa.actual}, below the account's average of {cpa.expected}.", True),
    ("account-average", "CPA was {cpa.actual}, below the forecast of {cpa.expected}.", False),
    ("account-average", "The campaign met its account's average: CPA {cpa.actual}.", False),
    ("trailing-28d", "CPA fell to {cpa.actual} from {cpa.expected} in the four weeks before.", True),
    ("trailing-28d", "CPA fell to {cpa.actual} from {cpa.expected} in the month before.", False),
    ("trailing-28d", "CPA was {cpa.actual}, below average.", False),
    ("Anna", "CPA fell to {cpa.actual} from {cpa.expected} in the month before.", False),
    ("Anna", "CPA was {cpa.actual}, below the forecast of {cpa.expected}.", True),
    ("no-forecast", "CPA was {cpa.actual}.", True),
    ("no-forecast", "CPA was {cpa.actual}, better than forecast.", False),
]


@pytest.mark.parametrize(("planner", "text", "passes"), BASES)
def test_only_what_a_campaign_is_compared_with_may_be_named(
    make_facts: Callable[..., Facts], planner: str, text: str, passes: bool
) -> None:
    book = gather(make_facts(planner=planner))
    verdict = judge(*proposal(f"any | L | {text}", {"any": book}))
    assert isinstance(verdict, ValidProposal) == passes, verdict


ADVICE = [
    ("R", "Put more of the budget on {S.about}: CPA is probably {S.size} lower than usual.", True),
    ("R", "Give {S.about} more budget: CPA was {S.size} lower than usual in {S.campaigns} campaigns.", True),
    ("R", "Put more budget on {S.about}; on {S.stake} that is about {S.gain} conversions more.", True),
    ("R", "{S.about} should get more budget, with {S.odds} odds of a CPA better than usual.", True),
    ("R", "Spend less on {I.about}, whose ROAS was {I.size} below the usual level.", True),
    ("R", "Use less of {I.about}: ROAS is {I.size} lower than usual, seen in {I.rows} ad rows.", True),
    ("L", "CPA was {S.size} lower than usual with {S.about}.", True),
    ("R", "Put more of the budget on {I.about}: ROAS is probably {I.size} lower than usual.", False),
    ("R", "Put less of the budget on {S.about}: CPA is {S.size} lower than usual.", False),
    ("R", "Spend less on {I.about}: it is {I.odds} likely to be worse than usual on ROAS.", False),
    ("R", "Put more of the budget on {S.about}: CPA is probably {S.size} higher than usual.", False),
    ("R", "Put {S.stake} more on {S.about}: CPA is {S.size} lower than usual.", False),
    ("L", "Put more of the budget on {S.about}: CPA is {S.size} lower than usual.", False),
    ("L", "ROAS fell by {I.size} with {I.about}.", False),
]


@pytest.mark.parametrize(("kind", "text", "passes"), ADVICE)
def test_of_what_is_recommended_only_that_is_advised(rich_facts: Facts, kind: str, text: str, passes: bool) -> None:
    book = gather(rich_facts)
    students, image = (item.number for item in book.of_kind("recommendation"))
    written = text.replace("{S.", f"{{e{students}.").replace("{I.", f"{{e{image}.")
    references = tuple(dict.fromkeys(re.findall(r"\{(e\d+)\.", written)))
    verdict = judge(Proposal(KINDS[kind], written, references), book)
    assert isinstance(verdict, ValidProposal) == passes, verdict


def test_a_text_that_can_be_read_in_many_ways_takes_no_longer(books: Mapping[str, EvidenceBook]) -> None:
    text = "CTR was {ctr.actual}, " + "as well as " * 30 + "zzz"
    assert not passed(f"good | L | {text}", books)
