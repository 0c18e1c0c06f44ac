"""A receiver on this machine, and a service that may send there."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reflection.delivery.addresses import AddressGuard
from reflection.delivery.alert_service import AlertService, Outlets
from reflection.delivery.sender import Pace
from reflection.wiring import Application

IMPATIENT = Pace(
    backoff=(timedelta(minutes=1), timedelta(minutes=10)), quiet=timedelta(0), longest=timedelta(0),
    look_around=timedelta(0),
)  # fmt: skip


@dataclass
class Receiver:
    """What a server was sent; `answers` maps a path to a status, or to a function that answers the handler itself."""

    url: str = ""
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def ids(self, path: str = "/") -> list[str]:
        return [headers["webhook-id"] for called, headers, _ in self.calls if called == path]

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.calls]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = receiver.answers.get(self.path, 204)
        if callable(answer):
            answer(self)
            return
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "/elsewhere")
        self.send_header("Retry-After", "7200" if answer == 429 else "")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that answers 204 unless told otherwise."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.receiver  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def after(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """The clock of `service`."""
    return Clock()


@pytest.fixture
def service(application: Application, clock: Clock) -> AlertService:
    """The service of `application` with a clock that stands still, no patience, and leave to send to this machine."""
    outlets = Outlets(AddressGuard(["127.0.0.1"]), None, "https://r.example", 30)
    service = AlertService(
        application.database, outlets, application.store, application.recommendations, clock=clock, pace=IMPATIENT
    )
    application.alerts = service
    return service


@pytest.fixture
def say(service: AlertService, clock: Clock) -> Callable[..., None]:
    """say(alert, *names): events for an alert."""
    from reflection.alerts.items import Item

    def write(alert: Any, *names: str, kind: str = "campaign.held") -> None:
        for name in names:
            service.outbox.note(
                alert, Item(kind, name, f"about {name}", f"/{name}"), clock().isoformat(timespec="microseconds")
            )

    return write
