"""The packaged embedder: all-MiniLM-L6-v2 in 8 bits, offline from the first minute, one thread, about 2 ms a text.

Loads model and tokenizer on first use, not at import, and once a process: a model loaded again for every opening of
an application left 10 to 25 MB of holes in the heap each time. The shipped tokenizer pads every text to 128 tokens;
padding is switched off and truncation set to 256 (9.5 -> 2.6 ms a text). Texts are therefore run one by one: padding
a batch to its longest text costs more than it saves on one thread. Products are exact on every processor, see `EXACT`.
Knows no store and no campaign.
"""

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from reflection.domain.memory_text import TEMPLATE
from reflection.domain.ports import Vector
from reflection.errors import Unavailable
from reflection.memory.embedders import Matrix, Space, by_passages, checked, unit

NAME = "minilm-l6-v2-int8"
REVISION = "6ea0068e707d"
"""Start of the SHA-256 of model.onnx and tokenizer.json, one after the other; a test compares it with the files."""
DIMENSIONS = 384
MAX_TOKENS = 256
KEPT = 1_024
"""Texts whose vectors are kept (three megabytes): a campaign whose figures come anew every day says the same again, and
embedding it is two thirds of an analysis."""

EXACT = ("session.x64quantprecision", "1")
"""Without VNNI a product of uint8 and int8 saturates in 16 bits; onnxruntime then moves the weights to uint8 as it
loads. With VNNI it changes nothing."""


class PackagedEmbedder:
    """MiniLM through onnxruntime; thread-safe, and safe to build before a fork because it loads late.

    Args:
        folder: where model.onnx and tokenizer.json lie; the packaged ones when None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.space: Space | None = Space(NAME, REVISION, DIMENSIONS, TEMPLATE)
        self._folder = folder
        self._loaded: tuple[Any, Any] | None = None
        self._vector = lru_cache(maxsize=KEPT)(self._output)

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), 384).

        Raises:
            Unavailable: the model's files are missing or damaged.
        """
        return by_passages(texts, self.vectors)

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """The model's own unit vectors of texts as they stand, whatever they are texts of."""
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for index, text in enumerate(texts):
            rows[index] = self._vector(text)
        return unit(checked(rows, len(texts), DIMENSIONS))

    def _output(self, text: str) -> Vector:
        """What the model says of one text."""
        tokenizer, session = self._model()
        ids = np.asarray([tokenizer.encode(text).ids], dtype=np.int64)
        (vector,) = session.run(["embedding"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
        return np.asarray(vector)

    def _model(self) -> tuple[Any, Any]:
        loaded = self._loaded
        if loaded is None:
            with _loading:
                loaded = self._loaded = self._loaded or (_open(self._folder) if self._folder else _packaged())
        return loaded


_loading = threading.Lock()


@cache
def _packaged() -> tuple[Any, Any]:
    """The packaged tokenizer and model, of which every embedder of the process is a user; a failure is not kept."""
    with as_file(files("reflection.memory").joinpath("models").joinpath(NAME)) as folder:
        return _open(folder)


def _open(folder: Path) -> tuple[Any, Any]:
    import onnxruntime  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Tokenizer

    model, words = folder / "model.onnx", folder / "tokenizer.json"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry(*EXACT)
    try:
        tokenizer = Tokenizer.from_file(str(words))
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=MAX_TOKENS)
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise bare Exception subclasses of their own
        raise Unavailable(f"the packaged embedding model cannot be loaded: {type(error).__name__}") from error
    return tokenizer, session
