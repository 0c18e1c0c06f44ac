"""Embeddings from OpenAI or any compatible server: one total deadline, a circuit breaker, and never a text logged.

The SDK's time-out is per read (2.0 s took 12.1 s against a dripping server), so the call runs inside the deadline of
llm/deadline.py, and after three failures in a row none is made for a minute. Whoever asks falls back to words. Knows no
store, no index, no settings.
"""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from reflection.domain.board import Board
from reflection.domain.memory_text import TEMPLATE
from reflection.errors import Unavailable
from reflection.llm.circuit_breaker import Breaker
from reflection.llm.deadline import Deadline, DeadlineRunner
from reflection.memory.embedders import Matrix, Space, by_passages, checked, unit

KNOWN_DIMENSIONS = {
    "text-embedding-3-small": 1_536,
    "text-embedding-3-large": 3_072,
    "text-embedding-ada-002": 1_536,
}
MAX_INPUT = 6_000
"""Characters of a text that are sent; far below every model's limit, and a bound on what one call can cost."""

BATCH = 64


class OpenAIEmbedder:
    """An embedding model behind an OpenAI-compatible endpoint; thread-safe.

    Args:
        api_key: sent to the server, kept nowhere else.
        model: its name, such as ``text-embedding-3-small``.
        base_url: another compatible server; OpenAI's when None.
        dimensions: length of its vectors; needed for models this file does not know, which are asked to shorten to it.
        deadline_seconds: the longest a call may take, whatever the server does.
        board: where failures are noted, by all processes that share it: one server, one breaker.
    """

    def __init__(
        self,
        api_key: str,
        model: str,
        *,
        base_url: str | None = None,
        dimensions: int | None = None,
        deadline_seconds: float = 2.0,
        board: Board | None = None,
        runner: DeadlineRunner | None = None,
    ) -> None:
        self._dimensions = dimensions or KNOWN_DIMENSIONS.get(model, 1_536)
        server = "openai" if base_url is None else hashlib.sha256(base_url.encode()).hexdigest()[:8]
        self.space: Space | None = Space(model.replace(" ", "_"), server, self._dimensions, TEMPLATE)
        self._requested_dimensions = dimensions
        self._model, self._key, self._base_url = model, api_key, base_url
        self._seconds = deadline_seconds
        self._breaker = Breaker(board=board, name="embedder")
        self._runner = runner or DeadlineRunner()
        self._client: Any = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"OpenAIEmbedder(model={self._model!r})"

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), dimensions); batches of `BATCH`, each within its own deadline.

        Raises:
            Unavailable: the server is down, slow, wrong, or was three times in a row and is left alone for a minute.
        """
        return by_passages(texts, self._embed)

    def _embed(self, texts: Sequence[str]) -> Matrix:
        batches = [self._batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, self._dimensions), dtype=np.float32)

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``: whether calls are being made."""
        return self._breaker.state

    def _batch(self, texts: Sequence[str]) -> Matrix:
        if not self._breaker.allows():
            wait = self._breaker.retry_after()
            raise Unavailable(f"the embedding server failed repeatedly; next try in {wait:.0f} s")
        try:
            client = self._connected()  # outside the deadline: importing the SDK takes a second, once
            matrix = self._runner.run(
                self._seconds, lambda deadline: self._call(client, texts, deadline), abandon=self._drop
            )
        except Unavailable:
            self._breaker.failed()
            raise
        except Exception as error:  # whatever the SDK or a lying server's JSON raises: the model is not available
            self._breaker.failed()
            raise Unavailable(f"the embedding server failed: {type(error).__name__}") from error
        self._breaker.succeeded()
        return matrix

    def _call(self, client: Any, texts: Sequence[str], deadline: Deadline) -> Matrix:
        optional = {} if self._requested_dimensions is None else {"dimensions": self._requested_dimensions}
        answer = client.embeddings.create(
            model=self._model,
            input=[text[:MAX_INPUT] or " " for text in texts],
            encoding_format="float",
            timeout=max(0.05, deadline.remaining()),
            **optional,
        )
        ordered = sorted(answer.data, key=lambda item: item.index)
        rows = np.asarray([item.embedding for item in ordered], dtype=np.float32)
        return unit(checked(rows, len(texts), self._dimensions))

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from openai import OpenAI

                self._client = OpenAI(api_key=self._key, base_url=self._base_url, max_retries=0)
            return self._client

    def _drop(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()
