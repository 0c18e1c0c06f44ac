"""GET /v1/stream over real HTTP: news as it comes, ended by leaving and by revoking, bounded, and in nobody's way."""

import inspect
import json
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from reflection.api import access as access_module
from reflection.api import streams
from reflection.api.openapi import CMP_007
from reflection.api.routers import stream as stream_router
from reflection.errors import TooManyRequests
from reflection.explain.attention_sentences import learnt_so_far

PATIENCE = 60.0
EXPORT = b"Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases\n2026-09-01,Autumn,55.00,4000,90,4\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(access_module, "RING_SECONDS", 0.05)
    monkeypatch.setattr(stream_router, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(streams, "KEEP_ALIVE", 0.1)


@pytest.fixture(scope="module")
def streaming(tmp_path_factory, module_serve, keys):
    folder = tmp_path_factory.mktemp("streaming")
    own = f"acme={keys['owner']},globex={keys['other']},*={keys['any']}"
    with module_serve(folder, api_keys=own, embedding_model="none") as live:
        yield live


class Follower:
    """Reads a stream in a thread; `events` are what came, `ended` is set when the server ended it."""

    def __init__(self, live, key, path="/v1/stream"):
        self.events, self.ended, self.status = [], threading.Event(), 0
        self._client = live.client(key)
        self._leave = threading.Event()
        self._path = path
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._leave.set()  # noticed at the next line: a comment comes every tenth of a second
        self._thread.join(PATIENCE)
        self._client.close()

    def _read(self):
        name = ""
        with self._client.stream("GET", self._path, timeout=PATIENCE) as answer:
            self.status = answer.status_code
            for line in answer.iter_lines():
                if self._leave.is_set():
                    return
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line.removeprefix("data: "))))
        self.ended.set()

    def until(self, holds):
        """The first event that holds, within the time a busy machine may take."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for item in list(self.events):
                if holds(*item):
                    return item[1]
            time.sleep(0.02)
        raise AssertionError(self.events)


def gone(live):
    """Whether every stream has ended, within the time a busy machine may take."""
    end = time.monotonic() + PATIENCE
    while live.app.state.streams.open and time.monotonic() < end:
        time.sleep(0.02)
    return live.app.state.streams.open == 0


def test_news_come_as_they_happen_and_of_the_own_workspace_only(streaming, keys):
    application = streaming.application
    with (
        Follower(streaming, keys["owner"]) as acme,
        Follower(streaming, keys["other"]) as globex,
        streaming.client(keys["owner"]) as client,
    ):
        first = acme.until(lambda name, data: name == "learning")
        assert first == {"as_of": None, "campaigns": 0, "pending": 0, "text": "Nothing learnt yet."}
        client.post("/analyze-campaign", json=CMP_007)
        assert acme.until(lambda _, data: data.get("pending") == 1)["text"] == "Nothing learnt yet, 1 campaign waits."
        application.learner.learn_now("acme")
        learnt = acme.until(lambda _, data: data.get("campaigns") == 1)
        assert learnt["text"] == learnt_so_far(learnt["as_of"], 0)
        assert learnt["as_of"][:16].replace("T", " ") in learnt["text"]

        begun = client.post("/v1/imports", files={"files": ("export.csv", EXPORT)}).json()
        acme.until(lambda name, data: name == "import" and data["state"] == "running")
        while application.imports.work():
            pass
        done = acme.until(lambda name, data: name == "import" and data["state"] == "done")
        assert done["import_id"] == begun["import_id"]
        assert [name for name, _ in globex.events] == ["learning"]
        assert acme.status == 200
    assert gone(streaming), "whoever leaves is forgotten"


def test_a_revoked_key_ends_its_stream_and_no_other(streaming, keys):
    application = streaming.application
    with streaming.client(keys["any"]) as operator:
        made = [operator.post("/v1/keys", json={"workspace": "acme", "scope": "read"}).json() for _ in range(2)]
        with Follower(streaming, made[0]["key"]) as revoked, Follower(streaming, made[1]["key"]) as other:
            for follower in (revoked, other):
                follower.until(lambda name, _: name == "learning")
            application.keys.revoke(made[0]["key_id"])

            assert revoked.ended.wait(PATIENCE)
            assert not other.ended.is_set()
    assert gone(streaming)


def test_no_workspace_takes_the_places_of_another_however_many_keys_it_has():
    """Whatever came before: who has no stream gets one, nobody has more than it may, and places come back."""
    places = streams.Streams(None)  # type: ignore[arg-type]
    with ExitStack() as all_streams:
        for workspace in range(8):
            got = 0
            for key in range(streams.MOST):
                with suppress(TooManyRequests):
                    all_streams.enter_context(places.place(f"key {workspace} {key}", f"w{workspace}"))
                    got += 1
            assert 1 <= got <= streams.MOST_OF_A_WORKSPACE
        assert places.open <= streams.MOST
        with places.place("key of a new one", "new"):
            pass
    assert places.open == 0


def test_streams_of_a_caller_are_bounded_and_stand_in_nobodys_way(streaming, keys, monkeypatch):
    monkeypatch.setattr(streams, "MOST_OF_A_CALLER", 3)
    followers = [Follower(streaming, keys["owner"]) for _ in range(3)]
    try:
        for follower in followers:
            follower.__enter__()
            follower.until(lambda name, _: name == "learning")
        with streaming.client(keys["owner"]) as client, streaming.client(keys["other"]) as other:
            refused = client.get("/v1/stream")
            assert refused.status_code == 429
            assert "retry-after" in refused.headers
            assert refused.headers["content-type"] == "application/problem+json"
            assert client.get("/insights").status_code == 200
            with Follower(streaming, keys["other"]) as foreign:
                foreign.until(lambda name, _: name == "learning")
            assert other.get("/health").status_code == 200
    finally:
        for follower in followers:
            follower.__exit__()
    assert gone(streaming)
    with Follower(streaming, keys["owner"]) as again:
        again.until(lambda name, _: name == "learning")


def test_a_stream_ends_by_itself_and_is_kept_alive_meanwhile(streaming, keys, monkeypatch):
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.5)
    with streaming.client(keys["owner"]) as client:
        text = client.get("/v1/stream").text

    assert text.startswith("retry: 1000\n\n")
    assert ": still here\n\n" in text
    assert gone(streaming)


def test_no_thread_that_answers_requests_waits_for_news():
    assert inspect.iscoroutinefunction(stream_router.stream)


@pytest.mark.parametrize(
    ("as_of", "pending", "text"),
    [
        (None, 0, "Nothing learnt yet."),
        ("2026-04-01T12:03:00.123+00:00", 0, "Learnt as of 2026-04-01 12:03 UTC."),
        ("2026-04-01T12:03:00.123+00:00", 4, "Learnt as of 2026-04-01 12:03 UTC, 4 campaigns wait."),
    ],
)
def test_how_far_learning_is_is_one_sentence(as_of, pending, text):
    assert learnt_so_far(as_of, pending) == text
