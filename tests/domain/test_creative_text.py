"""Traits of texts: the same marks in many languages, bounded in time, nothing read from too little text."""

import time

import pytest

from reflection.domain.creative_entry import CreativeEntry, CreativeRequest
from reflection.domain.creative_knowledge import given_traits
from reflection.domain.creative_text import MOST_CHARACTERS, TRAITS, CreativeText, length_of
from reflection.domain.validation import read
from reflection.errors import InvalidInput


def traits(headline: str, text: str = "") -> set[str]:
    return {name for name, has in CreativeText(headline, text).traits.items() if has}


@pytest.mark.parametrize(
    ("headline", "shown", "missing"),
    [
        ("Is your budget wasted?", {"question", "you", "short"}, {"number", "offer", "exclamation"}),
        ("予算は足りていますか？", {"question"}, {"number"}),
        ("هل ميزانيتك كافية؟", {"question"}, {"number"}),
        ("Save 20 % today!", {"offer", "number", "urgency", "exclamation"}, {"question"}),
        ("Spare 20 € bei deinem Einkauf", {"offer", "you", "number"}, {"urgency"}),
        ("Solo hoy: oferta de 3 meses", {"offer", "urgency", "number", "colon"}, {"you"}),
        ("١٢ نصيحة لحملتك", {"number"}, {"question"}),
        ("Big news 🎉", {"emoji"}, {"capitals"}),
        (
            "We were THRILLED. Then she said no…",
            {"we", "capitals", "people", "negation", "suspense", "sentences"},
            set(),
        ),
        ("The season was long", set(), {"how", "urgency", "offer"}),
    ],
)
def test_traits_are_read_in_many_languages(headline: str, shown: set[str], missing: set[str]) -> None:
    assert shown <= traits(headline)
    assert not missing & traits(headline)


def test_length_is_of_the_headline_and_of_the_text_apart() -> None:
    assert {"long", "short_text"} <= traits("word " * 15, "three words here")
    assert {"short", "long_text"} <= traits("two words", "word " * 50)
    assert length_of("買い物をするなら今") == 5, "two characters a word where nothing is spaced"
    assert not {"short", "long", "short_text", "long_text"} & traits("")


def test_parts_of_a_responsive_ad_are_shown_apart() -> None:
    parts = ["Which shoe?", "Every size", "Free returns", "Two days", "Pay later", "Try at home"]
    ad = traits(" | ".join(parts), "Now.")
    assert {"question", "short"} <= ad, "as long as its longest part"
    assert not {"sentences", "long"} & ad, "a headline that ends in a mark is no text of two sentences"
    assert "sentences" in traits("Which shoe? Every size")


def test_traits_are_sorted_and_every_text_has_all_of_them() -> None:
    assert list(TRAITS) == sorted(TRAITS)
    assert list(CreativeText().traits) == list(TRAITS)


@pytest.mark.parametrize("headline", ["", "  ", "🔥🔥", "?!", "ab", "\u200b\u200b"])
def test_too_little_text_is_said_to_be(headline: str) -> None:
    assert not CreativeText(headline).says_something


def test_white_space_is_no_difference_and_text_is_no_headline() -> None:
    assert CreativeText(" a  b\n").key == CreativeText("a b").key
    assert CreativeText("a", "b").key != CreativeText("a b").key != CreativeText("", "a b").key


@pytest.mark.parametrize("piece", ["a", "?", "' ", "1 %", "\u0301", "$", "A’", ". ", "(", "買"])
def test_long_and_hostile_texts_take_linear_time(piece: str) -> None:
    text = CreativeText((piece * MOST_CHARACTERS)[: MOST_CHARACTERS * 3], piece * MOST_CHARACTERS)
    began = time.process_time()
    assert set(text.traits) == set(TRAITS)
    assert time.process_time() - began < 2.0, "a bound for loops in loops, not for speed"


def test_only_some_attributes_are_traits() -> None:
    assert given_traits({"Hook": "Social  Proof", "media type": "Video", "colour": "red"}) == (
        "hook:social proof",
        "media_type:video",
    )


def test_a_creative_without_an_id_has_one_of_its_content() -> None:
    entry = {"headline": "Is it you?", "hook": "curiosity", "score": 70}
    (read_entry,) = read(CreativeRequest, {"creatives": [entry]}).creatives
    assert read_entry.given == ("hook:curiosity",)
    assert read_entry.id == CreativeEntry(headline="Is it you?", hook="curiosity", score=70.0).id


@pytest.mark.parametrize(
    "body",
    [
        {"headline": "x" * (MOST_CHARACTERS + 1)},
        {"headline": "a\x00b"},
        {"headline": "a\ud800b"},
        {"headline": 5},
        {"headline": "a", "score": 101.0},
        {"headline": "a", "score": float("nan")},
        {"headline": "a", "hook": "unknown"},
        {"creative_id": ""},
        {"primary_text": None},
    ],
)
def test_what_is_wrong_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        read(CreativeRequest, {"creatives": [body]})


@pytest.mark.parametrize(
    "body",
    [
        {"creatives": []},
        {"headline": "one alone"},
        {"creatives": [{"creative_id": "Crt 1"}, {"creative_id": "crt  1"}]},
        {"creatives": [{"headlin": "a"}]},
    ],
)
def test_a_wrong_list_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        read(CreativeRequest, body)
