"""Shared parts of the crash tests: analyses from a number, the check of a whole store, and server processes."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from sqlalchemy import inspect

from reflection.domain.answers import FILES
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord, MemoryRecord
from reflection.domain.results import Comparison, Rates, Statement
from reflection.domain.weights import SignalWeight
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import OutboxPublisher

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 1, tzinfo=UTC)
NO_RATES = Rates(ctr=None, cvr=None, cpa=None, roas=None)


def _record(campaign_id: str, version: int, expected_revision: int) -> AnalysisRecord:
    marker = f"{campaign_id}#{version}"
    when = START + timedelta(minutes=version)
    rng = np.random.default_rng(version)
    return AnalysisRecord(
        workspace="default",
        campaign_id=campaign_id,
        expected_revision=expected_revision,
        content_hash=hashlib.sha256(marker.encode()).hexdigest(),
        campaign_json=json.dumps({"campaign_id": campaign_id, "version": version}),
        platform="meta",
        objective="leads",
        timestamp=when,
        created_at=when.isoformat(timespec="microseconds"),
        comparison=Comparison(campaign_id, when.isoformat(), NO_RATES, NO_RATES, {}, float(version), ()),
        statements=[Statement("key_learning", f"{marker} says {n}", ("delta:ctr",), n / 7) for n in range(5)],
        evidence=marker.encode() * 20,
        signal_keys=[f"audience:{(version + n) % 9}" for n in range(6)],
        memory=MemoryRecord(
            f"campaign:{campaign_id}", "campaign", f"text of {marker} " * 9, "meta", "leads", when, marker, {},
            "tiny/1", rng.normal(size=64).astype(np.float32),
        ),
        answer=json.dumps({"marker": marker} | {
            part: {"marker": marker, "noise": rng.normal(size=60).tolist()} for part in FILES.values()
        }).encode(),
        idempotency_key=marker,
    )  # fmt: skip


def _fold(evidence: Iterator[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for campaign_id, payload in evidence:
        digest.update(campaign_id.encode() + b"\0" + payload + b"\0")
    return digest.hexdigest()


class House:
    """A store with its publisher in one folder, and the check of the whole."""

    def __init__(self, folder: Path, *, busy_seconds: float = 30.0) -> None:
        self.folder = folder
        self.database = open_database(folder / "store.db", busy_seconds=busy_seconds)
        self.store = SqlStore(self.database)
        self.artifacts = ArtifactFolder(self.database, folder / "output", folder / "weights.json")
        self.publisher = OutboxPublisher(Outbox(self.database), {"artifacts": self.artifacts}, folder / "publish.lock")

    record = staticmethod(_record)

    def post(self, campaign_id: str, version: int) -> int:
        """Store a campaign's next content; the revision it became."""
        current = self.store.campaign("default", campaign_id)
        return self.store.save_analysis(_record(campaign_id, version, current.revision if current else 0)).revision

    def learn(self) -> bool:
        """Store a fit: the fold of the live evidence, and a weight that says the same."""
        seq = self.store.last_seq("default")
        fold = _fold(self.store.live_evidence("default", seq))
        weight = SignalWeight(f"fold:{fold}", 1.0, 1, 0, START.isoformat(), (0.5, 2.0), None, 1.0)
        knowledge = Knowledge(epoch=1, seq=seq, weights=(weight,), diagnostics={"fold": fold}, reason=None)
        return self.store.save_knowledge(
            "default", knowledge, {"weights.json": json.dumps({"fold": fold, "seq": seq}).encode()}
        )

    def problems(self) -> list[str]:
        """Everything that is wrong: rows, full text, knowledge against the ledger, vectors, files."""
        found = verify(self.database)
        knowledge = self.store.knowledge("default")
        if knowledge.seq:
            fold = _fold(self.store.live_evidence("default", knowledge.seq))
            if knowledge.diagnostics["fold"] != fold or knowledge.weights[0].signal_key != f"fold:{fold}":
                found.append("the weights are not the fold of the evidence")
        live = {name for name, _ in self.store.live_evidence("default")}
        memories = [item for item in MemoryRows(self.database).changes("default") if not item.deleted]
        if {memory.campaign_id for memory in memories} != live:
            found.append("the memories are not the campaigns")
        if any(memory.vector is None or len(memory.vector) != 64 for memory in memories):
            found.append("a vector is not whole")
        return found + self._torn_files()

    def published_problems(self) -> list[str]:
        """What the files say that the rows do not, once everything is published."""
        self.publisher.publish_pending()
        found = self._torn_files()
        campaigns = self.store.campaigns("default")
        for stored in campaigns:
            folder = self.artifacts.folder_of("default", stored.campaign_id)
            marker = json.loads(stored.answer)["marker"]
            names = sorted(path.name for path in folder.iterdir())
            if names != ["comparison.json", "insights.json", "patterns.json", "updated_weights.json"]:
                found.append(f"{folder.name} holds {names}")
            elif any(json.loads(path.read_bytes())["marker"] != marker for path in folder.iterdir()):
                found.append(f"{folder.name} is not at the current revision")
        output = self.folder / "output"
        if output.exists() and len(list(output.iterdir())) != len(campaigns):
            found.append("there are folders of campaigns that are gone")
        seq = self.store.knowledge("default").seq
        if seq and json.loads((self.folder / "weights.json").read_bytes())["seq"] != seq:
            found.append("weights.json is not the last fit's")
        return found

    def _torn_files(self) -> list[str]:
        found = []
        for path in [*self.folder.glob("output/*/[!.]*.json"), *self.folder.glob("weights.json")]:
            try:
                json.loads(path.read_bytes())
            except ValueError:
                found.append(f"{path.name} is torn")
        return found

    def close(self) -> None:
        self.database.close()


@pytest.fixture
def new_house(tmp_path: Path, migrated: Path) -> Iterator[Callable[..., House]]:
    """Makes houses, each in a folder of its own or in the one named."""
    houses: list[House] = []

    def make(name: str = "house", **options: Any) -> House:
        folder = tmp_path / name
        if not folder.exists():
            folder.mkdir()
            shutil.copy(migrated, folder / "store.db")
        houses.append(House(folder, **options))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def state() -> Callable[[Database], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table, to compare whole states."""

    def dump(database: Database) -> dict[str, list[tuple[Any, ...]]]:
        with database.read() as connection:
            names = [name for name in inspect(connection).get_table_names() if not name.startswith("memories_fts")]
            return {
                name: sorted(map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
                for name in names
            }

    return dump


SERVE = ("-m", "reflection.cli", "serve")
PATIENCE = 300.0
"""Seconds; a server starts in two or three, the rest is room for a busy machine."""


class Server:
    """A server process, its files in one folder; `before` is put before its command, `command` is what Python runs.

    It makes no vectors, which would be most of its work.
    """

    def __init__(self, folder: Path, port: int, *before: str, command: tuple[str, ...] = SERVE) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
        paths = {"DATABASE_PATH": "x.db", "OUTPUT_DIR": "output", "WEIGHTS_PATH": "weights.json"}
        own = {f"MARKO_{name}": str(folder / value) for name, value in paths.items()}
        self.process = subprocess.Popen(
            [*before, sys.executable, *command, "--port", str(self.port)],
            cwd=ROOT,
            env={**kept, **own, "MARKO_LOG_LEVEL": "ERROR", "MARKO_EMBEDDING_MODEL": "none"},
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self, **headers: str) -> "Server":
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.errors()
            try:
                if httpx.get(f"{self.url}/ready", timeout=PATIENCE, headers=headers).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not become ready")

    def errors(self) -> str:
        return self.process.communicate(timeout=PATIENCE)[1]

    def end(self, how: signal.Signals) -> str:
        self.process.send_signal(how)
        errors = self.errors()
        assert self.process.returncode in (-how, 0), errors
        return errors


@pytest.fixture
def start(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Server]]:
    """Starts servers on one folder; whatever still runs at the end is killed."""
    servers: list[Server] = []

    def start(*before: str, **command: tuple[str, ...]) -> Server:
        servers.append(Server(tmp_path, free_port(), *before, **command))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.errors()
