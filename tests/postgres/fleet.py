"""Two API processes and two workers on one Postgres, as processes of their own."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from reflection.api.openapi import CMP_007

PATIENCE = 300.0
"""Seconds for anything: the machine may be full of other work."""

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def body(number: int) -> dict[str, Any]:
    """Campaigns that differ in what is learnt from."""
    actual = {**CMP_007["actual_metrics"], "clicks": 3000 + 97 * (number % 17)}
    platform = ("Meta", "Google", "TikTok")[number % 3]
    return {**CMP_007, "campaign_id": f"c{number:05}", "platform": platform, "actual_metrics": actual}


def until(condition: Callable[[], Any], what: str) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return answer


def children(pid: int, words: str) -> list[int]:
    """The processes that one started, of which the command has these words."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                if words in Path(f"/proc/{name}/cmdline").read_text():
                    found.append(int(name))
    return found


class Fleet:
    """A server of two processes and two workers, all on one database."""

    def __init__(self, url: URL, folder: Path, free_port: Callable[[], int], **more: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
        own = {
            "MARKO_DATABASE_URL": url.render_as_string(hide_password=False),
            "MARKO_OUTPUT_DIR": str(folder / "output"),
            "MARKO_WEIGHTS_PATH": str(folder / "weights.json"),
            "MARKO_EMBEDDING_MODEL": "none",
            "MARKO_LOG_LEVEL": "ERROR",
        }
        self.environment, self._folder, self._free_port = {**kept, **own, **more}, folder, free_port
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.server = self._serve()
        self.workers = [self._start("worker") for _ in range(2)]

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        with (self._folder / "errors").open("ab") as errors:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "reflection.cli", *command],
                    cwd=self._folder,
                    env=self.environment,
                    stderr=errors,
                    stdout=errors,
                )
            )
        return self.processes[-1]

    def _serve(self) -> "subprocess.Popen[bytes]":
        port = self._free_port()
        server = self._start("serve", "--workers", "2", "--no-background", "--port", str(port))
        self.url = f"http://127.0.0.1:{port}"
        return server

    def errors(self) -> str:
        return (self._folder / "errors").read_text()[-4_000:]

    def get(self, path: str, **options: Any) -> "httpx.Response | None":
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}{path}", timeout=PATIENCE, **options)
        return None

    def watch(self) -> None:
        """What a service manager does: start again who could not start, because its connection was cut just then."""
        if self.server.poll() is not None:
            self.server = self._serve()
        self.workers = [self._start("worker") if one.poll() is not None else one for one in self.workers]

    def ready(self) -> "Fleet":
        def answers() -> bool:
            self.watch()
            answer = self.get("/ready")
            return answer is not None and answer.status_code in (200, 401)

        until(answers, f"not ready: {self.errors()}")
        return self

    def answering(self) -> list[int]:
        """The processes that answer."""
        return children(self.server.pid, "spawn_main")

    def kill(self, victim: str, rng: random.Random) -> None:
        """End something hard, and start again what nobody else does."""
        if victim == "process":
            os.kill(rng.choice(until(self.answering, "no process")), signal.SIGKILL)
        elif victim == "server":
            self.server.kill()
            self.server.wait()
            self.server = self._serve()
        elif victim == "worker":
            number = rng.randrange(2)
            self.workers[number].kill()
            self.workers[number].wait()
            self.workers[number] = self._start("worker")
        else:
            with self.engine.connect() as connection:
                connection.execute(CUT)

    def stop(self) -> None:
        """SIGTERM to all; each ends by itself, and says so with 0."""
        last = [self.server, *self.workers]
        answering = self.answering()
        for process in last:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(PATIENCE) for process in last] == [0, 0, 0], self.errors()
        assert [pid for pid in answering if Path(f"/proc/{pid}").exists()] == []

    def end(self) -> None:
        """Whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.engine.dispose()
