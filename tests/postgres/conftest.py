"""What only a server does, and what both databases do alike; collected by `make test-postgres`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tests.on_postgres import new_database
from tests.postgres.fleet import Fleet

collect_ignore_glob = [] if os.environ.get("REFLECTION_TEST_POSTGRES") else ["test_*.py"]


@pytest.fixture
def empty() -> URL:
    """A new database of the server."""
    return new_database()


@pytest.fixture
def fleet(empty: URL, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet on a new database; all of it is gone at the end."""
    fleets: list[Fleet] = []

    def start(**more: str) -> Fleet:
        fleets.append(Fleet(empty, tmp_path, free_port, **more))
        return fleets[-1].ready()

    yield start
    for one in fleets:
        one.end()
