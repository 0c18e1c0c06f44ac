"""What only a server does, and what both databases do alike; collected by `make test-postgres`."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL
from tests.postgres.fleet import Fleet

collect_ignore_glob = [] if os.environ.get("REFLECTION_TEST_POSTGRES") else ["test_*.py"]


@pytest.fixture
def empty() -> URL:
    """A new database of the server."""
    server = make_url(os.environ["REFLECTION_TEST_POSTGRES"])
    name = f"e{time.time_ns()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name)


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
