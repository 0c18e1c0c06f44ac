"""Measure how far a request travels: modules entered, hops between them, read transactions opened.

    python scripts/trace_journeys.py

Analyses forty sample campaigns and learns; then traces a POST /analyze-campaign, the GETs that say what was learnt, and
one fit. A hop is a call from a function of one module of the project to a function of another.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from fastapi.testclient import TestClient
from sqlalchemy import event

import reflection
from reflection import Campaign
from reflection.api.app import create_app
from reflection.settings import Settings
from reflection.wiring import Application, build

PACKAGE = f"{Path(reflection.__file__).parent}/"
HISTORY = Path(__file__).parents[1] / "data" / "samples" / "campaign_history.json"
READS = ("/insights", "/patterns", "/recommendations", "/recommendations?platform=Meta")


class Trace:
    """Counts what `sys.setprofile` tells of the project's own functions."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.hops = 0

    def __call__(self, frame: FrameType, happened: str, _argument: object) -> None:
        """One event of the interpreter."""
        module = _module(frame)
        if happened != "call" or module is None:
            return
        self.modules.add(module)
        caller = frame.f_back
        while caller is not None and _module(caller) is None:
            caller = caller.f_back
        self.hops += caller is not None and _module(caller) != module


def _module(frame: FrameType) -> str | None:
    name = frame.f_code.co_filename
    return name.removeprefix(PACKAGE) if name.startswith(PACKAGE) else None


def journey(application: Application, name: str, go: Callable[[], object]) -> str:
    """One line of the table; `go` is made in threads that start during it, or in this one."""
    trace, reads = Trace(), list[object]()

    def begun(connection: object) -> None:
        reads.append(connection)

    event.listen(application.database.reader, "begin", begun)
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        go()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        event.remove(application.database.reader, "begin", begun)
    return f"| {name} | {len(trace.modules)} | {trace.hops:,} | {len(reads)} |"


def main() -> None:
    """Print the table."""
    bodies = json.loads(HISTORY.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="traced-") as folder:
        paths = {"database_path": Path(folder) / "traced.db", "output_dir": Path(folder) / "output"}
        settings = Settings.load(_env_file=None, weights_path=Path(folder) / "weights.json", **paths)
        with build(settings) as application:
            for body in bodies[:-2]:
                application.engine.analyze(Campaign.model_validate(body, strict=False))
            application.learner.learn_now("default")
            client = TestClient(create_app(application))
            for path in READS:
                client.get(path)  # so that nothing is loaded while it is traced
            client.post("/analyze-campaign", json=bodies[-2])
            print("| journey | modules | hops | read transactions |\n|---|---:|---:|---:|")
            post = partial(client.post, "/analyze-campaign", json=bodies[-1])
            print(journey(application, "POST /analyze-campaign", post))
            for path in READS:
                print(journey(application, f"GET {path}", partial(client.get, path)))
            print(journey(application, "learn_now", partial(application.learner.learn_now, "default")))


if __name__ == "__main__":
    main()
