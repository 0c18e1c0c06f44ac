"""A full disk is refused, not broken: reads go on, and the first write after freeing space succeeds.

By a limit on the pages of the database, which any machine can set, and on a real disk of one megabyte: a tmpfs in a
mount namespace of the server's own. That takes a Linux that lets its users make one (or root); elsewhere the test
fails and says why, because what did not run was not shown.
"""

import itertools
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from scripts.api_examples import examples
from sqlalchemy import event

from reflection.api.openapi import CMP_007
from reflection.errors import StorageFull
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify

ON_ONE_MEGABYTE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
MOUNTED = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
BALLAST = 250_000
READS = ("/insights", "/patterns", "/recommendations", "/v1/effects", "/v1/campaigns/kept", "/health")


class _Disk:
    """Limits the pages of the database as a full disk would, without needing one."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.spare: int | None = None
        event.listen(database.writer, "begin", self._limit)

    def _limit(self, connection: Any) -> None:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        limit = 2**30 if self.spare is None else used + self.spare
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")


@pytest.mark.parametrize("spare", [0, 1, 3, 8])
def test_a_full_disk_changes_nothing_and_reads_go_on(
    new_house: Callable[..., Any], state: Callable[[Any], object], spare: int
) -> None:
    house = new_house()
    house.post("kept", 1)
    disk = _Disk(house.database)
    disk.spare = spare
    before = state(house.database)

    for n in range(30):
        with pytest.raises(StorageFull) as refused:
            house.store.save_many([house.record(f"big_{n}_{part}", n, 0) for part in range(20)])
        assert refused.value.status == 507
        assert state(house.database) == before
    assert house.store.campaign("default", "kept") is not None
    with house.store.snapshot("default") as snapshot:
        assert len(snapshot.insights(9)) == 5

    disk.spare = None
    house.store.save_many([house.record(f"big_{part}", 1, 0) for part in range(20)])

    assert house.store.campaign("default", "big_19") is not None
    assert house.problems() == []


def test_a_fit_that_does_not_fit_leaves_the_last_one(new_house: Callable[..., Any]) -> None:
    house = new_house()
    house.post("kept", 1)
    house.learn()
    for n in range(2, 5):
        house.post("kept", n)
    disk = _Disk(house.database)
    disk.spare = 0
    seq = house.store.knowledge("default").seq

    refused = False
    for n in range(40):  # the space freed by earlier rows runs out
        try:
            house.post(f"more_{n}", n)
        except StorageFull:
            refused = True
            break
    assert refused
    assert house.store.knowledge("default").seq == seq
    disk.spare = None
    assert house.learn()
    assert house.problems() == []


class _FullAt:
    """Between a client and its application: the disk is full at the n-th commit of a request, for each n there is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, self.refusals = 0, Counter[str]()
        self._commit, self._request = Database._commit, TestClient.request
        monkeypatch.setattr(Database, "_commit", lambda *arguments: self._committed(*arguments))
        monkeypatch.setattr(TestClient, "request", lambda *arguments, **more: self._asked(*arguments, **more))

    def _committed(self, *arguments: Any) -> None:
        self.left -= 1
        if not self.left:
            raise StorageFull("the disk is full; nothing was changed")
        self._commit(*arguments)

    def _asked(self, client: Any, method: str, path: str, **more: Any) -> httpx.Response:
        for commit in itertools.count(1):
            database = client.app.state.application.database
            before = None if method == "GET" else database.data_version()
            self.left = 0 if method == "GET" else commit
            answer: httpx.Response = self._request(client, method, path, **more)  # type: ignore[assignment]
            if method == "GET" or self.left > 0 or answer.status_code < 400:
                self.left = 0
                return answer
            assert answer.status_code == 507, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert commit > 1 or database.data_version() == before, (method, path, "it changed something before")
            self.refusals[method] += 1
        raise AssertionError


@pytest.mark.torture(part="disk")
def test_every_route_that_writes_says_that_the_disk_is_full_and_does_it_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = _FullAt(monkeypatch)

    examples()  # fails where one of them is not answered at last

    assert full.refusals["POST"] >= 18
    assert full.refusals["DELETE"] >= 12


def _posted(client: httpx.Client, name: str) -> httpx.Response:
    return client.post("/analyze-campaign", json={**CMP_007, "campaign_id": name})


@pytest.mark.torture(part="disk")
def test_a_server_on_a_real_disk_that_is_full_refuses_and_goes_on_as_soon_as_there_is_space(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    server = start(*ON_ONE_MEGABYTE, MOUNTED, str(tmp_path)).ready()
    disk = Path(f"/proc/{server.process.pid}/root{tmp_path}")
    ballast = disk / "ballast"
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert _posted(client, "kept").status_code == 200
        ballast.write_bytes(bytes(BALLAST))
        answers = [_posted(client, f"c{number}") for number in range(12)]
        acknowledged = ["kept", *(f"c{number}" for number, one in enumerate(answers) if one.status_code == 200)]

        refused = [one for one in answers if one.status_code != 200]
        assert len(refused) >= 3
        assert {one.status_code for one in refused} == {507}
        assert {one.headers["content-type"] for one in refused} == {"application/problem+json"}
        assert {path: client.get(path).status_code for path in READS} == dict.fromkeys(READS, 200)

        ballast.unlink()
        assert _posted(client, "after").status_code == 200
        for name in [*acknowledged, "after"]:
            assert client.get(f"/v1/campaigns/{name}").status_code == 200
    database = open_database(disk / "x.db")
    try:
        assert verify(database) == []
    finally:
        database.close()
    server.end(signal.SIGTERM)
