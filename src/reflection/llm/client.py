"""One question to a server that speaks the OpenAI protocol, one JSON text back, or `ModelUnavailable`.

Responses API first; chat completions where a compatible server has none. Everything a server can do wrong ends here as
one error with a reason in our words: no answer of the server, no header and no key is ever repeated. Must not know what
is asked.
"""

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import openai
from openai import OpenAI

from reflection.errors import DeadlineExceeded, ModelUnavailable, Unavailable
from reflection.llm.deadline import Deadline, DeadlineRunner

MAX_ANSWER_BYTES = 1_000_000
MAX_OUTPUT_TOKENS = 1_500
ATTEMPTS = 2
PAUSE_SECONDS = 0.3
LEAST_SECONDS_FOR_RETRY = 1.0
_NO_RESPONSES_API = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: instructions, data, and the JSON schema of the answer."""

    instructions: str
    data: str
    schema_name: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of the answer and the tokens it took (None if the server does not say)."""

    text: str
    tokens: int | None


class ModelServer:
    """A server and a model on it. Thread-safe; holds no open connection between questions."""

    def __init__(
        self,
        api_key: str,
        model: str,
        *,
        base_url: str | None = None,
        deadline_seconds: float = 8.0,
        runner: DeadlineRunner | None = None,
    ) -> None:
        self.model = model
        self._api_key = api_key
        self._base_url = base_url
        self._seconds = deadline_seconds
        self._runner = runner or DeadlineRunner()
        self._tls = ssl.create_default_context()
        self._chat_only = False

    def ask(self, question: Question) -> Answer:
        """Ask, within the deadline (retries included).

        Raises:
            ModelUnavailable: no usable answer, for whatever reason.
        """
        http = self._open()
        try:
            return self._runner.run(
                self._seconds, lambda deadline: self._attempts(http, question, deadline), abandon=http.close
            )
        except ModelUnavailable:
            raise
        except DeadlineExceeded as error:
            raise ModelUnavailable(f"no answer within {self._seconds:g} s") from error
        except Unavailable as error:
            raise ModelUnavailable(error.message) from error

    def _open(self) -> httpx2.Client:
        """A client for one question: closing it ends a call that was given up."""
        return httpx2.Client(
            verify=self._tls,
            timeout=self._seconds,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_bound]},
        )

    def _attempts(self, http: httpx2.Client, question: Question, deadline: Deadline) -> Answer:
        client = OpenAI(api_key=self._api_key, base_url=self._base_url, max_retries=0, http_client=http)
        try:
            for attempt in range(ATTEMPTS):
                try:
                    return self._once(client, question, deadline)
                except (
                    openai.APIConnectionError,
                    openai.RateLimitError,
                    openai.InternalServerError,
                ) as error:
                    last = attempt == ATTEMPTS - 1
                    if last or deadline.remaining() < PAUSE_SECONDS + LEAST_SECONDS_FOR_RETRY:
                        raise ModelUnavailable(_reason(error)) from None
                    time.sleep(PAUSE_SECONDS)
            raise ModelUnavailable("no attempt was made")
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise ModelUnavailable(_reason(error)) from None
        finally:
            http.close()

    def _once(self, client: OpenAI, question: Question, deadline: Deadline) -> Answer:
        if not self._chat_only:
            try:
                return _responses(client, self.model, question, deadline)
            except openai.APIStatusError as error:
                if error.status_code not in _NO_RESPONSES_API:
                    raise
        answer = _chat(client, self.model, question, deadline)
        self._chat_only = True
        return answer


def _responses(client: OpenAI, model: str, question: Question, deadline: Deadline) -> Answer:
    raw = client.responses.with_raw_response.create(
        model=model,
        instructions=question.instructions,
        input=question.data,
        text=cast(
            Any,
            {
                "format": {
                    "type": "json_schema",
                    "name": question.schema_name,
                    "schema": question.schema,
                    "strict": True,
                }
            },
        ),
        max_output_tokens=MAX_OUTPUT_TOKENS,
        store=False,
        timeout=max(deadline.remaining(), 0.05),
    )
    body = _json(raw.http_response)
    if body.get("status") not in (None, "completed"):
        raise ModelUnavailable("the answer is incomplete")
    texts: list[str] = []
    for item in _list(body.get("output")):
        for part in _list(item.get("content")) if item.get("type") == "message" else []:
            if part.get("type") == "refusal":
                raise ModelUnavailable("the model declined to answer", refused=True)
            texts.append(_text(part.get("text")))
    return Answer("".join(texts), _tokens(body))


def _chat(client: OpenAI, model: str, question: Question, deadline: Deadline) -> Answer:
    raw = client.chat.completions.with_raw_response.create(
        model=model,
        messages=[
            {"role": "system", "content": question.instructions},
            {"role": "user", "content": question.data},
        ],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": question.schema_name, "schema": question.schema, "strict": True},
        },
        max_tokens=MAX_OUTPUT_TOKENS,
        timeout=max(deadline.remaining(), 0.05),
    )
    body = _json(raw.http_response)
    choices = _list(body.get("choices"))
    message = choices[0].get("message") if choices else None
    if not isinstance(message, dict) or choices[0].get("finish_reason") not in (None, "stop"):
        raise ModelUnavailable("the answer is incomplete")
    if message.get("refusal"):
        raise ModelUnavailable("the model declined to answer", refused=True)
    return Answer(_text(message.get("content")), _tokens(body))


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        raise ModelUnavailable("the answer is not JSON") from None
    if not isinstance(body, dict):
        raise ModelUnavailable("the answer has an unknown shape")
    return body


def _list(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ModelUnavailable("the answer has an unknown shape")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ModelUnavailable("the answer has an unknown shape")
    return value


def _tokens(body: dict[str, Any]) -> int | None:
    usage = body.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 10**9 else None


def _reason(error: Exception) -> str:
    """Why it failed, in our words: the server's own may repeat the key or the question."""
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return "the server refused the key"
    if isinstance(error, openai.RateLimitError):
        return "the server is at its limit"
    if isinstance(error, openai.APIStatusError):
        return f"the server answered with status {error.status_code}"
    if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
        return "the server did not answer in time"
    return "the server cannot be reached or broke off"


class _BoundedStream(httpx2.SyncByteStream):
    """A response body that ends with an error when it grows too large."""

    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise ModelUnavailable("the answer is too large")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx2.Response) -> None:
    """Bound every body, and take none that unpacks to more than it is."""
    if response.headers.get("content-encoding", "identity").casefold() != "identity":
        raise ModelUnavailable("the answer is compressed although that was not asked for")
    response.stream = _BoundedStream(cast(httpx2.SyncByteStream, response.stream))
