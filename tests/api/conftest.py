"""Live servers on this machine: real wiring on a real SQLite file, real HTTP."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.settings import Settings
from reflection.wiring import build

KEYS = {
    "owner": "owner-key-of-acme-0001",
    "reader": "reader-key-of-acme-001",
    "other": "other-key-of-globex-01",
    "any": "any-key-of-everyone-01",
}
API_KEYS = f"acme={KEYS['owner']},acme:read={KEYS['reader']},globex={KEYS['other']},*={KEYS['any']}"


class Live:
    """A running server: its address, its application, and clients for it."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url
        self.app = app

    @property
    def application(self) -> Any:
        return self.app.state.application

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)


@contextmanager
def running(settings: Settings) -> Iterator[Live]:
    """Serve in a thread of this process, on a free port."""
    app = create_app(settings=settings)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started or app.state.application is None:  # it opens a server's database while it answers
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server took too long to start"
        time.sleep(0.01)
    for other in threading.enumerate():
        if other.name == "warm":  # it reads vectors, which a test may be about to damage
            other.join(30)
    try:
        yield Live(f"http://127.0.0.1:{socket.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join(30)
        socket.close()
        assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]) -> Iterator[Live]:
    """A keyless server shared by a module's tests."""
    with running(settings_in(tmp_path_factory.mktemp("live"))) as server:
        yield server


@pytest.fixture(scope="module")
def client(live: Live) -> Iterator[httpx.Client]:
    """A client of the keyless server."""
    with live.client() as found:
        yield found


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings], learnt: Path
) -> Iterator[TestClient]:
    """The keyless application with the forty campaigns learnt, without a socket; `page.app.state.application` is it."""
    settings = settings_in(tmp_path_factory.mktemp("page"))
    shutil.copy(learnt, settings.database_path)
    with build(settings) as application:
        yield TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]) -> Iterator[Live]:
    """A server with keys, shared by a module's tests."""
    with running(settings_in(tmp_path_factory.mktemp("guarded"), api_keys=API_KEYS)) as server:
        yield server


@pytest.fixture
def serve(tmp_path: Path, settings_in: Callable[..., Settings]) -> Callable[..., Any]:
    """A server with other settings: `with serve(rate_limit="3/minute") as live`."""
    return lambda **values: running(settings_in(tmp_path, **values))


@pytest.fixture(scope="session")
def module_serve(settings_in: Callable[..., Settings]) -> Callable[..., Any]:
    """A server in a folder of the caller's: `with module_serve(folder, vector_backend="json") as live`."""
    return lambda folder, **values: running(settings_in(folder, **values))


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    """The keys of `guarded` by role."""
    return KEYS


@pytest.fixture
def campaign() -> Callable[..., dict[str, Any]]:
    """The specification's sample with fields changed."""
    return lambda **changes: {**CMP_007, **changes}
