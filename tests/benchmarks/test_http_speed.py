"""The benchmark measures a real server while it learns, beside the floor, on a database that it can use again."""

from pathlib import Path
from types import ModuleType

import pytest
from rich.progress import Progress


@pytest.mark.torture(part="server")
def test_a_real_server_is_measured_on_a_database_that_is_filled_once(
    http_speed: ModuleType, filling: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"POSTS": 4, "WARM_UP": 2, "CLIENTS": (1, 2), "plans_in_a_stream": lambda: "plans", "PLANNED": 0}
    for name, value in parts.items():
        monkeypatch.setattr(http_speed, name, value)
    monkeypatch.setattr(filling, "_run", lambda *_: None)  # the server embeds and learns what it finds

    lines = http_speed.report((3,), tmp_path).splitlines()

    head, row, _ = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:4]))
    told = dict(zip(head, row, strict=True))
    path = tmp_path / "3" / "reflection.db"
    assert (told["stored campaigns"], told["p50 to the first size"], told["lost"]) == ("3", "1.00", "0")
    assert 0 < float(told["p50 ms"]) <= float(told["p95 ms"])
    assert float(told["floor p50 ms"]) > 0
    assert float(told["fresh after s, p50"]) <= float(told["p95"])
    assert lines[-1] == "plans"
    assert "embed " in lines[-3]
    assert "An analysis with one client at 3 stored took" in lines[-3]
    assert http_speed.stored_in(path) == 3 + 2 + 4 + 4

    prepared: list[int] = []
    monkeypatch.setattr(http_speed, "fill", lambda *_: pytest.fail("filled again"))
    monkeypatch.setattr(http_speed, "prepare", lambda _, __, further: prepared.append(further))
    monkeypatch.setattr(http_speed, "is_filled", lambda *_: True)
    assert http_speed.filled_database(tmp_path, 3, Progress(disable=True)) == path
    assert prepared == [2 * 4 + 2]


def test_a_database_of_which_nobody_knows_whether_it_is_whole_is_filled_anew(
    http_speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "reflection.db").write_text("the rest of one that was killed")
    there: list[list[Path]] = []
    monkeypatch.setattr(http_speed, "fill", lambda path, *_: there.append(list(path.parent.iterdir())))

    http_speed.filled_database(tmp_path, 3, Progress(disable=True))

    assert there == [[]]


def test_a_campaign_is_fresh_when_the_effects_count_it(streams: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = iter([3, 1, 0])
    monkeypatch.setattr(streams, "_pending", lambda _: next(waiting, 0))
    monkeypatch.setattr(streams, "LOOK", 0.05)
    watch = streams.Watch(0)
    for _ in range(3):
        watch.acknowledged()

    first, second, third = watch.settled()

    assert min(first, second) >= 0
    assert third >= second + 0.04, "two were learnt at one look, the last one at the next"


def test_what_never_counts_is_an_error_and_not_a_number(streams: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_pending", lambda _: 1)
    monkeypatch.setattr(streams, "SETTLE", 0.1)
    watch = streams.Watch(0)
    watch.acknowledged()
    with pytest.raises(SystemExit, match="not learnt"):
        watch.settled()


def test_a_stream_ends_when_its_time_is_up_and_has_some_posts_in_any_case(
    streams: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Connection:
        status = 200

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def getresponse(self) -> "Connection":
            return self

        def request(self, *_: object) -> None:
            pass

        read = close = lambda self: b""

    monkeypatch.setattr(streams.http.client, "HTTPConnection", Connection)
    monkeypatch.setattr(streams, "FEWEST_POSTS", 3)
    campaigns = [{"campaign_id": str(number)} for number in range(9)]

    assert len(streams.post(0, campaigns, 1, seconds=0.0).latencies) == 3
    whole = streams.post(0, campaigns, 2)
    assert (len(whole.latencies), whole.lost) == (9, 0)


def test_what_others_take_of_the_processors_is_a_share(streams: ModuleType) -> None:
    share = streams.busy_elsewhere(0.2)
    assert share is None or 0.0 <= share <= 1.0
