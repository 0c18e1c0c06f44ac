"""A full disk is refused, not broken: reads go on, and the first write after freeing space succeeds."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from reflection.errors import StorageFull


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
    assert len(house.store.insights("default", 9)) == 5

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
