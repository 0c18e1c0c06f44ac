"""kill -9 at any moment splits nothing: rows, vectors, weights, artifacts, and no acknowledged work is lost.

A warm parent forks a writer that goes on with the parent's open database, acknowledges each piece of work
through a pipe, and is killed at a random moment. The parent fails when the writer dies of anything but the
kill, and looks at the database once through its own connections and once through new ones.
"""

import os
import random
import select
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

FAST_KILLS = 10
TORTURE_KILLS, PARTS = 20_000, 20
PER_HOUSE = 10


def _work(house: Any, acknowledgements: int, seed: int) -> None:
    """Post, revise, delete, learn and publish for ever, saying what was acknowledged."""
    rng = random.Random(seed)
    version = seed * 1_000
    while True:
        version += 1
        name = f"cmp_{rng.randrange(12)}"
        choice = rng.random()
        if choice < 0.12:
            done = house.store.delete_campaign("default", name)
            line = f"delete {name} {int(done)}"
        elif choice < 0.3:
            house.learn()
            line = f"learn {house.store.knowledge('default').seq} 0"
        elif choice < 0.5:
            house.publisher.publish_pending()
            line = "publish - 0"
        else:
            house.post(name, version)
            line = f"post {name} {version}"
        os.write(acknowledgements, (line + "\n").encode())


def _one_kill(house: Any, seed: int, seconds: float, *, at_work: bool) -> list[str]:
    """Fork a writer, kill it after a while (from its first word on, if `at_work`); what it said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _work(house, writing, seed)
        finally:  # with the traceback on standard error, if it was not the kill
            os._exit(3)
    os.close(writing)
    if at_work:
        select.select([reading], [], [], 30)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode().splitlines()
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, lines[-1:]
    return lines


def _warm(house: Any) -> None:
    """Let the parent do each kind of work once, so that its children lose no time on their first."""
    house.post("warm", 1)
    house.learn()
    house.publisher.publish_pending()
    house.store.delete_campaign("default", "warm")


def _check(house: Any, lines: list[str], before: dict[str, int | None]) -> dict[str, int | None]:
    """Acknowledged work is there (one more piece may be); everything else is sound."""
    expected = dict(before)
    learnt = 0
    for line in lines:
        verb, name, value = line.split(" ", 2)
        if verb == "post":
            expected[name] = int(value)
        elif verb == "delete":
            expected[name] = None
        elif verb == "learn":
            learnt = int(name)
    now = {
        stored.campaign_id: int(stored.campaign_json.rpartition(" ")[2].rstrip("}"))
        for stored in house.store.campaigns("default")
    }
    names = expected.keys() | now.keys()
    differing = [name for name in names if now.get(name) != expected.get(name)]
    assert len(differing) <= 1, (differing, expected, now)  # the work in flight when the kill came
    assert house.store.knowledge("default").seq >= learnt
    assert house.problems() == []
    return {name: now.get(name) for name in names}


def _torture(new_house: Callable[..., Any], kills: int, seed: int) -> None:
    rng = random.Random(seed)
    acknowledged = 0
    for first in range(0, kills, PER_HOUSE):
        name = f"house{first}"
        house = new_house(name)
        _warm(house)
        held: dict[str, int | None] = {}
        for number in range(first, min(first + PER_HOUSE, kills)):
            lines = _one_kill(house, seed * kills + number, rng.uniform(0.0, 0.03), at_work=number % 4 > 0)
            acknowledged += len(lines)
            held = _check(house, lines, held)
        house.close()
        house = new_house(name)
        _check(house, [], held)
        assert house.published_problems() == []
        house.post("after", 1)
        assert house.problems() == []
        house.close()
    assert acknowledged > kills / 2  # or the kills came before any work


def test_ten_kills_split_nothing(new_house: Callable[..., Any]) -> None:
    _torture(new_house, FAST_KILLS, seed=1)


@pytest.mark.parametrize(
    "part", [pytest.param(n, marks=pytest.mark.torture(part=f"kills-{1 + n % 2}")) for n in range(PARTS)]
)
def test_twenty_thousand_kills_split_nothing(new_house: Callable[..., Any], part: int) -> None:
    _torture(new_house, TORTURE_KILLS // PARTS, seed=2 + part)
