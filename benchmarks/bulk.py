"""How many campaigns a second go through the library's `analyze_many`, and what learning from all of them takes.

    python benchmarks/bulk.py [--campaigns 100000] [--rich] [--profile]

Invented campaigns of two audiences and two creatives (`--rich`: with a breakdown of four cells), one SQLite file in a
temporary folder, vectors following behind, one fit at the end. Prints wall clock and CPU seconds: on a busy machine
only the second says what the code takes.
"""

import argparse
import cProfile
import pstats
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reflection import Engine
from reflection.engine import Refused

TARGET_RATE = 1_000.0
PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn")
OBJECTIVES = ("Lead Generation", "Sales", "Awareness")
AGES = ("18-24", "25-34", "35-44", "45-54")
FORMATS = ("video", "image", "carousel")


def campaigns(count: int, *, rich: bool) -> Iterator[dict[str, Any]]:
    """Campaigns as they come out of a JSON file."""
    random.seed(7)
    for number in range(count):
        cells = [_metrics() for _ in range(4)]
        total = {name: sum(cell[name] for cell in cells) for name in cells[0]}
        total["spend"] = round(total["spend"], 2)
        ages, formats = random.sample(AGES, 2), random.sample(FORMATS, 2)
        names, ids = [f"Adults {age}" for age in ages], [f"crt_{number % 997:03d}_{kind}" for kind in formats]
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


def measure(count: int, *, rich: bool) -> None:
    """Analyse, learn, print."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder) / "bulk.db", output=folder, vector_backend="local")
        application = engine._application
        bodies = campaigns(count, rich=rich)
        began, cpu = time.perf_counter(), time.process_time()
        refused = sum(isinstance(item, Refused) for item in _analysed(engine, bodies))
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        print(f"{count:,} campaigns, {refused} refused: {wall:.1f} s = {count / wall:,.0f}/s; "
              f"CPU {used:.1f} s = {count / used:,.0f}/s (target {TARGET_RATE:,.0f}/s)")  # fmt: skip
        print(f"stored before learning: peak memory {_peak():,.0f} MiB, file {_size(folder):,.0f} MiB")
        began, cpu = time.perf_counter(), time.process_time()
        application.learner.learn_now("default")
        print(f"one fit: {time.perf_counter() - began:.1f} s, CPU {time.process_time() - cpu:.1f} s; "
              f"peak memory {_peak():,.0f} MiB")  # fmt: skip
        application.close()


def _analysed(engine: Engine, bodies: Iterator[dict[str, Any]]) -> Iterator[object]:
    """The stream without its learning at the end, which is measured apart."""
    from reflection.campaign import Campaign

    valid = (Campaign.model_validate(body) for body in bodies)
    return iter(engine._application.engine.analyze_many(valid))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _size(folder: str) -> float:
    return sum(path.stat().st_size for path in Path(folder).glob("bulk.db*")) / 2**20


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=100_000)
    parser.add_argument("--rich", action="store_true", help="with a breakdown")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.profile:
        profile = cProfile.Profile(time.process_time)
        profile.runcall(measure, options.campaigns, rich=options.rich)
        pstats.Stats(profile).sort_stats("cumtime").print_stats(70)
    else:
        measure(options.campaigns, rich=options.rich)


if __name__ == "__main__":
    main()
