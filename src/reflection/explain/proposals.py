"""Asking a language model for proposals: allowance, breaker, cache and the shape of the answer, in one place.

What comes back is proposals for the gate, never sentences for a reader. Must not know what is asked nor what becomes of
the answer.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Bounded

from reflection.domain.board import Board
from reflection.errors import ModelUnavailable
from reflection.explain.evidence import EvidenceBook
from reflection.explain.gate.check import MAX_REFERENCES, MAX_TEXT, Proposal
from reflection.llm.circuit_breaker import Breaker
from reflection.llm.client import MAX_OUTPUT_TOKENS, ModelServer, Question
from reflection.llm.token_budget import Allowance

MAX_ITEMS = 12
CACHED = 512
TOKENS_PER_DAY = 500_000
CHARACTERS_PER_TOKEN = 3

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind", "text", "evidence"],
                "properties": {
                    "kind": {"type": "string", "enum": ["key_learning", "recommendation", "anomaly"]},
                    "text": {"type": "string"},
                    "evidence": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}


class _Item(BaseModel):
    """One proposal as the model writes it; longer texts are cut off here and rejected by the gate."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["key_learning", "recommendation", "anomaly"]
    text: Annotated[str, StringConstraints(max_length=10 * MAX_TEXT)]
    evidence: Annotated[list[Annotated[str, StringConstraints(max_length=20)]], Bounded(max_length=4 * MAX_REFERENCES)]


class _Items(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    items: Annotated[list[_Item], Bounded(max_length=4 * MAX_ITEMS)]


class ModelProposer:
    """A language model that is asked for proposals; thread-safe, one per server and model.

    Args:
        board: where its failures and the tokens used are noted, by all processes that share it.
    """

    def __init__(
        self,
        server: ModelServer,
        *,
        board: Board | None = None,
        tokens_per_day: int = TOKENS_PER_DAY,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._server = server
        self._breaker = Breaker(board=board, name="language-model")
        self._allowance = Allowance(tokens_per_day, today, board)
        self._cache: OrderedDict[tuple[str, ...], tuple[Proposal, ...]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name, as the server knows it."""
        return self._server.model

    def status(self) -> dict[str, object]:
        """What a health page shows: the model and whether it is being asked."""
        return {"model": self.name, "breaker": self._breaker.state}

    def propose(self, workspace: str, instructions: str, data: str) -> tuple[Proposal, ...]:
        """Ask once for the same question of a workspace; later the kept answer is given.

        Raises:
            ModelUnavailable: not asked (allowance, breaker) or no usable answer.
        """
        key = (workspace, instructions, data)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        proposals = self._ask(workspace, Question(instructions, data, "insights", SCHEMA))
        with self._lock:
            self._cache[key] = proposals
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return proposals

    def _ask(self, workspace: str, question: Question) -> tuple[Proposal, ...]:
        tokens = (len(question.instructions) + len(question.data)) // CHARACTERS_PER_TOKEN + MAX_OUTPUT_TOKENS
        if not self._allowance.reserve(workspace, tokens):
            raise ModelUnavailable("today's allowance for the language model is used up")
        if not self._breaker.allows():
            self._allowance.settle(workspace, tokens, 0)
            raise ModelUnavailable("the language model failed repeatedly and is not asked for a while")
        try:
            answer = self._server.ask(question)
        except ModelUnavailable as error:
            (self._breaker.succeeded if error.refused else self._breaker.failed)()
            self._allowance.settle(workspace, tokens, 0)
            raise
        self._allowance.settle(workspace, tokens, tokens if answer.tokens is None else answer.tokens)
        try:
            proposals = _read(answer.text)
        except ModelUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return proposals


def fenced(book: EvidenceBook, question: str | None = None) -> str:
    """The evidence (and a reader's question) as one JSON document between fences that no text inside can hold.

    Angle brackets are struck out of the question; names in the evidence have none.
    """
    content: dict[str, Any] = {"evidence": book.as_data()}
    if question is not None:
        content["question"] = question.replace("<", " ").replace(">", " ")
    document = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return f"<<<evidence\n{document}\nevidence>>>"


def _read(text: str) -> tuple[Proposal, ...]:
    try:
        items: Sequence[_Item] = _Items.model_validate_json(text).items
    except ValidationError:
        raise ModelUnavailable("the answer does not follow the schema") from None
    return tuple(Proposal(item.kind, item.text, tuple(item.evidence)) for item in items)
