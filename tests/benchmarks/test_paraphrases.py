"""Search by meaning on questions in other words: at least as good as promised, and exact words still come first."""

import pytest

from benchmarks import paraphrases
from reflection.domain.memory_text import MEANING, fields_of, passages
from reflection.memory.packaged_model import PackagedEmbedder


@pytest.fixture(scope="module")
def asked() -> list[paraphrases.Asked]:
    return paraphrases.pairs()


def test_a_question_in_other_words_finds_its_campaign(asked: list[paraphrases.Asked]) -> None:
    """Also of the questions that nobody looked at while the embedded text was chosen."""
    places = paraphrases.ranks(asked, PackagedEmbedder())
    held_out, everything = paraphrases.quality(places[1::2]), paraphrases.quality(places)
    assert len(asked) >= 72
    assert held_out.recall_at_3 >= 0.93
    assert held_out.mrr >= 0.85
    assert everything.recall_at_3 >= 0.93
    assert everything.mrr >= 0.85


def test_the_questions_share_few_words_with_what_they_ask_for(asked: list[paraphrases.Asked]) -> None:
    words = [set(item.question.casefold().split()) & set(item.text.casefold().split()) for item in asked]
    assert sum(map(len, words)) / len(words) < 3


def test_exact_words_come_first(asked: list[paraphrases.Asked]) -> None:
    """The rarest words of a headline find the campaign that has them."""
    exact = [paraphrases.Asked(item.text, " ".join(fields_of(item.text)["headline"][0].split()[-3:])) for item in asked]
    assert paraphrases.quality(paraphrases.ranks(exact, PackagedEmbedder())).recall_at_3 >= 0.95


def test_of_a_memory_the_meaning_is_embedded_and_the_whole_counts_less(asked: list[paraphrases.Asked]) -> None:
    (meaning, most), (whole, less) = passages(asked[0].text)
    assert whole == asked[0].text
    assert less < most
    assert "platform" not in meaning
    assert "found" not in meaning
    assert meaning.splitlines() == [value for name in MEANING for value in fields_of(whole).get(name, ())]


@pytest.mark.parametrize("text", ["which ads were for students?", "", "platform: Meta\nobjective: Sales"])
def test_a_question_and_a_memory_without_words_of_its_own_are_one_passage(text: str) -> None:
    assert passages(text) == [(text, 1.0)]
