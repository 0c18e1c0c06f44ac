"""Vectors in Chroma, the specification's preferred backend: a mirror of the store's rows, cosine set explicitly.

One collection per workspace and space, so neither a workspace nor a model can be forgotten in a filter. Embedded
(PersistentClient) or a server (HttpClient). The embedded client does not see what another process wrote after it was
opened, which is why answers are checked against the rows by count (`SemanticMemory`). Needs the extra ``[chroma]``;
importing this file does not. Must not know the store.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from reflection.domain.ports import Vector
from reflection.errors import ConfigurationError, Unavailable
from reflection.llm.circuit_breaker import Breaker
from reflection.llm.deadline import DeadlineRunner
from reflection.memory.embedders import Space
from reflection.memory.vectors import Entry, Hit, Where

T = TypeVar("T")
PREFIX = "reflection-"
BATCH = 1_000
READ_SECONDS = 2.0
"""The longest a server may take to answer a question; Chroma's own client would wait for ever."""

CONNECT_SECONDS = 5.0
"""The same for the first question, which also connects: four requests instead of one."""

WRITE_SECONDS = 30.0
"""The same for writes, which come in batches of up to `BATCH` vectors and hold up no request."""


def installed() -> bool:
    """Whether the extra is there, without importing it (an import costs seconds)."""
    return find_spec("chromadb") is not None


class ChromaIndex:
    """A `VectorIndex` in Chroma; connects on first use. Thread-safe.

    Args:
        path: folder of an embedded database, one owner process; or
        url: address of a Chroma server, such as ``http://127.0.0.1:8000``, for several processes. Every call has a
            deadline, and after three failures in a row none is made for a minute.
        read_seconds: that deadline for questions; `connect_seconds` for one that has to connect first.

    Raises:
        ConfigurationError: neither or both are given, or the extra is not installed.
    """

    name = "chroma"
    mirrors = True

    def __init__(
        self,
        *,
        path: Path | None = None,
        url: str | None = None,
        read_seconds: float = READ_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        if (path is None) == (url is None):
            raise ConfigurationError("Chroma needs a folder or the address of a server, one of them")
        if not installed():
            raise ConfigurationError("chromadb is not installed", hint="pip install 'marko-reflection[chroma]'")
        self._path, self._url = path, url
        self.one_process = path is not None
        self._lock = threading.RLock()
        self._client: Any = None
        self._collections: dict[str, Any] = {}
        self._read_seconds, self._connect_seconds = read_seconds, connect_seconds
        self._runner, self._breaker = DeadlineRunner(), Breaker()

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """See `VectorIndex.search`. Chroma's own distance is approximate (HNSW); equal cosines are ordered by id."""

        def ask(collection: Any) -> list[Hit]:
            count = min(limit, collection.count())
            if count <= 0:
                return []
            answer = collection.query(
                query_embeddings=[np.asarray(vector, dtype=np.float32)],
                n_results=count,
                where=_condition(where),
                include=["distances"],
            )
            pairs = zip(answer["ids"][0], answer["distances"][0], strict=True)
            return sorted(
                (Hit(name, 1.0 - float(d)) for name, d in pairs), key=lambda hit: (-hit.cosine, hit.memory_id)
            )

        return self._with(workspace, space, ask)

    def put(self, workspace: str, space: Space, entries: Sequence[Entry]) -> None:
        """See `VectorIndex.put`."""

        def upsert(collection: Any) -> None:
            for start in range(0, len(entries), BATCH):
                batch = entries[start : start + BATCH]
                collection.upsert(
                    ids=[entry.memory_id for entry in batch],
                    embeddings=[np.asarray(entry.vector, dtype=np.float32) for entry in batch],
                    metadatas=[asdict(entry.columns) for entry in batch],
                )

        self._with(workspace, space, upsert, WRITE_SECONDS)

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """See `VectorIndex.remove`."""

        def delete(client: Any) -> None:
            for collection in _of_workspace(client, workspace):
                collection.delete(ids=sorted(memory_ids))

        if memory_ids:
            self._guarded(delete, WRITE_SECONDS)

    def ids(self, workspace: str, space: Space) -> frozenset[str]:
        """See `VectorIndex.ids`."""
        return self._with(workspace, space, lambda collection: frozenset(collection.get(include=[])["ids"]))

    def count(self, workspace: str, space: Space) -> int:
        """See `VectorIndex.count`."""
        return int(self._with(workspace, space, lambda collection: collection.count()))

    def purge(self, workspace: str) -> None:
        """See `VectorIndex.purge`."""

        def drop(client: Any) -> None:
            for collection in _of_workspace(client, workspace):
                client.delete_collection(collection.name)
            self._collections.clear()

        self._guarded(drop, WRITE_SECONDS)

    def reset(self) -> None:
        """See `VectorIndex.reset`. An embedded database that cannot be opened is set aside, not deleted."""
        try:
            self._guarded(self._drop_all, WRITE_SECONDS)
        except Unavailable:
            if self._path is None:
                raise
            self._set_aside()
            self._guarded(lambda client: client.heartbeat())

    def close(self) -> None:
        """See `VectorIndex.close`."""
        with self._lock:
            self._disconnect()

    def _drop_all(self, client: Any) -> None:
        for collection in client.list_collections():
            if collection.name.startswith(PREFIX):
                client.delete_collection(collection.name)
        self._collections.clear()

    def _set_aside(self) -> None:
        """Rename the damaged folder and forget Chroma's cached system for it."""
        from chromadb.api.shared_system_client import SharedSystemClient  # type: ignore[import-not-found,unused-ignore]

        assert self._path is not None
        with self._lock:
            self._client = None
            self._collections.clear()
            SharedSystemClient.clear_system_cache()
            number = 1
            while (aside := self._path.with_name(f"{self._path.name}.damaged-{number}")).exists():
                number += 1
            try:
                if self._path.exists():
                    self._path.rename(aside)
            except OSError as error:
                raise Unavailable(f"the damaged Chroma folder cannot be renamed: {error.strerror}") from error

    def _with(self, workspace: str, space: Space, action: Callable[[Any], T], seconds: float | None = None) -> T:
        name = _collection_name(workspace, space)

        def on_collection(client: Any) -> T:
            if name not in self._collections:
                self._collections[name] = client.get_or_create_collection(
                    name,
                    configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                    metadata={"workspace": workspace, "space": space.id},
                    embedding_function=None,
                )
            return action(self._collections[name])

        return self._guarded(on_collection, seconds)

    def _guarded(self, action: Callable[[Any], T], seconds: float | None = None) -> T:
        """Run with a connected client; whatever Chroma raises means the mirror is not available."""
        with self._lock:
            if not self._breaker.allows():
                wait = self._breaker.retry_after()
                raise Unavailable(f"the Chroma server failed repeatedly; next try in {wait:.0f} s")
            try:
                result = self._in_time(action, seconds or self._read_seconds)
            except BaseException as error:  # its Rust part panics with BaseException on a damaged database
                if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
                    raise
                self._disconnect()
                if self._url is not None:
                    self._breaker.failed()
                if isinstance(error, Unavailable):
                    raise
                raise Unavailable(
                    f"Chroma failed: {type(error).__name__}", hint="run `reflection rebuild` if it stays so"
                ) from error
            self._breaker.succeeded()
            return result

    def _in_time(self, action: Callable[[Any], T], seconds: float) -> T:
        """Run an action, on a server within a deadline."""

        def run() -> T:
            if self._client is None:
                self._client = self._connect()
            return action(self._client)

        if self._url is None:
            return run()
        import chromadb  # type: ignore[import-not-found,unused-ignore]  # noqa: F401  outside the deadline: takes seconds

        limit = seconds if self._client is not None else max(seconds, self._connect_seconds)
        return self._runner.run(limit, lambda deadline: run())

    def _disconnect(self) -> None:
        """Let go of the client and its connections; the next call connects again."""
        client, self._client = self._client, None
        self._collections.clear()
        if client is not None and self._url is not None:
            for part in (client, getattr(client, "_admin_client", None)):
                session: Any = getattr(getattr(part, "_server", None), "_session", None)
                with suppress(Exception):  # Chroma's own close() leaves the sockets to the garbage collector
                    session.close()
            with suppress(Exception):
                client.close()

    def _connect(self) -> Any:
        import chromadb  # type: ignore[import-not-found,unused-ignore]
        from chromadb.config import Settings  # type: ignore[import-not-found,unused-ignore]

        settings = Settings(anonymized_telemetry=False)
        if self._path is not None:
            self._path.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(path=str(self._path), settings=settings)
        address = urlsplit(self._url or "")
        tls = address.scheme == "https"
        port = address.port or (443 if tls else 8000)
        return chromadb.HttpClient(host=address.hostname or "127.0.0.1", port=port, ssl=tls, settings=settings)


def _collection_name(workspace: str, space: Space) -> str:
    """A legal, collision-free name: Chroma takes 3 to 512 characters of [a-zA-Z0-9._-]."""
    return f"{PREFIX}{_digest(workspace)}-{_digest(space.id)}"


def _of_workspace(client: Any, workspace: str) -> list[Any]:
    prefix = f"{PREFIX}{_digest(workspace)}-"
    return [collection for collection in client.list_collections() if collection.name.startswith(prefix)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _condition(where: Where) -> dict[str, Any] | None:
    parts: list[dict[str, Any]] = [{"kind": {"$eq": where.kind}}] if where.kind is not None else []
    general = {"platform": where.platform, "objective": where.objective}
    parts += [{name: {"$in": ["", value]}} for name, value in general.items() if value is not None]
    parts += [{"at": {"$gte": where.start}}] if where.start is not None else []
    parts += [{"at": {"$lte": where.end}}] if where.end is not None else []
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}
