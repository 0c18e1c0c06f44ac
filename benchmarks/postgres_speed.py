"""How fast is an analysis on Postgres while the engine learns, beside the same on a SQLite file in the same run?

    make .venv-postgres/.ready
    .venv-postgres/bin/python -m benchmarks speed --postgres               some fifteen minutes
    .venv-postgres/bin/python -m benchmarks speed --postgres --minutes 5   shorter streams

A file is filled as for `http_speed` and copied with `reflection migrate` to two packaged servers, which wait for
the disk as SQLite does. Then the same kind of campaigns is posted to three installations, in turns and in
several rounds, so that a busy moment of the machine meets all of them: a server with its worker on the file, the same
on Postgres, and two processes with two workers on Postgres. Each waits until it has learnt what it got before the next
one is asked. Needs the extra `postgres` and the tests' server.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from filling import campaign, stored_in
from http_speed import POSTS, WARM_UP, filled_database
from rich.progress import Progress
from streams import ROOT, Stream, Watch, busy_elsewhere, engine_server, environment, post, process, server

sys.path.append(str(ROOT / "scripts"))
from with_postgres import server as postgres

STORED = 1_000
CLIENTS = (1, 8)
ROUNDS = 3
STARTS = 100.0
"""Seconds that filling, copying, starting and waiting for what is not learnt yet take together."""

DURABLE = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB")
FILE, SERVER, FLEET = "SQLite, 1 process, 1 worker", "Postgres, 1 process, 1 worker", "Postgres, 2 processes, 2 workers"
MOST_TO_SQLITE, LEAST_FROM_EIGHT = 1.5, 1.8
"""What is asked of Postgres: its p50 in those of SQLite, and the rate with eight clients in those with one."""


@dataclass
class Met:
    """What clients of one installation met, over all rounds; seconds until each campaign counted (one client only)."""

    streams: list[Stream] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Of all latencies, in milliseconds."""
        return 1000 * float(np.quantile([one for stream in self.streams for one in stream.latencies], share))

    @property
    def posts(self) -> int:
        """Campaigns that were sent."""
        return sum(len(stream.latencies) for stream in self.streams)

    @property
    def rate(self) -> float:
        """Requests a second, over the time of all streams."""
        return self.posts / sum(len(stream.latencies) / stream.rate for stream in self.streams)


Table = dict[tuple[str, int], Met]
"""By installation and number of clients."""


def measure(path: Path, rounds: int, seconds: float = math.inf) -> Table:
    """Streams to three installations that start with what the file holds, each of so many seconds."""
    table = {(name, clients): Met() for name in (FILE, SERVER, FLEET) for clients in CLIENTS}
    rng, stored = np.random.default_rng(stored_in(path)), stored_in(path)
    with _installations(path) as ports:
        for port in ports.values():
            post(port, [campaign(rng, f"warm {stored} {i}") for i in range(WARM_UP)], max(CLIENTS))
        for turn in range(rounds):
            for clients in CLIENTS:
                for name, port in ports.items():
                    stream = [campaign(rng, f"{clients} {turn} {stored} {i}") for i in range(POSTS)]
                    watch, met = Watch(port), table[name, clients]
                    met.streams.append(post(port, stream, clients, watch, seconds))
                    met.fresh += watch.settled()
    return table


@contextmanager
def _installations(path: Path) -> Iterator[dict[str, int]]:
    """The ports of the three, by name; each on Postgres has a server of its own, whose commits wake nobody else."""
    with ExitStack() as stack:
        alone, fleet = (_copied(path, name, stack.enter_context(postgres(*DURABLE))[0]) for name in ("alone", "fleet"))
        ports = {FILE: stack.enter_context(engine_server(environment(path)))}
        ports[SERVER] = stack.enter_context(engine_server(alone))
        answering = ("reflection.cli", "serve", "--workers", "2", "--no-background")
        ports[FLEET] = stack.enter_context(server(*answering, folder=ROOT, environment=fleet))
        for _ in range(2):
            stack.enter_context(process("reflection.cli", "worker", folder=ROOT, environment=fleet))
        yield ports


def _copied(path: Path, name: str, address: str) -> dict[str, str]:
    """The settings of an installation on a Postgres database that holds what the file holds."""
    command = [sys.executable, "-m", "reflection.cli", "migrate", "--to", address]
    subprocess.run(command, env=environment(path), check=True, stdout=subprocess.DEVNULL)
    files = environment(path.parent / name / path.name)
    return {**files, "MARKO_DATABASE_URL": address}


def report(
    sizes: tuple[int, ...] = (), folder: Path | None = None, minutes: float = math.inf, rounds: int = ROUNDS
) -> str:
    """The table, for docs/benchmarks.md.

    Args:
        sizes: how many campaigns are stored, the first counts. folder: where the filled file stays.
        minutes: about how long the whole may take.
    """
    size, end = (*sizes, STORED)[0], time.monotonic() + 60 * minutes - STARTS
    with tempfile.TemporaryDirectory() as temporary:
        with Progress(transient=True) as progress:
            path = filled_database(folder or Path(temporary), size, progress)
        elsewhere = busy_elsewhere()
        streams = rounds * len(CLIENTS) * 3
        table = measure(path, rounds, max(0.0, (end - time.monotonic()) / streams))
    return "\n".join([_opening(size, rounds, elsewhere), "", *_lines(table), "", _verdict(table)])


def _opening(size: int, rounds: int, elsewhere: float | None) -> str:
    share = "an unknown share" if elsewhere is None else f"{elsewhere:.0%}"
    return (
        f"{size:,} campaigns stored, in turns, rounds: {rounds}; before, others took {share} of the processors. The "
        "server is Postgres on the same machine, by a socket, durable as the file is."
    )


def _lines(table: Table) -> list[str]:
    lines = [
        "| installation | clients | posts | p50 ms | p95 ms | p50 to SQLite | requests/s | to one client | lost | "
        "fresh after s, p50 | p95 |",
        "|---|" + "---:|" * 10,
    ]
    for (name, clients), met in table.items():
        cells = [
            name, clients, met.posts, f"{met.quantile(0.5):.1f}", f"{met.quantile(0.95):.1f}",
            f"{met.quantile(0.5) / table[FILE, clients].quantile(0.5):.2f}", f"{met.rate:.1f}",
            f"{met.rate / table[name, 1].rate:.2f}", sum(stream.lost for stream in met.streams),
            *(f"{np.quantile(met.fresh, share):.1f}" for share in (0.5, 0.95)),
        ]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def _verdict(table: Table) -> str:
    """What was asked, and what came out."""
    ratio = table[SERVER, 1].quantile(0.5) / table[FILE, 1].quantile(0.5)
    most = max(CLIENTS)
    from_eight = table[SERVER, most].rate / table[SERVER, 1].rate
    fresh = [float(np.median(table[name, 1].fresh)) for name in (SERVER, FILE)]
    return (
        f"Postgres takes {ratio:.2f} times SQLite's p50 with one client (asked: at most {MOST_TO_SQLITE}), answers "
        f"{from_eight:.2f} times as many requests with {most} (asked: {LEAST_FROM_EIGHT}), and a campaign counts after "
        f"{fresh[0]:.1f} s (SQLite {fresh[1]:.1f} s). Two processes and two workers answer "
        f"{table[FLEET, most].rate / table[SERVER, most].rate:.2f} times as many as one of each with {most}."
    )
