"""What a server has done behind it, as its settings say: by a worker that it watches, by its own threads, or not.

An index that only one process may write to is kept level by the process that searches it, which is the server's. Must
not know requests.
"""

import threading
import time

from reflection.wiring import Application
from reflection.worker.chores import ALL, IMPORTS, OF_VECTORS, Chores
from reflection.worker.watch import Watch

PUBLISH_SECONDS = 5.0
"""How long a server that stops goes on publishing what its worker has left."""


class ServerBackground:
    """The background of one server process: start it with the server, stop it before the application is closed."""

    def __init__(self, application: Application) -> None:
        self._application = application
        mode, index = application.settings.background, application.memory.index
        here = ALL if mode == "threads" else OF_VECTORS if mode == "process" and index.one_process else frozenset()
        lock = application.worker if mode == "threads" else None
        self.chores = Chores(application, here, lock=lock)
        self._watch = Watch(application.settings) if mode == "process" else None
        self._publishes = mode != "none"

    def start(self) -> None:
        """Begin, and read vectors into memory meanwhile."""
        self.chores.start()
        if self._watch is not None:
            self._watch.start()
        threading.Thread(target=self._application.warm, name="warm", daemon=True).start()

    def wake_imports(self) -> None:
        """There is an import; a worker looks by itself, twice a second."""
        self.chores.wake(IMPORTS)

    def stop(self) -> None:
        """Have everything stopped and, within some seconds, published."""
        if self._watch is not None:
            self._watch.stop()
        self.chores.stop()
        if self._publishes:
            self._application.publisher.publish_until(time.monotonic() + PUBLISH_SECONDS)
