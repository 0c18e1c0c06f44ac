"""Vectors in Chroma, the specification's preferred backend: a mirror of the store's rows, cosine set explicitly.

One collection per workspace and space, so neither a workspace nor a model can be forgotten in a filter. Embedded
(PersistentClient) or a server (HttpClient). The embedded client does not see what another process wrote after it was
opened, which is why answers are checked against the rows by count (`SemanticMemory`). Needs the extra ``[chroma]``;
importing this file does not. Must not know the store.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from reflection.errors import ConfigurationError, Unavailable
from reflection.memory.embedders import Space
from reflection.memory.shelf import Entry, Hit, Where
from reflection.ports import Vector

T = TypeVar("T")
PREFIX = "reflection-"
BATCH = 1_000


def installed() -> bool:
    """Whether the extra is there, without importing it (an import costs seconds)."""
    return find_spec("chromadb") is not None


class ChromaIndex:
    """A `VectorIndex` in Chroma; connects on first use. Thread-safe.

    Args:
        path: folder of an embedded database, one owner process; or
        url: address of a Chroma server, such as ``http://127.0.0.1:8000``, for several processes.

    Raises:
        ConfigurationError: neither or both are given, or the extra is not installed.
    """

    name = "chroma"
    mirrors = True

    def __init__(self, *, path: Path | None = None, url: str | None = None) -> None:
        if (path is None) == (url is None):
            raise ConfigurationError("Chroma needs a folder or the address of a server, one of them")
        if not installed():
            raise ConfigurationError("chromadb is not installed", hint="pip install 'reflection[chroma]'")
        self._path, self._url = path, url
        self._lock = threading.RLock()
        self._client: Any = None
        self._collections: dict[str, Any] = {}

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """See `VectorIndex.search`. Chroma's own distance is approximate (HNSW); equal cosines are ordered by id."""

        def ask(collection: Any) -> list[Hit]:
            wanted = min(limit, collection.count())
            if wanted <= 0:
                return []
            found = collection.query(
                query_embeddings=[np.asarray(vector, dtype=np.float32)],
                n_results=wanted,
                where=_condition(where),
                include=["distances"],
            )
            pairs = zip(found["ids"][0], found["distances"][0], strict=True)
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

        self._with(workspace, space, upsert)

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """See `VectorIndex.remove`."""

        def delete(client: Any) -> None:
            for collection in _of_workspace(client, workspace):
                collection.delete(ids=sorted(memory_ids))

        if memory_ids:
            self._guarded(delete)

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

        self._guarded(drop)

    def reset(self) -> None:
        """See `VectorIndex.reset`. An embedded database that cannot be opened is set aside, not deleted."""
        try:
            self._guarded(self._drop_all)
        except Unavailable:
            if self._path is None:
                raise
            self._set_aside()
            self._guarded(lambda client: client.heartbeat())

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

    def _with(self, workspace: str, space: Space, action: Callable[[Any], T]) -> T:
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

        return self._guarded(on_collection)

    def _guarded(self, action: Callable[[Any], T]) -> T:
        """Run with a connected client; whatever Chroma raises means the mirror is not available."""
        with self._lock:
            try:
                if self._client is None:
                    self._client = self._connect()
                return action(self._client)
            except Unavailable:
                raise
            except BaseException as error:  # its Rust part panics with BaseException on a damaged database
                if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
                    raise
                self._client = None
                self._collections.clear()
                raise Unavailable(
                    f"Chroma failed: {type(error).__name__}", hint="run `reflection rebuild` if it stays so"
                ) from error

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
