"""How fast, and in how much memory, a million daily rows become campaigns; as a ratio to polars merely
reading them.

    python benchmarks/importing.py [--rows 1000000]

Writes a Meta-like daily export (about 250 MB), then measures in processes of their own: polars reading the file, and
the importer reading, checking and grouping it by campaign and month.
"""

import argparse
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = (
    "Day,Campaign name,Campaign ID,Ad set name,Ad set ID,Ad name,Ad ID,Attribution setting,Objective,Media type,"
    "Amount spent (EUR),Impressions,Reach,Link clicks,Clicks (all),CTR (all),CPC (all),Results,Result indicator,"
    "Purchases,Purchases conversion value\n"
)
TARGET_RATIO = 6.0
TARGET_BYTES = 200 * 10**6
"""At most so many times polars' own reading, and so many bytes more."""


def write_export(path: Path, rows: int) -> None:
    """A daily export: 365 days, 20 campaigns, ten ad sets each, ads as needed."""
    random.seed(7)
    ads = rows // (365 * 200) + 1
    start = dt.date(2025, 1, 1)
    indicator = "actions:offsite_conversion.fb_pixel_purchase"
    attribution = '"7-day click, 1-day engaged-view or 1-day view"'
    written = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        out.write(HEADER)
        for day in range(366):
            date = (start + dt.timedelta(days=day)).isoformat()
            for campaign in range(20):
                for group in range(10):
                    for ad in range(ads):
                        if written >= rows:
                            return
                        impressions = random.randrange(200, 20_000)
                        clicks = int(impressions * random.uniform(0.004, 0.03))
                        bought = int(clicks * random.uniform(0.0, 0.08))
                        spend = round(impressions * random.uniform(0.004, 0.012), 2)
                        out.write(
                            f"{date},Evergreen prospecting {campaign:02d} | EU,2384{campaign:013d},"
                            f"Lookalike purchasers {group} - broad,2385{group:013d},Video hook {ad:03d} v2,"
                            f"2386{campaign:04d}{group:04d}{ad:05d},{attribution},Sales,video,{spend},{impressions},"
                            f"{impressions * 3 // 4},{clicks},{clicks + clicks // 5},{clicks / impressions:.6f},"
                            f"{spend / max(clicks, 1):.6f},{bought},{indicator},{bought},{bought * 61.5:.2f}\n"
                        )
                        written += 1


def measure(what: str, path: Path) -> dict[str, float]:
    """Seconds (wall clock and CPU) and peak resident bytes of one way of reading, in this process."""
    start, cpu = time.perf_counter(), time.process_time()
    if what == "polars":
        import polars as pl

        rows = pl.read_csv(path, infer_schema_length=1000).height
        campaigns = 0
    else:
        from reflection.ingest import ImportOptions, read_export

        report = read_export(path, ImportOptions(group_by="month"))
        rows, campaigns = report.rows, len(report.campaigns)
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = {"seconds": seconds, "cpu": used, "peak": peak, "rows": rows, "campaigns": campaigns}
    return {name: float(value) for name, value in found.items()}


def in_process(what: str, path: Path) -> dict[str, float]:
    """`measure` in a fresh process, so that peaks do not mix."""
    command = [sys.executable, __file__, "--measure", what, "--file", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report(rows: int = 1_000_000) -> str:
    """The section of docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daily.csv"
        write_export(path, rows)
        size = path.stat().st_size / 1e6
        base, ours = in_process("polars", path), in_process("importer", path)
    ratio, more = ours["seconds"] / base["seconds"], ours["peak"] - base["peak"]
    verdict = "met" if ratio <= TARGET_RATIO and more <= TARGET_BYTES else "NOT met"
    lines = [
        f"A Meta-like daily export of {ours['rows']:,.0f} rows ({size:,.0f} MB), read, checked and grouped into "
        f"{ours['campaigns']:,.0f} campaigns by month; each line a process of its own.",
        "",
        "| | seconds | CPU seconds | peak memory, MiB | rows a second |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in (("polars only reads it", base), ("import", ours)):
        lines.append(
            f"| {name} | {found['seconds']:.1f} | {found['cpu']:.1f} | {found['peak'] / (1 << 20):,.0f} "
            f"| {found['rows'] / found['seconds']:,.0f} |"
        )
    lines += [
        "",
        f"Ratio to polars: {ratio:.1f} in seconds, {ours['cpu'] / base['cpu']:.1f} in CPU; {more / 1e6:+,.0f} MB. "
        f"Target (at most {TARGET_RATIO:.0f} times and {TARGET_BYTES / 1e6:.0f} MB more): {verdict}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the section, or measure one way of reading for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help="with --measure: the export")
    parser.add_argument("--measure", choices=("polars", "importer"), help="one way only, as JSON")
    options = parser.parse_args()
    print(json.dumps(measure(options.measure, options.file)) if options.measure else report(options.rows))


if __name__ == "__main__":
    main()
