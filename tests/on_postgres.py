"""The tests' databases on a Postgres server: each file that a test names stands for a database of its own there.

Loaded by `make test-postgres`, which starts the server of REFLECTION_TEST_POSTGRES. The file holds the name of its
database, so that a copy of it (of a migrated or a learnt one) stands for a copy of that.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL, Connection

from reflection.store.database import connections
from reflection.store.database.place import Place
from reflection.store.database.statements import SQLITE


class Databases:
    """Databases of one server, each standing for a file."""

    def __init__(self, address: str) -> None:
        self._server = make_url(address)
        self._of_file = connections.url_of

    def url_of(self, place: Place) -> URL:
        """The database that stands for a file; an address stays what it is."""
        url = self._of_file(place)
        if (
            isinstance(place, URL)
            or url.get_backend_name() != SQLITE
            or url.database is None
            or not Path(url.database).parent.is_dir()
        ):
            return url
        path = Path(url.database)
        own = f"f{hashlib.sha256(os.path.abspath(path).encode()).hexdigest()[:24]}"
        said = path.read_text(encoding="utf-8") if path.exists() else ""
        if said != own:
            self._make(own, said)
            path.write_text(own, encoding="utf-8")
        return self._server.set(database=own)

    def _make(self, name: str, template: str) -> None:
        like = f' TEMPLATE "{template}"' if template else ""
        with self._administrator() as server:
            there = server.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first()
            if there is None:
                server.execute(text(f'CREATE DATABASE "{name}"{like}'))

    @contextmanager
    def _administrator(self) -> Iterator[Connection]:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def new_database(template: str = "template1") -> URL:
    """A new database of the server, a copy of another of its own; `with_vectors` has pgvector."""
    server = make_url(os.environ["REFLECTION_TEST_POSTGRES"])
    name = f"e{time.time_ns()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return server.set(database=name)


@pytest.fixture(scope="session", autouse=True)
def on_postgres() -> Iterator[None]:
    """Every file stands for a database of the server."""
    databases = Databases(os.environ["REFLECTION_TEST_POSTGRES"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "url_of", databases.url_of)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about SQLite's file itself is left out."""
    left_out = [item for item in items if item.get_closest_marker("sqlite")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
