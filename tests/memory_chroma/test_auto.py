"""`MARKO_VECTOR_BACKEND=auto` with the address of a server that is down at start: it is said, and it recovers."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import Application, build

pytestmark = pytest.mark.chroma


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def application(tmp_path: Path, closed_port: int) -> Iterator[Application]:
    settings = Settings.load(
        _env_file=None,
        database_path=tmp_path / "a.db",
        output_dir=tmp_path / "output",
        weights_path=tmp_path / "weights.json",
        vector_backend="auto",
        chroma_url=f"http://127.0.0.1:{closed_port}",
    )
    with build(settings) as running:
        yield running


def _campaign() -> Campaign:
    metrics = {"impressions": 100_000, "clicks": 1_500, "conversions": 75.0, "spend": 900.0}
    fields = {
        "campaign_id": "cmp_1",
        "platform": "Meta",
        "objective": "Leads",
        "expected_metrics": metrics,
        "actual_metrics": metrics,
        "audiences": [{"name": "students"}],
        "creatives": [{"id": "crt_1", "type": "video", "headline": "coding bootcamp"}],
        "timestamp": "2026-01-01T00:00:00Z",
    }
    return Campaign.model_validate(fields)


def test_a_server_that_is_down_at_start_is_said_to_be_and_is_used_when_it_comes_up(
    application: Application, closed_port: int, tmp_path: Path
) -> None:
    application.engine.analyze(_campaign())
    found = application.memory.search("default", "coding bootcamp")
    assert [item.id for item in found.items] == ["cmp_1"]
    assert (found.index, found.degraded) == ("local", ["index"])
    assert "Chroma failed" in application.memory.status()["reasons"]["index"]

    command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1", "--port", str(closed_port)]
    server = subprocess.Popen(
        [*command, "--path", str(tmp_path / "chroma")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _until_open(closed_port)
        application.publisher.publish_pending()
        found = application.memory.search("default", "coding bootcamp")
        assert ([item.id for item in found.items], found.index, found.degraded) == (["cmp_1"], "chroma", [])
        assert application.outbox.lag() == {}
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_a_server_that_is_down_is_said_to_be_before_anything_is_stored(application: Application) -> None:
    status = application.status()
    assert status["degraded"] == ["index"]
    assert "Chroma failed" in status["memory"]["reasons"]["index"]


def _until_open(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Chroma server did not start")
