"""How fast is an analysis while the engine learns, with ten stored campaigns and with a million, beside the floor?

    python -m benchmarks speed                          10, 1,000, 100,000 and 1,000,000 stored campaigns
    python -m benchmarks speed --sizes 10,1000 --minutes 5
                                                        shorter streams, so that it ends in about so many minutes
    python -m benchmarks speed --folder /var/tmp/speed  a million: 16 GB, a quarter of an hour, the next time a minute

For each size a database is filled (a thousand real analyses, then copies of their rows in SQL, each with outcomes of
its own), a real server with its worker is started on it, and distinct campaigns with about 100 signals in the workspace
are posted over HTTP in steady streams of 1, 8 and 32 clients, while the worker learns, publishes and embeds. Before
each stream the floor (`floor.py`) gets the same one. Freshness is the time from an acknowledged campaign to effects
that count it; it is not measured where fits are minutes apart. In a folder that is named the filled databases stay, and
are used again. Before each size the run looks how much of the processors others take, and the table says it: on a
machine that is not quiet only the ratios count.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filling import campaign, fill, is_filled, prepare, stored_in
from rich.progress import Progress
from streams import (
    UVICORN,
    Stream,
    Watch,
    busy_elsewhere,
    engine_server,
    environment,
    get,
    means,
    post,
    server,
    stage_seconds,
    wait_for_vectors,
)

from reflection.engine.learner import patience

HERE = Path(__file__).parent
SIZES = (10, 1_000, 100_000, 1_000_000)
CLIENTS = (1, 8, 32)
POSTS, WARM_UP = 300, 30
STARTS = 40.0
"""Seconds that servers, warming up and waiting for what is not learnt yet take at each size."""

READ_AT_ONCE = 2**24
LONGEST_WAIT = 120.0
"""Seconds that a fit may wait for news (`patience`) for freshness to be measured: beyond, none is due in a stream."""

PLANNED, EVERY, KNOWN_WITHIN, PACE = 160, 20, 5.0, 0.25
"""Plans during a stream: after each so many of so many campaigns; what is older than this must be known. One campaign
in `PACE` seconds, so that there is something old."""


@dataclass(frozen=True)
class Row:
    """One stream at one size, the floor's beside it, and seconds until each campaign counted (one client only).

    `elsewhere` is the share of the processors that others took just before; None where the system does not say.
    `stages` says where the engine's time went: mean milliseconds of an analysis by stage.
    """

    stored: int
    elsewhere: float | None
    clients: int
    engine: Stream
    floor: Stream
    fresh: list[float]
    stages: dict[str, float]


def measure(path: Path, size: int, seconds: float = math.inf) -> list[Row]:
    """Streams to a real server on this database, which holds about `size` campaigns, each of so many seconds."""
    stored = stored_in(path)  # in the names, so that no campaign is one of an earlier run
    _read_through(path)
    elsewhere = busy_elsewhere()
    rng, rows = np.random.default_rng(stored), list[Row]()
    with tempfile.TemporaryDirectory() as beside, engine_server(environment(path)) as engine:
        wait_for_vectors(engine)
        own = {**os.environ, "FLOOR_PATH": f"{beside}/floor.db"}
        with server(*UVICORN, "floor:app", folder=HERE, environment=own) as floor:
            for port in (engine, floor):
                post(port, [campaign(rng, f"warm {stored} {i}") for i in range(WARM_UP)], 1)
            for clients in CLIENTS:
                stream = [campaign(rng, f"{clients} {stored} {i}") for i in range(POSTS)]
                beneath = post(floor, stream, clients, seconds=seconds)
                watch = Watch(engine) if clients == 1 and patience(stored)[1] <= LONGEST_WAIT else None
                before = stage_seconds(engine)
                met = post(engine, stream, clients, watch, seconds)
                stages = means(before, stage_seconds(engine))
                rows.append(Row(size, elsewhere, clients, met, beneath, watch.settled() if watch else [], stages))
    return rows


def plans_in_a_stream() -> str:
    """After each 20th of 160 campaigns: of what was posted more than 5 s earlier, what does a plan not know?"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reflection.db"
        rng, posted, unknown, asked = np.random.default_rng(5), list[tuple[float, dict[str, Any]]](), set[str](), 0
        with engine_server(environment(path)) as port:
            for number in range(PLANNED):
                one = campaign(rng, f"c{number}")
                if post(port, [one], 1).lost:
                    raise SystemExit("a campaign was refused")
                posted.append((time.monotonic(), one))
                time.sleep(PACE)
                if (number + 1) % EVERY == 0:
                    old = [body for at, body in posted if time.monotonic() - at > KNOWN_WITHIN]
                    plans = [_as_plan(body, f"p{index}") for index, body in enumerate(old)][-50:]
                    asked += len(plans)
                    answer = get(port, "/v1/plans/evaluate", {"plans": plans}) if plans else {"plans": []}
                    notes = [note for plan in answer["plans"] for note in plan["notes"]]
                    unknown |= {note for note in notes if "never seen" in note or "not learnt from so far" in note}
    found = f"{len(unknown)} signals not known, such as: {min(unknown)}" if unknown else "every signal known"
    return (
        f"Plans during a stream of {PLANNED} campaigns, {asked} of them after each {EVERY}th, of what was posted more "
        f"than {KNOWN_WITHIN:.0f} s earlier: {found}."
    )


def _as_plan(body: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {key: body[key] for key in ("platform", "objective", "audiences", "creatives", "currency")}
    return {"plan_id": name, "budget": body["expected_metrics"]["spend"], **kept}


def _read_through(path: Path) -> None:
    """Have the file in the system's cache, as far as there is room: as with a server that has run for a while."""
    with path.open("rb") as file:
        while file.read(READ_AT_ONCE):
            continue


def report(sizes: tuple[int, ...] = SIZES, folder: Path | None = None, minutes: float = math.inf) -> str:
    """The tables, for docs/benchmarks.md.

    Args:
        folder: where filled databases stay and are used again; a temporary one when None.
        minutes: about how long the whole may take; filling a new database of 100,000 or more is not counted.
    """
    rows, end = list[Row](), time.monotonic() + 60 * minutes - PLANNED * PACE
    with tempfile.TemporaryDirectory() as temporary, Progress(transient=True) as progress:
        for number, size in enumerate(sizes):
            path = filled_database(folder or Path(temporary), size, progress)
            for_size = (end - time.monotonic()) / (len(sizes) - number)
            rows += measure(path, size, max(0.0, (for_size - STARTS) / (2 * len(CLIENTS))))
    lines = [
        "| stored campaigns | busy elsewhere | clients | posts | p50 ms | p95 ms | floor p50 ms | p50 in floors | "
        "p95 in floors | p50 to the first size | requests/s | to one client | floor's | lost | fresh after s, p50 | "
        "p95 |",
        "|" + "---:|" * 16,
    ]
    one: dict[int, Row] = {}
    first: dict[int, Row] = {}
    for row in rows:
        one.setdefault(row.stored, row)
        first.setdefault(row.clients, row)
        lines.append(_line(row, one[row.stored], first[row.clients]))
    return "\n".join([*lines, "", *(_stages(row) for row in one.values()), plans_in_a_stream()])


def _stages(row: Row) -> str:
    """Where an analysis spends its time."""
    parts = ", ".join(f"{name} {ms:.1f}" for name, ms in sorted(row.stages.items(), key=lambda item: -item[1]))
    mean, known = 1000 * float(np.mean(row.engine.latencies)), sum(row.stages.values())
    return (
        f"An analysis with one client at {row.stored:,} stored took {mean:.1f} ms in the mean: {parts}; the rest "
        f"(reading the request, one snapshot, the answer) {mean - known:.1f}.\n"
    )


def _line(row: Row, one: Row, first: Row) -> str:
    """A row of the table, against one client at its size and against the first size."""
    p50, p95, floor = row.engine.quantile(0.5), row.engine.quantile(0.95), row.floor.quantile(0.5)
    fresh = [f"{np.quantile(row.fresh, share):.1f}" if row.fresh else "" for share in (0.5, 0.95)]
    cells = [
        f"{row.stored:,}", "unknown" if row.elsewhere is None else f"{row.elsewhere:.0%}", row.clients,
        len(row.engine.latencies), f"{p50:.1f}", f"{p95:.1f}", f"{floor:.1f}", f"{p50 / floor:.2f}",
        f"{p95 / floor:.2f}", f"{p50 / first.engine.quantile(0.5):.2f}", f"{row.engine.rate:.1f}",
        f"{row.engine.rate / one.engine.rate:.2f}", f"{row.floor.rate / one.floor.rate:.2f}",
        row.engine.lost, *fresh,
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def filled_database(folder: Path, size: int, progress: Progress) -> Path:
    """A database with so many campaigns: the one that is there, or a new one."""
    path = folder / f"{size}" / "reflection.db"
    settings = environment(path)
    if is_filled(path, size):
        prepare(path, settings, len(CLIENTS) * POSTS + WARM_UP)
    else:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        fill(path, size, settings, progress)
    os.sync()  # gigabytes that the disk has still to write would be measured with the first requests
    return path
