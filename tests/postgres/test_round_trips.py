"""How often an analysis waits for the server: each time costs what the network takes, whatever the server does."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build

MOST = 15
"""Of one new campaign: four of the memory, six of the snapshot, five of the transaction."""


class Relay:
    """Passes on what a client and the server say to each other, and counts how often the client's turn came."""

    def __init__(self, server: str) -> None:
        self._server, self.turns = server, 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                client, server = self._door.accept()[0], socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._ends += [client, server]
                threading.Thread(target=self._relay, args=(client, server), daemon=True).start()

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready, client, server, suppress(OSError):
            for one, other in ((client, server), (server, client)):
                ready.register(one, selectors.EVENT_READ, other)
            last = server
            while True:
                for key, _ in ready.select():
                    if not (said := key.fileobj.recv(65536)):  # type: ignore[union-attr]
                        return
                    if key.fileobj is client and last is server:
                        self.turns += 1
                    last = client if key.fileobj is client else server
                    key.data.sendall(said)

    def close(self) -> None:
        for end in (self._door, *self._ends):
            end.close()


@pytest.fixture
def relay(empty: URL) -> Iterator[Relay]:
    """Between this process and the server."""
    with closing(Relay(f"{empty.query['host']}/.s.PGSQL.5432")) as relay:
        yield relay


def test_an_analysis_waits_for_the_server_a_bounded_number_of_times(
    empty: URL, relay: Relay, settings_in: Callable[..., Settings], history: tuple[Campaign, ...], tmp_path: Path
) -> None:
    url = empty.set(host="127.0.0.1", port=relay.port, query={"sslmode": "disable", "gssencmode": "disable"})
    settings = settings_in(tmp_path / "own", database_url=url.render_as_string(hide_password=False))
    with build(settings) as application:
        for campaign in history[:10]:  # the driver prepares what it was asked five times
            application.engine.analyze(campaign)
        application.learner.learn_now("default")
        application.engine.analyze(history[10])
        waits = []
        for campaign in history[11:14]:
            before = relay.turns
            application.engine.analyze(campaign)
            waits.append(relay.turns - before)
    assert max(waits) <= MOST, waits
