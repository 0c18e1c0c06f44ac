"""The packaged model: it is the one NOTICE names, needs nothing but its files, and tells meanings apart."""

import hashlib
import threading
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from reflection.errors import Unavailable
from reflection.memory.packaged_model import DIMENSIONS, EXACT, MAX_TOKENS, NAME, REVISION, PackagedEmbedder

TEXTS = (
    "platform: Meta\nobjective: leads\naudience: students\nheadline: summer coding bootcamp",
    "platform: Google\nobjective: leads\naudience: accountants\nheadline: tax software trial",
    "learning: creative type video\nmetric: ctr",
    "learning: audience retirees on TikTok\nmetric: cost per conversion",
    "do moving pictures get more clicks?",
    "learn programming during the holidays",
    "cheap flights for pupils on holiday",
    "low-cost air travel for students in summer",
    "enterprise tax software",
    "which audience was too expensive last winter?",
    "Everything must go: up to 70 % off garden furniture, this weekend only",
    "A quieter dishwasher for small kitchens",
    "Book a free eye test near you",
    "The retirement calculator your bank does not show you",
    "Handmade leather boots, resoled for life",
    "日本語 🙂",
    "Protein bars without the sweet aftertaste",
    "Switch your energy supplier without a single form",
    "audience: parents of toddlers",
    "headline: Never run out of coffee again",
)
"""None of them lies on an edge: in about one text of twelve some activation is rounded to the next of 256 steps where
the last bit of a float differs (another onnxruntime, no FMA), and its cosine may then be .99 with equal products."""
FOLDER = Path(str(files("reflection.memory").joinpath("models", NAME)))


def test_the_revision_and_so_the_embedder_id_change_with_model_and_tokenizer(minilm: PackagedEmbedder) -> None:
    model, tokenizer = (FOLDER / "model.onnx").read_bytes(), (FOLDER / "tokenizer.json").read_bytes()
    assert hashlib.sha256(model + tokenizer).hexdigest().startswith(REVISION)
    assert hashlib.sha256(model).hexdigest() in (FOLDER / "NOTICE").read_text()
    assert minilm.space is not None
    assert REVISION in minilm.space.id


def test_vectors_are_the_same_on_every_processor(minilm: PackagedEmbedder) -> None:
    """`packaged_vectors.npy` is `vectors(TEXTS)`; without `EXACT` it is off by .005 to .025 where there is no VNNI."""
    stored = np.load(Path(__file__).with_name("packaged_vectors.npy"))
    cosines = np.sum(minilm.vectors(TEXTS) * stored, axis=1)
    assert len(TEXTS) == len(cosines) == 20
    assert cosines.min() >= 0.999


def test_products_are_exact_where_the_processor_has_no_vnni(minilm: PackagedEmbedder) -> None:
    """Where it has, vectors would not tell whether the option is set."""
    minilm.embed(["summer"])
    assert minilm._loaded is not None
    key, value = EXACT
    assert minilm._loaded[1].get_session_options().get_session_config_entry(key) == value


def test_licence_and_notice_lie_beside_the_model() -> None:
    assert "Apache License" in (FOLDER / "LICENSE").read_text()
    assert "sentence-transformers" in (FOLDER / "NOTICE").read_text()


def test_vectors_have_length_one_and_the_promised_shape(minilm: PackagedEmbedder) -> None:
    matrix = minilm.embed(["summer bootcamp for students", "", "日本語 🙂", "x" * 20_000])
    assert matrix.shape == (4, DIMENSIONS)
    assert matrix.dtype == np.float32
    assert np.linalg.norm(matrix, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_paraphrase_is_nearer_than_another_subject(minilm: PackagedEmbedder) -> None:
    asked, same, other = minilm.embed(
        [
            "cheap flights for pupils on holiday",
            "low-cost air travel for students in summer",
            "enterprise tax software",
        ]
    )
    assert asked @ same > asked @ other + 0.3


def test_what_a_text_means_does_not_depend_on_its_neighbours_in_the_batch(minilm: PackagedEmbedder) -> None:
    alone = minilm.embed(["short"])[0]
    among = minilm.embed(["a much longer text about something else entirely", "short", "third"])[1]
    assert np.array_equal(alone, among)


def test_a_text_that_comes_again_is_not_embedded_again(minilm: PackagedEmbedder) -> None:
    before = minilm.embed(["what it says", "something else"])
    computed = minilm._vector.cache_info().misses
    again = minilm.embed(["something else", "what it says"])
    assert np.array_equal(before, again[::-1])
    assert minilm._vector.cache_info().misses == computed


def test_only_the_first_tokens_count(minilm: PackagedEmbedder) -> None:
    start = "word " * (MAX_TOKENS - 2)
    first, second = minilm.embed([start + "summer", start + "winter"])
    assert np.array_equal(first, second)


def test_nothing_is_loaded_before_the_first_text() -> None:
    assert PackagedEmbedder()._loaded is None


def test_every_embedder_of_a_process_uses_one_model(minilm: PackagedEmbedder) -> None:
    minilm.embed(["summer"])
    for _ in range(2):
        another = PackagedEmbedder()
        another.embed(["summer"])
        assert another._loaded is minilm._loaded


def test_a_model_in_a_folder_is_its_own(minilm: PackagedEmbedder, tmp_path: Path) -> None:
    minilm.embed(["summer"])
    with pytest.raises(Unavailable):
        PackagedEmbedder(tmp_path).embed(["summer"])
    own = PackagedEmbedder(FOLDER)
    assert np.array_equal(own.embed(["summer"]), minilm.embed(["summer"]))
    assert own._loaded is not minilm._loaded


def test_threads_get_the_same_vectors(minilm: PackagedEmbedder) -> None:
    texts = [f"campaign number {i}" for i in range(8)]
    wanted = minilm.embed(texts)
    found: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        found[number] = minilm.embed([texts[number]])[0]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[i], wanted[i]) for i in range(8))


def test_a_missing_or_damaged_model_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        PackagedEmbedder(tmp_path).embed(["x"])
    (tmp_path / "tokenizer.json").write_bytes((FOLDER / "tokenizer.json").read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(Unavailable):
        PackagedEmbedder(tmp_path).embed(["x"])
