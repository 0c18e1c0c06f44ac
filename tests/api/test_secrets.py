"""Secrets stay where they were given: not in logs at DEBUG, answers, files or texts of objects, whatever fails."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reflection.api.openapi import CMP_007

MODEL_KEY = "sk-canary-of-the-model-0123456789"
CALLERS_KEY = "canary-key-of-a-caller-0123456789"
STRANGERS_KEY = "canary-guessed-by-a-stranger-01"
SECRETS = (MODEL_KEY, CALLERS_KEY, STRANGERS_KEY)


def echoing(status):
    """A model server's handler that answers with the key it was sent, as careless servers do."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = self.headers["Authorization"]
            body = json.dumps({"error": {"message": f"{sent} is wrong", "code": sent}, "output": sent}).encode()
            self.server.calls.append(sent)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Request-Id", sent)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def model_server(status):
    server = ThreadingHTTPServer(("127.0.0.1", 0), echoing(status))
    server.daemon_threads, server.calls = True, []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Witness:
    """Everything that leaves the server or is left behind by it."""

    def __init__(self, client, folder, capfd):
        self.client, self.folder, self.capfd = client, folder, capfd
        self.said = []

    def call(self, method, path, **options):
        answer = self.client.request(method, path, **options)
        self.said.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer.status_code

    def leaks(self):
        out, err = self.capfd.readouterr()
        assert '"event": "request"' in err, "the log must have been seen"
        files = {path.name: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        texts = {"log": (out + err).encode(), "answers": "\n".join(self.said).encode(), **files}
        return [(name, secret) for name, text in texts.items() for secret in SECRETS if secret.encode() in text]


@pytest.fixture
def witness(serve, tmp_path, capfd):
    @contextmanager
    def watching(**values):
        given = {"log_level": "DEBUG", "api_keys": f"acme={CALLERS_KEY}", "rate_limit": "off", **values}
        with serve(**given) as live, live.client(CALLERS_KEY) as client:
            yield live, Witness(client, tmp_path, capfd)

    return watching


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_model_server_that_echoes_the_key_gets_it_nowhere(witness, status):
    with (
        model_server(status) as model,
        witness(openai_api_key=MODEL_KEY, openai_base_url=f"http://127.0.0.1:{model.server_port}/v1") as (live, seen),
    ):
        for number in range(4):  # the fourth meets an open breaker
            assert seen.call("POST", "/analyze-campaign", json={**CMP_007, "campaign_id": f"c{number}"}) == 200
        assert seen.call("POST", "/agent-chat", json={"message": "what did c1 cost?"}) == 200
        assert seen.call("GET", "/ready") == 200
        texts = [repr(live.application.settings), str(live.application.status()), repr(vars(live.application.model))]

    assert model.calls, "the model was asked"
    assert seen.leaks() == []
    assert not [text for text in texts for secret in SECRETS if secret in text]


def break_reading(live, monkeypatch, folder):
    def fail(*_, **__):
        raise RuntimeError(f"unforeseen, with {CALLERS_KEY} and {MODEL_KEY} in it")

    monkeypatch.setattr(live.application.store, "snapshot", fail)
    return [("GET", "/insights", {}, 500)]


def break_the_database(live, monkeypatch, folder):
    live.application.database.close()
    (folder / "reflection.db").write_bytes(b"damage" * 5_000)
    return [("GET", "/insights", {}, 503), ("POST", "/analyze-campaign", {"json": CMP_007}, 503)]


def break_the_output_folder(live, monkeypatch, folder):
    (folder / "output").write_text("not a folder")
    return [("POST", "/analyze-campaign", {"json": CMP_007}, 200), ("GET", "/ready", {}, 200)]


def send_nonsense(live, monkeypatch, folder):
    wrong = {"Authorization": f"Bearer {STRANGERS_KEY}"}
    return [
        (
            "POST",
            "/analyze-campaign",
            {"content": b'{"spend": NaN', "headers": {"Content-Type": "application/json"}},
            422,
        ),
        ("POST", "/analyze-campaign", {"content": b"x" * 2_000_000}, 413),
        ("GET", "/insights", {"headers": wrong}, 401),
        ("GET", "/insights", {"headers": {"Authorization": f"Basic {STRANGERS_KEY}"}}, 401),
        ("GET", "/insights", {"headers": {"X-API-Key": STRANGERS_KEY, "Authorization": ""}}, 401),
        ("GET", "/insights", {"headers": {"X-Request-Id": f"{CALLERS_KEY}\t!"}}, 200),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/insights?limit=x", {}, 422),
        ("GET", "/v1/campaigns/none", {"headers": {"X-Workspace": "globex"}}, 403),
    ]


FAULTS = [
    break_reading,
    pytest.param(break_the_database, marks=pytest.mark.sqlite),
    break_the_output_folder,
    send_nonsense,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_brings_a_key_to_light(witness, tmp_path, monkeypatch, fault):
    with witness(openai_api_key=MODEL_KEY, openai_base_url="http://127.0.0.1:9/v1") as (live, seen):
        for method, path, options, expected in fault(live, monkeypatch, tmp_path):
            assert seen.call(method, path, **options) == expected, path

    assert seen.leaks() == []
