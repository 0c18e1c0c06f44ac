"""The benchmark measures a real server, at rest, on a database that it can use again."""

import os
import time
from pathlib import Path
from types import ModuleType

import pytest
from rich.progress import Progress


def test_a_real_server_is_measured_on_a_database_that_is_filled_once(
    http_speed: ModuleType, filling: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"POSTS": 4, "WARM_UP": 2, "WATCHED": 0.4}.items():
        monkeypatch.setattr(http_speed, name, value)
    monkeypatch.setattr(filling, "_run", lambda *_: None)  # the server embeds and learns what it finds

    lines = http_speed.report((3,), tmp_path).splitlines()

    head, row = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], lines[2]))
    told = dict(zip(head, row, strict=True))
    path = tmp_path / "3" / "reflection.db"
    assert (told["stored campaigns"], told["ratio to the first"], told["lost"]) == ("3", "1.00", "0")
    assert 0 < float(told["p50 ms"]) <= float(told["p95 ms"])
    assert float(told["CPU ms"]) > 0
    assert http_speed.stored_in(path) == 3 + 2 + 4 + 4

    prepared: list[int] = []
    monkeypatch.setattr(http_speed, "fill", lambda *_: pytest.fail("filled again"))
    monkeypatch.setattr(http_speed, "prepare", lambda _, __, further: prepared.append(further))
    monkeypatch.setattr(http_speed, "is_filled", lambda *_: True)
    assert http_speed._filled(tmp_path, 3, Progress(disable=True)) == path
    assert prepared == [2 * 4 + 2]


def test_a_database_of_which_nobody_knows_whether_it_is_whole_is_filled_anew(
    http_speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "reflection.db").write_text("the rest of one that was killed")
    there: list[list[Path]] = []
    monkeypatch.setattr(http_speed, "fill", lambda path, *_: there.append(list(path.parent.iterdir())))

    http_speed._filled(tmp_path, 3, Progress(disable=True))

    assert there == [[]]


def test_cpu_time_is_that_of_the_process(http_speed: ModuleType) -> None:
    before, began = http_speed._cpu_seconds(os.getpid()), time.process_time()
    while time.process_time() - began < 0.1:
        sum(range(1_000))

    used = http_speed._cpu_seconds(os.getpid()) - before
    assert used == pytest.approx(time.process_time() - began, abs=0.05)


def test_a_busy_server_is_not_at_rest(http_speed: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 0.5, 0.5, 0.9, 0.9, 0.91])
    monkeypatch.setattr(http_speed, "_cpu_seconds", lambda _: next(seconds))
    monkeypatch.setattr(http_speed, "WATCHED", 1.0)
    monkeypatch.setattr(http_speed.time, "sleep", lambda _: None)

    http_speed._wait_for_rest(1)

    assert list(seconds) == [], "looked until it was quiet"
