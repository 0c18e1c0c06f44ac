"""Facts to write about: the specification's sample campaign, compared for real, with findings around it."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reflection.comparison.compare import compare
from reflection.domain.bookable import Bookable, Definition, Total
from reflection.domain.campaign import Campaign
from reflection.domain.next_test import NextTest
from reflection.domain.ports import Facts
from reflection.domain.results import Finding, PatternReport, SimilarCampaign
from reflection.domain.scatter import NO_SCATTER, CampaignScatter

SAMPLE: dict[str, Any] = {
    "campaign_id": "cmp_007_meta_summer_bootcamp",
    "platform": "Meta",
    "objective": "Lead Generation",
    "expected_metrics": {
        "impressions": 95000,
        "clicks": 1900,
        "conversions": 76,
        "spend": 3800.0,
        "revenue": 7600.0,
    },
    "actual_metrics": {
        "impressions": 140000,
        "clicks": 4900,
        "conversions": 205,
        "spend": 3950.0,
        "revenue": 22500.0,
    },
    "audiences": [{"name": "Students 18-25", "attributes": {"age_range": "18-25"}}],
    "creatives": [{"id": "crt_010", "type": "video"}],
    "timestamp": "2026-03-29T10:00:00+00:00",
    "currency": "USD",
}

NEXT_TEST = NextTest("creative.type:video", "cvr", "q", "d", 500.0, "USD", (0.8, 1.45), (0.92, 1.22))


STUDENTS = Bookable(
    key="audience:students 18-25", label="audience Students 18-25",
    definition=Definition("audience:students 18-25", "audience", {"audience:students 18-25": 1.0}), platform=None,
    campaigns=12, rows=40, spend=5000.0, with_spend=12, conversions=300.0, objectives={}, enough=True,
    total=Total("conversions_per_spend", 1.25, (1.1, 1.4), 1.35, 0.98, 0.03, "exploit", stake=1000.0, gain=8.7,
                currency="USD"),
)  # fmt: skip
IMAGE = replace(
    STUDENTS, key="creative:crt_9", label="creative crt_9", definition=Definition("creative:crt_9", "creative", {}),
    total=Total("roas", 0.8, (0.7, 0.9), 0.88, 0.01, 0.02, "avoid", stake=500.0, gain=-240.0, currency="USD"),
)  # fmt: skip


def _finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "finding_id": "f1",
        "category": "winning_audience",
        "title": "title",
        "description": "description",
        "signal_key": "audience.age:18-25",
        "impact_score": 1.0,
        "evidence_count": 12,
        "metadata": {},
        "metric": "ctr",
        "direction": "favorable",
        "effect": 1.32,
        "interval": (1.08, 1.61),
        "probability": 0.98,
        "lfsr": 0.03,
        "raw_lift": 1.5,
        "effective_campaigns": 8.2,
        "spend": 5000.0,
        "supporting": ("a",),
        "contradicting": (),
    }
    return Finding(**(values | changes))


def _facts(
    campaign: dict[str, Any] | None = None,
    findings: tuple[Finding, ...] = (),
    *,
    reason: str | None = None,
    next_test: NextTest | None = None,
    similar: tuple[SimilarCampaign, ...] = (),
    scatter: CampaignScatter = NO_SCATTER,
    notes: tuple[str, ...] = (),
    advice: tuple[Bookable, ...] = (),
    **changes: Any,
) -> Facts:
    parsed = Campaign.model_validate((campaign or SAMPLE) | changes)
    comparison = compare(parsed, generated_at="2026-03-29T10:00:00+00:00", scatter=scatter)
    lists: tuple[tuple[Finding, ...], ...] = (findings, (), (), (), (), ())
    patterns = PatternReport(
        parsed.campaign_id, comparison.generated_at, *lists, auto_tags=(), reason=reason, next_test=next_test
    )
    return Facts(comparison, patterns, findings, similar, parsed.platform, parsed.objective, notes, advice, parsed)


@pytest.fixture
def sample() -> dict[str, Any]:
    """The specification's sample campaign as JSON."""
    return dict(SAMPLE)


@pytest.fixture
def make_finding() -> Callable[..., Finding]:
    """A finding with chosen fields."""
    return _finding


@pytest.fixture
def make_facts() -> Callable[..., Facts]:
    """Facts of a campaign (the sample by default) with findings, a reason, a next test, neighbours."""
    return _facts


@pytest.fixture
def rich_facts() -> Facts:
    """The sample with a finding for and one against, a next test and a neighbour."""
    findings = (
        _finding(contradicting=("cmp_002",)),
        _finding(
            finding_id="f2",
            category="budget_inefficiency",
            signal_key="creative.type:image",
            metric="cpa",
            direction="unfavorable",
            effect=1.41,
            interval=(1.1, 1.8),
        ),
    )
    similar = (SimilarCampaign("campaign:cmp_003", "cmp_003", 0.83, "summary", {}),)
    return _facts(findings=findings, next_test=NEXT_TEST, similar=similar, advice=(STUDENTS, IMAGE))


class FakeServer:
    """A loopback server that speaks the OpenAI protocol, well or in one of many bad ways.

    `items` is what its model answers; `mode` how it behaves; `requests` what it was sent.
    """

    def __init__(self) -> None:
        self.mode = "good"
        self.items: Any = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.dripped = 0
        self._released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test output quiet."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that give up are the point of these tests."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        body = json.loads(handler.rfile.read(length))
        self.requests.append((handler.path, body))
        getattr(self, f"_{self.mode}")(handler)

    def text(self) -> str:
        return self.items if isinstance(self.items, str) else json.dumps({"items": self.items})

    def reply(self, path: str) -> dict[str, Any]:
        if path.endswith("/chat/completions"):
            message = {"role": "assistant", "content": self.text()}
            return {
                "choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"total_tokens": 900},
            }
        part = {"type": "output_text", "text": self.text(), "annotations": []}
        return {
            "status": "completed",
            "output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": [part]}],
            "usage": {"total_tokens": 900},
        }

    def _json(self, handler: BaseHTTPRequestHandler, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _good(self, handler: BaseHTTPRequestHandler) -> None:
        self._json(handler, self.reply(handler.path))

    def _chat_only(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/chat/completions"):
            self._good(handler)
        else:
            self._json(handler, {"error": {"message": "no such route"}}, 404)

    def _unauthorized(self, handler: BaseHTTPRequestHandler) -> None:
        sent = handler.headers.get("Authorization", "")
        self._json(handler, {"error": {"message": f"bad key {sent}"}}, 401)

    def _limited(self, handler: BaseHTTPRequestHandler) -> None:
        self._json(handler, {"error": {"message": "slow down"}}, 429)

    def _broken(self, handler: BaseHTTPRequestHandler) -> None:
        self._json(handler, {"error": {"message": "oops"}}, 500)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10000")
        handler.end_headers()
        while not self._released.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            self.dripped += 1

    def _drip_headers(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self._released.wait(0.05):
            handler.wfile.write(f"X-{self.dripped}: a\r\n".encode())
            handler.wfile.flush()
            self.dripped += 1

    def _hang(self, handler: BaseHTTPRequestHandler) -> None:
        self._released.wait()

    def _cut(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b'{"status": "comp')
        handler.close_connection = True

    def _bad_json(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        handler.wfile.write(b"{{{{ nope")

    def _wrong_shape(self, handler: BaseHTTPRequestHandler) -> None:
        self._json(handler, {"output": "text", "choices": 7, "usage": "none"})

    def _wrong_schema(self, handler: BaseHTTPRequestHandler) -> None:
        self.items = '{"items": [{"kind": "poem", "text": 5}], "extra": true}'
        self._good(handler)

    def _huge(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(50_000_000))
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b" " * 1_000_000)

    def _packed(self, handler: BaseHTTPRequestHandler) -> None:
        data = gzip.compress(b" " * 50_000_000)
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _refusal(self, handler: BaseHTTPRequestHandler) -> None:
        part = {"type": "refusal", "refusal": "I will not."}
        self._json(handler, {"status": "completed", "output": [{"type": "message", "content": [part]}]})

    def _incomplete(self, handler: BaseHTTPRequestHandler) -> None:
        self._json(handler, {"status": "incomplete", "output": []})


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    """An OpenAI-compatible server on loopback."""
    server = FakeServer()
    yield server
    server.close()
