"""Files are written while others work; what is left, and what goes wrong, is left to whoever publishes next."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reflection.cli import analyze as command
from reflection.cli import processes
from reflection.cli.processes import FilesBeside, Workers
from reflection.domain.answers import Answer, Refusal
from reflection.domain.campaign import Campaign
from reflection.errors import Unavailable
from reflection.settings import Settings
from reflection.wiring import Application, build

Make = Callable[..., Campaign]
PATIENCE = 60.0


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    with build(settings) as built:
        yield built


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for `PATIENCE` seconds at most."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def written(settings: Settings) -> set[str]:
    return {path.parent.name for path in Path(settings.output_dir).glob("c*/comparison.json")}


def test_what_is_stored_meanwhile_is_written_meanwhile(
    application: Application, settings: Settings, make_campaign: Make
) -> None:
    with FilesBeside(settings):
        for name in ("c1", "c2"):
            application.engine.analyze(make_campaign(campaign_id=name))
            until(lambda wanted=name: wanted in written(settings))  # type: ignore[misc]
        until(lambda: not application.outbox.lag())

    assert application.publisher.publish_pending() == 0
    assert multiprocessing.active_children() == []


def test_what_could_not_be_written_is_set_aside_and_told_by_who_publishes_next(
    application: Application, settings: Settings, make_campaign: Make
) -> None:
    application.engine.analyze(make_campaign(campaign_id="c1"))
    (Path(settings.output_dir)).mkdir(parents=True, exist_ok=True)
    (Path(settings.output_dir) / "c1").write_text("somebody else's")

    with FilesBeside(settings):
        until(lambda: bool(application.outbox.dead_counts()))

    with pytest.raises(Unavailable):
        application.publisher.publish_pending()
    (Path(settings.output_dir) / "c1").unlink()
    application.publisher.publish_pending()
    assert written(settings) == {"c1"}


def test_nothing_is_lost_when_the_process_is_killed(
    application: Application, settings: Settings, make_campaign: Make
) -> None:
    with FilesBeside(settings):
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join(PATIENCE)
        application.engine.analyze(make_campaign(campaign_id="c1"))

    assert application.publisher.publish_pending() == 1
    assert written(settings) == {"c1"}


@pytest.mark.usefixtures("nothing_learnt")
def test_a_large_file_has_its_files_written_beside_and_a_small_one_afterwards(
    run: Any, folder: Any, campaign: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Settings] = []

    class Noted(FilesBeside):
        def __init__(self, settings: Settings) -> None:
            started.append(settings)
            super().__init__(settings)

    class Here(Workers):
        """Analyses in this process: how several share the work is another file's subject."""

        def __init__(self, settings: Settings, workspace: str, count: int) -> None:
            super().__init__(settings, workspace, 0)
            self._settings = settings

        def analyze_many(self, campaigns: Iterable[Campaign]) -> Iterator[Answer | Refusal]:
            with build(self._settings) as application:
                yield from application.engine.analyze_many(campaigns)

    monkeypatch.setattr(processes, "FilesBeside", Noted)
    monkeypatch.setattr(processes, "Workers", Here)
    monkeypatch.setattr(command, "MANY", 5)
    for name, count in (("small", 4), ("big", 8)):
        lines = [json.dumps(campaign(campaign_id=f"{name}{number}")) for number in range(count)]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        run("analyze", f"{name}.jsonl", "--processes", "2")
        assert len(started) == (name == "big")
        assert len(list((folder / "output").glob(f"{name}*/comparison.json"))) == count
