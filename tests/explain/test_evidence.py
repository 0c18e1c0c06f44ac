"""Evidence: numbered, typed, rendered once, and the same for the same facts."""

from collections.abc import Callable

import pytest

from reflection.domain.ports import Facts
from reflection.domain.results import Finding, SimilarCampaign
from reflection.explain.evidence import Figure
from reflection.explain.evidence_of_facts import flag_id, gather, subject


def test_every_item_has_its_number_and_its_id_once(rich_facts: Facts) -> None:
    book = gather(rich_facts)
    assert [item.number for item in book] == list(range(1, len(book.items) + 1))
    assert len({item.id for item in book}) == len(book.items)
    assert all(book.find(item.id) is item and book.numbered(item.number) is item for item in book)
    assert book.numbered(0) is None
    assert book.numbered(len(book.items) + 1) is None


def test_ids_are_those_answers_carry(rich_facts: Facts) -> None:
    ids = {item.id for item in gather(rich_facts)}
    assert {"delta:cpa", "delta:ctr", "driver:cpa:ctr", "driver:roas:aov", "finding:f1", "next_test"} <= ids
    assert "similar:campaign:cmp_003" in ids


@pytest.mark.parametrize(
    ("evidence_id", "figure", "value", "text"),
    [
        ("delta:ctr", "change", 75.0, "+75.0 %"),
        ("delta:cpa", "expected", 50.0, "USD 50.00"),
        ("delta:cpa", "actual", 19.268, "USD 19.27"),
        ("delta:roas", "actual", 5.696, "5.70"),
        ("driver:cpa:ctr", "signed_part", -18.035, "USD -18.03"),
        ("driver:cpa:cpm", "signed_part", -11.249, "USD -11.25"),
        ("driver:cpa:cvr", "signed_part", -1.447, "USD -1.45"),
        ("finding:f1", "odds", 0.97, "97 %"),
        ("finding:f1", "effect", 1.32, "+32.0 %"),
        ("next_test", "spend", 500.0, "USD 500"),
    ],
)
def test_figures_of_the_sample(rich_facts: Facts, evidence_id: str, figure: str, value: float, text: str) -> None:
    item = gather(rich_facts).find(evidence_id)
    assert item is not None
    assert item.value(figure) == pytest.approx(value, abs=6e-4)
    assert item.text(figure) == text


def test_a_figure_is_written_when_it_is_said_and_as_it_is_shown() -> None:
    asked: list[float] = []

    def written(value: float) -> str:
        asked.append(value)
        return f"<{value}>"

    plain, rounded, given = Figure(1.234, written), Figure(1.234, written, 1.23), Figure(7.0, "7")
    assert asked == []
    assert (plain.text, rounded.text, given.text) == ("<1.234>", "<1.23>", "7")
    assert asked == [1.234, 1.23]
    assert plain.value == rounded.value == 1.234


def test_certainty_is_that_of_the_comparison(rich_facts: Facts) -> None:
    book = gather(rich_facts)
    certainty = {item.id: item.certainty for item in book}
    assert certainty["delta:cvr"] == certainty["driver:cpa:cvr"] == "noise"
    assert certainty["delta:cpa"] == certainty["driver:cpa:ctr"] == "beyond_noise"


def test_grades_are_never_stronger_than_the_finding(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    findings = (make_finding(), make_finding(finding_id="f2", grade="randomised"))
    book = gather(make_facts(findings=findings))
    grades = {item.id: item.grade for item in book}
    assert grades["finding:f1"] == "observed"
    assert grades["finding:f2"] == "randomised"
    assert grades["driver:cpa:ctr"] == "accounting"


def test_the_given_spelling_of_a_signal_is_shown_where_the_finding_carries_it(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    book = gather(make_facts(findings=(make_finding(metadata={"label": "Students 18-25"}),)))
    item = book.find("finding:f1")
    assert item is not None
    assert item.label == "Students 18-25"
    assert subject("audience.age:18-25") == "age 18-25"


def test_names_are_inert_and_listed(
    make_facts: Callable[..., Facts],
) -> None:
    similar = (SimilarCampaign("campaign:x", "<b>cmp</b> http://evil.example", 0.5, "", {}),)
    item = gather(make_facts(similar=similar)).find("similar:campaign:x")
    assert item is not None
    assert item.names == ("bcmp/b evil.example",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revenue is missing: ROAS and AOV cannot be computed", "flag:revenue_is_missing"),
        ("only 12 conversions: CVR and CPA are uncertain", "flag:only_12_conversions"),
    ],
)
def test_flag_ids_come_from_their_opening_words(text: str, expected: str) -> None:
    assert flag_id(text) == expected


def test_a_flag_twice_is_one_piece_of_evidence(make_facts: Callable[..., Facts]) -> None:
    book = gather(make_facts(notes=("a note: first", "a note: first")))
    assert [item.id for item in book.of_kind("flag")] == ["flag:a_note"]
