"""`make bench`: run the benchmarks and write docs/benchmarks.md.

    python -m benchmarks                     all of them (about an hour on two cores)
    python -m benchmarks --quick             small versions, a few minutes
    python -m benchmarks learning speed      some of them; the other sections stay as they are
    python -m benchmarks speed --minutes 10 --sizes 10,1000
                                             about so long; `--folder` keeps the filled databases for the next time
    .venv-postgres/bin/python -m benchmarks speed --postgres --minutes 5
                                             Postgres beside a SQLite file, a section of its own

Each section carries the command that makes it and the date; a section whose data is not there says so.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
TARGET = HERE.parent / "docs" / "benchmarks.md"
SHARED = HERE.parents[1] / "shared" / "data"
TITLE = "# Benchmarks\n\nWritten by `make bench`. Figures are of this machine and day; ratios are of one run.\n"


@dataclass(frozen=True)
class Options:
    """How large a run is; what concerns one section only, the others pass over."""

    quick: bool = False
    minutes: float = math.inf
    sizes: tuple[int, ...] = ()
    folder: Path | None = None
    postgres: bool = False

    def command(self, section: str) -> str:
        """What makes a section with these options."""
        words = ["python -m benchmarks", section, *(["--quick"] if self.quick else [])]
        words += ["--postgres"] if self.postgres and section in ON_POSTGRES else []
        if section == "speed":
            words += [f"--minutes {self.minutes:g}"] if math.isfinite(self.minutes) else []
            words += [f"--sizes {','.join(map(str, self.sizes))}"] if self.sizes else []
        return " ".join(words)


def learning(options: Options) -> str:
    """Simulated worlds with known truth."""
    import learning_simulation as bench

    reps, nulls = (bench.QUICK, bench.NULL_QUICK) if options.quick else (bench.REPS, bench.NULL_REPS)
    return bench.report(reps, nulls)


def facebook(options: Options) -> str:
    """Real Facebook ads, held out."""
    import facebook_ads as bench

    return bench.report()


def headlines(options: Options) -> str:
    """Which of two headlines gets more clicks."""
    import headlines as bench

    return bench.report(SHARED, 10 if options.quick else 100)


def worlds(options: Options) -> str:
    """Worlds that break the assumptions of learning."""
    import worlds as bench
    import worlds_in_time  # noqa: F401 (its worlds are some of them)
    import worlds_of_events as events
    import worlds_of_outsiders  # noqa: F401 (so are its)
    import worlds_of_pairs as pairs
    import worlds_of_plans as plans
    import worlds_of_seasons as seasons

    seeds = 5 if options.quick else bench.SEEDS
    return (
        f"{bench.report(seeds)}\n\nPairs of signals:\n\n{pairs.report(seeds)}\n\n"
        f"Campaigns held out, foretold as plans:\n\n{plans.report(seeds)}\n\n"
        f"Times of the year:\n\n{seasons.report(min(seeds, seasons.SEEDS))}\n\n"
        f"Events:\n\n{events.report(min(seeds, events.SEEDS))}"
    )


def trust(options: Options) -> str:
    """Worlds that show more than is there, and experiments."""
    import trust_in_effects as bench

    return bench.report(*((3,) if options.quick else ()))


def response(options: Options) -> str:
    """What more money brings, and a budget spread by it."""
    import budget_response as bench

    return bench.report(*((3,) if options.quick else ()))


def scale(options: Options) -> str:
    """A million campaigns relearnt."""
    import relearn as bench

    return bench.report(20_000 if options.quick else 1_000_000)


def cluster(options: Options) -> str:
    """A workspace relearnt in partitions on a cluster of this machine; needs the extra `cluster`."""
    import cluster as bench

    return bench.report(20_000 if options.quick else bench.CAMPAIGNS)


def agreement(options: Options) -> str:
    """The fit beside full MCMC; needs numpyro, which nothing else does."""
    import mcmc_agreement as bench
    import mcmc_components as components

    try:
        table = bench.report((20, 50) if options.quick else (20, 50, 200))
    except ModuleNotFoundError:
        return "Not run: numpyro is not installed here (make bench-oracle)."
    return f"{table}\n\nEverything that a fit can take up:\n\n{components.report()}"


def importing(options: Options) -> str:
    """A million daily rows of an export."""
    import importing as bench

    return bench.report(50_000 if options.quick else 1_000_000)


def bulk(options: Options) -> str:
    """Many campaigns analysed, learning on."""
    import bulk as bench

    return bench.report(3_000 if options.quick else 100_000)


def speed(options: Options) -> str:
    """Analyses over HTTP at growing stores."""
    import http_speed as bench

    return bench.report(
        options.sizes or ((10, 1_000) if options.quick else bench.SIZES), options.folder, options.minutes
    )


def speed_on_postgres(options: Options) -> str:
    """Analyses on Postgres beside those on a file; needs the extra `postgres` and the tests' server."""
    import postgres_speed as bench

    return bench.report(options.sizes, options.folder, options.minutes, 1 if options.quick else bench.ROUNDS)


def retrieval_on_postgres(options: Options) -> str:
    """Vectors that the server searches; needs the extra `postgres` and the tests' server."""
    import server_vectors as bench

    return bench.report(options.sizes or bench.SIZES)


def calibration(options: Options) -> str:
    """Forecast calibration, simulated planners."""
    import calibration_simulation as bench

    return bench.report()


def keywords(options: Options) -> str:
    """One-week-ahead clicks of real keywords."""
    import keyword_weeks as bench

    return bench.report(SHARED)


def loop(options: Options) -> str:
    """A planner who follows the advice."""
    import closed_loop as bench

    return bench.report(*((2,) if options.quick else ()))


def retrieval(options: Options) -> str:
    """Finding memories again."""
    import retrieval as bench

    return bench.report()


def paraphrases(options: Options) -> str:
    """Finding campaigns by a question in other words."""
    import paraphrases as bench

    return bench.report()


def neighbours(options: Options) -> str:
    """What similar campaigns are worth."""
    import neighbours as bench

    return bench.report()


def supersession(options: Options) -> str:
    """Effects that end, and effects that hold."""
    import supersession as bench

    return bench.report(*((3,) if options.quick else ()))


def peeking(options: Options) -> str:
    """Accounts in which nothing has an effect, looked at after every campaign."""
    import peeking as bench

    return bench.report(*((5, 0, 0) if options.quick else ()))


def fit(options: Options) -> str:
    """CPU seconds of one fit, by stage."""
    import fit_cost as bench

    return bench.report((40, 200) if options.quick else bench.SIZES)


def page(options: Options) -> str:
    """The page in a browser; needs Chromium."""
    import page as bench

    return bench.report(500 if options.quick else 10_000)


SECTIONS: dict[str, tuple[str, Callable[[Options], str]]] = {
    "learning": ("Learning: effects one may believe", learning),
    "peeking": ("Learning: looked at after every campaign", peeking),
    "facebook": ("Learning: real Facebook ads", facebook),
    "headlines": ("Learning: headlines that ran side by side", headlines),
    "worlds": ("Learning: worlds that break its assumptions", worlds),
    "trust": ("Learning: experiments and how far observation can be trusted", trust),
    "response": ("Advice: what more money brings, and a budget spread by it", response),
    "agreement": ("Learning: agreement with MCMC", agreement),
    "fit": ("Learning: what a fit costs", fit),
    "cluster": ("Learning: on a cluster", cluster),
    "scale": ("Learning: a million campaigns", scale),
    "speed": ("Speed: analyses over HTTP", speed),
    "calibration": ("Forecasts: calibration", calibration),
    "keywords": ("Forecasts: keyword weeks", keywords),
    "loop": ("Advice: the closed loop", loop),
    "retrieval": ("Memory: retrieval", retrieval),
    "paraphrases": ("Memory: search by meaning", paraphrases),
    "neighbours": ("Memory: usefulness of neighbours", neighbours),
    "supersession": ("Memory: learnings that end", supersession),
    "importing": ("Imports: a million rows", importing),
    "bulk": ("Bulk: many campaigns", bulk),
    "page": ("The page: first picture", page),
}
ON_POSTGRES = {
    "speed": ("Speed: Postgres beside SQLite", speed_on_postgres),
    "retrieval": ("Memory: pgvector", retrieval_on_postgres),
}


def main() -> None:
    """Run the chosen sections and put them into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "sections", nargs="*", choices=[*SECTIONS], default=[], help="which ones; all when none is named"
    )
    parser.add_argument("--quick", action="store_true", help="small versions")
    parser.add_argument("--minutes", type=float, default=math.inf, help="speed: about how long the whole may take")
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=(),
        help="speed: stored campaigns; retrieval --postgres: memories; comma separated",
    )
    parser.add_argument("--folder", type=Path, help="speed: keep the filled databases there, and use those that are")
    parser.add_argument("--postgres", action="store_true", help="speed, retrieval: on Postgres (.venv-postgres)")
    given = parser.parse_args()
    options = Options(given.quick, given.minutes, given.sizes, given.folder, given.postgres)
    for name in given.sections or SECTIONS:
        title, run = (ON_POSTGRES if options.postgres and name in ON_POSTGRES else SECTIONS)[name]
        began = time.monotonic()
        print(f"== {title}", flush=True)
        body = _body(run, options)
        print(body, flush=True)
        note = f"`{options.command(name)}`, {date.today().isoformat()}"
        put(f"## {title}", f"{note}, {time.monotonic() - began:.0f} s\n\n{body}")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _body(run: Callable[[Options], str], options: Options) -> str:
    try:
        return run(options)
    except FileNotFoundError as missing:
        return f"Not run: the data is not there ({Path(str(missing.filename)).name})."


def put(heading: str, body: str) -> None:
    """Replace one section of the page, or add it."""
    page = TARGET.read_text(encoding="utf-8") if TARGET.exists() else TITLE
    section = f"{heading}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    page = pattern.sub(lambda _: section + "\n", page) if pattern.search(page) else f"{page.rstrip()}\n\n{section}"
    TARGET.write_text(page.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
