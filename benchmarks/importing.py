"""How fast, and in how much memory, a million daily rows become campaigns; as a ratio to polars merely
reading them.

    python benchmarks/importing.py [--rows 1000000] [--keep FILE]

Writes a Meta-like daily export (about 250 MB), then measures in processes of their own: polars reading the
file, and the importer reading, checking and grouping it by campaign and month. Prints seconds, peak memory
and the ratio.
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
TARGET_SECONDS = 60.0
TARGET_BYTES = 1 << 30


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
    """Seconds and peak resident bytes of one way of reading, in this process."""
    start = time.perf_counter()
    if what == "polars":
        import polars as pl

        rows = pl.read_csv(path, infer_schema_length=1000).height
        campaigns = 0
    else:
        from reflection.importers import ImportOptions, read_export

        report = read_export(path, ImportOptions(group_by="month"))
        rows, campaigns = report.rows, len(report.campaigns)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "peak": float(peak), "rows": float(rows), "campaigns": float(campaigns)}


def in_process(what: str, path: Path) -> dict[str, float]:
    """`measure` in a fresh process, so that peaks do not mix."""
    command = [sys.executable, __file__, "--measure", what, "--file", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Write the file, measure both ways, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help="an export written before")
    parser.add_argument("--measure", choices=("polars", "importer"))
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "daily.csv"
        if not path.exists():
            write_export(path, options.rows)
        base, ours = in_process("polars", path), in_process("importer", path)
        print(f"{ours['rows']:,.0f} rows, {path.stat().st_size / 1e6:,.0f} MB, {ours['campaigns']:,.0f} campaigns")
        for name, found in (("polars reads", base), ("importer reads and checks", ours)):
            print(f"  {name:<26} {found['seconds']:6.2f} s   {found['peak'] / (1 << 20):6.0f} MiB")
        print(f"  ratio to polars            {ours['seconds'] / base['seconds']:6.1f}")
        print(f"  rows a second              {ours['rows'] / ours['seconds']:,.0f}")
        met = ours["seconds"] < TARGET_SECONDS and ours["peak"] < TARGET_BYTES
        print(f"  under {TARGET_SECONDS:.0f} s and 1 GiB        {'yes' if met else 'NO'}")


if __name__ == "__main__":
    main()
