"""How many campaigns a second `reflection analyze big.jsonl` takes, learning and files counted.

    python benchmarks/bulk.py [--campaigns 100000] [--creatives 60] [--processes 2]

Invented campaigns in a file of JSON lines with broken lines among them, one SQLite file in a temporary folder, vectors
following behind, one fit at the end. Rates are by wall clock, until everything is learnt and until every file is
written; on a busy machine only the CPU seconds say what the code takes.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson

from reflection import Engine
from reflection.domain.answers import Answer
from reflection.domain.campaign import Campaign

TARGET_RATE = 1_000.0
PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn")
OBJECTIVES = ("Lead Generation", "Sales", "Awareness")
AGES = ("18-24", "25-34", "35-44", "45-54")
FORMATS = ("video", "image", "carousel")
CREATIVES = 60
LIBRARY_SHARE = 5
"""The library is measured with one in so many of the campaigns: one process takes as long for them."""


def campaigns(count: int, *, creatives: int = CREATIVES, rich: bool = False) -> Iterator[dict[str, Any]]:
    """Campaigns as they come out of a JSON file; `rich` ones have a breakdown of four cells."""
    random.seed(7)
    for number in range(count):
        cells = [_metrics() for _ in range(4)]
        total = {name: sum(cell[name] for cell in cells) for name in cells[0]}
        total["spend"] = round(total["spend"], 2)
        ages, formats = random.sample(AGES, 2), random.sample(FORMATS, 2)
        names, ids = (
            [f"Adults {age}" for age in ages],
            [f"crt_{number % (creatives // 3):03d}_{kind}" for kind in formats],
        )
        body = {
            "campaign_id": f"bulk_{number:07d}",
            "platform": random.choice(PLATFORMS),
            "objective": random.choice(OBJECTIVES),
            "expected_metrics": _metrics(4),
            "actual_metrics": total,
            "audiences": [{"name": name, "attributes": {"age": age}} for name, age in zip(names, ages, strict=True)],
            "creatives": [
                {"id": name, "type": kind, "headline": f"Learn to cook in {number % 60} days"}
                for name, kind in zip(ids, formats, strict=True)
            ],
            "timestamp": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00+00:00",
            "currency": "EUR",
        }
        if rich:
            pairs = [(audience, creative) for audience in names for creative in ids]
            body["breakdown"] = [
                {"audience": audience, "creative": creative, "metrics": cell}
                for (audience, creative), cell in zip(pairs, cells, strict=True)
            ]
        yield body


def _metrics(scale: int = 1) -> dict[str, Any]:
    impressions = random.randrange(5_000, 50_000) * scale
    clicks = int(impressions * random.uniform(0.005, 0.04))
    conversions = int(clicks * random.uniform(0.01, 0.1))
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": round(impressions * random.uniform(0.004, 0.012), 2),
    }


def write_file(path: Path, count: int, *, creatives: int = CREATIVES, rich: bool = False) -> None:
    """A file of JSON lines, one in a thousand of them broken."""
    with path.open("wb") as out:
        for number, body in enumerate(campaigns(count, creatives=creatives, rich=rich)):
            out.write(orjson.dumps(body)[: -9 if number % 1_000 == 999 else None] + b"\n")


def report(count: int = 100_000, *, creatives: int = CREATIVES, processes: int = 2) -> str:
    """The section of docs/benchmarks.md: `reflection analyze big.jsonl` in its parts, and through the library."""
    found = _measured(count, creatives, ["--processes", str(processes)])
    small = max(count // LIBRARY_SHARE, 1)
    library = _measured(small, creatives, ["--library"])
    parts = [("analysed", "analysed and stored"), ("learnt", "learnt from all"), ("written", "files")]
    total = {unit: sum(found[name][unit] for name, _ in parts) for unit in ("seconds", "cpu")}
    until_learnt = found["taken"] / (found["analysed"]["seconds"] + found["learnt"]["seconds"])
    rate = found["taken"] / total["seconds"]
    rows = [(label, found[name]) for name, label in parts] + [("**everything**", total)]
    lines = [
        f"{found['taken']:,} campaigns of two audiences and two creatives ({creatives} in all) from JSON lines, "
        f"{found['refused']:,} broken lines among them, by {processes} processes into one SQLite file of "
        f"{found['file']:,.0f} MiB. A process of its own, less urgent, writes files during all of it: the "
        "seconds of 'files' are what was left to write at the end. Vectors follow, and are in none of this.",
        "",
        "| part | seconds | CPU seconds | CPU ms a campaign |",
        "|---|---:|---:|---:|",
        *(
            f"| {label} | {part['seconds']:,.1f} | {part['cpu']:,.1f} | {1_000 * part['cpu'] / found['taken']:.2f} |"
            for label, part in rows
        ),
        "",
        f"**{until_learnt:,.0f} campaigns a second, analysed and learnt** (target {TARGET_RATE:,.0f}: "
        f"{'met' if until_learnt >= TARGET_RATE else 'missed'}); {rate:,.0f} until the last file is written. "
        f"Peak memory while analysing: "
        f"{found['peak_after_tenth']:,.0f} MiB after a tenth, {found['peak_analysing']:,.0f} MiB at the end, "
        f"{found['peak_process']:,.0f} MiB in each of the others; with learning {found['peak']:,.0f} MiB.",
        "",
        f"Through the library, `Engine.analyze_many` in one process: {library['taken']:,} campaigns analysed, learnt "
        f"and written at {library['taken'] / library['all']['seconds']:,.0f} a second "
        f"({1_000 * library['all']['cpu'] / library['taken']:.2f} CPU ms a campaign).",
    ]
    return "\n".join(lines)


def _measured(count: int, creatives: int, options: list[str]) -> dict[str, Any]:
    """One run in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder) / "big.jsonl", count, creatives=creatives)
        command = [sys.executable, __file__, "--measure", folder, *options]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def measure(folder: Path, processes: int) -> dict[str, Any]:
    """The parts of one run, in this process and those it starts."""
    from reflection.cli.processes import FilesBeside, Workers
    from reflection.ingest import iterate_campaigns

    file = folder / "big.jsonl"
    size = file.stat().st_size
    found: dict[str, Any] = {"taken": 0, "refused": 0, "peak_after_tenth": 0.0}
    with Engine(folder / "bulk.db", output=folder / "output", vector_backend="local") as engine, ExitStack() as beside:
        application = engine._application

        def valid() -> Iterator[Campaign]:
            for line in iterate_campaigns(file):
                if not found["peak_after_tenth"] and line.offset > size / 10:
                    found["peak_after_tenth"] = _peak()
                if line.campaign is None:
                    found["refused"] += 1
                else:
                    yield line.campaign

        with _timed(found, "analysed"):
            beside.enter_context(FilesBeside(application.settings))
            with Workers(application.settings, "default", processes) as workers:
                found["taken"] = sum(isinstance(item, Answer) for item in workers.analyze_many(valid()))
        found["peak_analysing"] = _peak()
        found["peak_process"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with _timed(found, "learnt"):
            application.learner.learn_now("default")
        with _timed(found, "written"):
            beside.close()
            application.publisher.publish_pending()
        found["peak"] = _peak()
        found["file"] = sum(path.stat().st_size for path in folder.glob("bulk.db*")) / 2**20
    return found


def measure_library(folder: Path) -> dict[str, Any]:
    """The same campaigns through the library, in this process alone; what it does not read is not given to it."""
    found: dict[str, Any] = {}
    lines = (line for line in (folder / "big.jsonl").open("rb") if line.endswith(b"}\n"))
    with Engine(folder / "bulk.db", output=folder / "output", vector_backend="local") as engine, _timed(found, "all"):
        found["taken"] = sum(isinstance(item, dict) for item in engine.analyze_many(lines))
    return found


@contextmanager
def _timed(found: dict[str, Any], name: str) -> Iterator[None]:
    """Seconds and CPU seconds of a part, those of finished processes included."""
    began, cpu = time.perf_counter(), _cpu()
    yield
    found[name] = {"seconds": time.perf_counter() - began, "cpu": _cpu() - cpu}


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the section, or measure one run for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=100_000)
    parser.add_argument("--creatives", type=int, default=CREATIVES, help="different ones; the fit grows with them")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--measure", type=Path, help="a folder with big.jsonl, measured in this process, as JSON")
    parser.add_argument("--library", action="store_true", help="measure the library instead of the command")
    options = parser.parse_args()
    if options.measure and options.library:
        print(json.dumps(measure_library(options.measure)))
    elif options.measure:
        print(json.dumps(measure(options.measure, options.processes)))
    else:
        print(report(options.campaigns, creatives=options.creatives, processes=options.processes))


if __name__ == "__main__":
    main()
