"""Random bytes over a block of a database's file: `verify` says so, or nothing that is stored has changed.

Bytes that nothing is made of (free space of a page, what a row left behind) may be anything.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reflection.cli.backup import problems_of
from reflection.errors import ReflectionError
from reflection.settings import Settings
from reflection.store.tables.columns import metadata
from reflection.wiring import build

pytestmark = [pytest.mark.sqlite, pytest.mark.torture(part="disk")]

BLOCK = 1_500
SEEDS = 50


def _rows(path: Path) -> dict[str, list[str]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in metadata.tables}


def _problems(settings: Settings) -> list[str]:
    try:
        with build(settings) as application:
            return problems_of(application)
    except ReflectionError as error:
        return [error.message]


def test_a_block_of_random_bytes_is_named_or_changes_nothing_that_is_stored(
    learnt: Path, tmp_path: Path, settings_in: Callable[..., Settings]
) -> None:
    sound, damaged = tmp_path / "sound.db", tmp_path / "reflection.db"
    shutil.copy(learnt, sound)
    settings = settings_in(tmp_path, embedding_model="none", background="none")
    shutil.copy(sound, damaged)
    assert _problems(settings) == []
    before, content, named = _rows(sound), sound.read_bytes(), 0
    for seed in range(SEEDS):
        for log in ("-wal", "-shm"):
            damaged.with_name(damaged.name + log).unlink(missing_ok=True)
        chance = random.Random(seed)
        start = chance.randrange(len(content) - BLOCK)
        damaged.write_bytes(content[:start] + chance.randbytes(BLOCK) + content[start + BLOCK :])
        if _problems(settings):
            named += 1
        else:
            assert _rows(damaged) == before, f"seed {seed}: {BLOCK} bytes from {start} on"

    assert named > SEEDS / 2
