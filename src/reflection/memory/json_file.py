"""Vectors in one JSON file: the specification's fallback, for when nothing else may be installed or opened.

Every write replaces the whole file (temporary file beside it, fsync, rename, fsync of the folder) under a lock that
other processes respect, so a kill leaves the old file or the new one. That makes a write O(all vectors): some 30 to 50
ms at 10,000; the local index is the one for more. A mirror: its content is recreated from the store's rows at any time.
Knows files and JSON; must not know the store.
"""

import base64
import binascii
import fcntl
import os
import re
import threading
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from reflection.domain.ports import Vector
from reflection.errors import Unavailable
from reflection.memory.embedders import Space, as_bytes, as_vector
from reflection.memory.vectors import Columns, Entry, Hit, VectorSpace, Where

VERSION = 2
_HEAD = re.compile(rb'\{"version":%d,"crc32":"([0-9a-f]{8})","workspaces":' % VERSION)
"""The checksum is of what follows: a flipped bit in a vector is still JSON, and would only rank wrongly."""

Records = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""workspace -> space id -> memory id -> record."""

Signature = tuple[int, int, int]


class JsonFileIndex:
    """A `VectorIndex` in one file, shared by any number of threads and processes of one machine.

    Args:
        path: the JSON file; its folder is made when missing.
    """

    name = "json"
    mirrors = True
    one_process = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._records: Records = {}
        self._spaces: dict[tuple[str, str], VectorSpace] = {}
        self._loaded: Signature | None = None

    def search(self, workspace: str, space: Space, vector: Vector, limit: int, where: Where) -> list[Hit]:
        """See `VectorIndex.search`."""
        with self._lock:
            self._refresh()
            return self._vector_space(workspace, space).search(vector, limit, where)

    def put(self, workspace: str, space: Space, entries: Sequence[Entry]) -> None:
        """See `VectorIndex.put`; one file write for all entries."""
        with self._changing():
            records = self._records.setdefault(workspace, {}).setdefault(space.id, {})
            records.update({entry.memory_id: _record(entry) for entry in entries})
            if (vectors := self._spaces.get((workspace, space.id))) is not None:
                vectors.put(entries)

    def remove(self, workspace: str, memory_ids: Collection[str]) -> None:
        """See `VectorIndex.remove`."""
        with self._changing():
            for space_id, records in self._records.get(workspace, {}).items():
                for memory_id in memory_ids:
                    records.pop(memory_id, None)
                if (vectors := self._spaces.get((workspace, space_id))) is not None:
                    vectors.remove(memory_ids)

    def ids(self, workspace: str, space: Space) -> frozenset[str]:
        """See `VectorIndex.ids`."""
        with self._lock:
            self._refresh()
            return frozenset(self._records.get(workspace, {}).get(space.id, {}))

    def count(self, workspace: str, space: Space) -> int:
        """See `VectorIndex.count`."""
        with self._lock:
            self._refresh()
            return len(self._records.get(workspace, {}).get(space.id, {}))

    def purge(self, workspace: str) -> None:
        """See `VectorIndex.purge`."""
        with self._changing():
            self._records.pop(workspace, None)
            self._spaces = {key: vectors for key, vectors in self._spaces.items() if key[0] != workspace}

    def reset(self) -> None:
        """See `VectorIndex.reset`; works on a damaged file too."""
        with self._lock, self._file_lock():
            self._records, self._spaces = {}, {}
            self._write()

    def close(self) -> None:
        """Nothing: the file is open only while it is read or written."""

    def _vector_space(self, workspace: str, space: Space) -> VectorSpace:
        key = (workspace, space.id)
        if key not in self._spaces:
            vectors = VectorSpace(space.dimensions)
            records = self._records.get(workspace, {}).get(space.id, {})
            vectors.put(_entry(memory_id, record, space.dimensions) for memory_id, record in records.items())
            self._spaces[key] = vectors
        return self._spaces[key]

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Read the newest file, let the caller change the records, write them: one writer at a time."""
        with self._lock, self._file_lock():
            self._refresh()
            try:
                yield
                self._write()
            except Unavailable:
                self._forget()  # memory must not be ahead of a file that could not be written
                raise

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        """An advisory lock beside the file; the kernel gives it back when the process dies."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(f"the vector file cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _refresh(self) -> None:
        signature = self._signature()
        if signature == self._loaded:
            return
        self._forget()
        self._records = self._read() if signature is not None else {}
        self._loaded = signature

    def _forget(self) -> None:
        self._records, self._spaces, self._loaded = {}, {}, None

    def _signature(self) -> Signature | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the vector file cannot be read: {error.strerror}") from error
        return (stat.st_ino, stat.st_mtime_ns, stat.st_size)

    def _read(self) -> Records:
        try:
            content = self._path.read_bytes()
            head = _HEAD.match(content)
            if head is None and orjson.loads(content)["version"] != VERSION:
                raise Unavailable("the vector file is of another version", hint="run `reflection rebuild`")
            body = content[head.end() : -1] if head else b""
            if head is None or int(head[1], 16) != zlib.crc32(body) or content[-1:] != b"}":
                raise Unavailable("the vector file is damaged", hint="run `reflection rebuild`")
            return _checked(orjson.loads(body))
        except OSError as error:
            raise Unavailable(f"the vector file cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable("the vector file is damaged", hint="run `reflection rebuild`") from error

    def _write(self) -> None:
        if self._path.exists() and not self._path.is_file():
            raise Unavailable("the vector file cannot be written: a folder, a device or a pipe is in its place")
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            with temporary.open("wb") as file:
                body = orjson.dumps(self._records)
                file.write(b'{"version":%d,"crc32":"%08x","workspaces":%b}' % (VERSION, zlib.crc32(body), body))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise Unavailable(f"the vector file cannot be written: {error.strerror}") from error
        self._loaded = self._signature()


def _record(entry: Entry) -> dict[str, Any]:
    return {
        "vector": base64.b64encode(as_bytes(entry.vector)).decode(),
        **asdict(entry.columns),
    }


def _entry(memory_id: str, record: dict[str, Any], dimensions: int) -> Entry:
    try:
        vector = as_vector(base64.b64decode(record["vector"], validate=True))
        if vector.shape != (dimensions,):
            raise Unavailable(
                f"the vector file holds a vector of length {vector.size}", hint="run `reflection rebuild`"
            )
        texts = (str(record["kind"]), str(record["platform"]), str(record["objective"]))
        return Entry(memory_id, vector, Columns(*texts, at=float(record["at"])))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Unavailable("the vector file is damaged", hint="run `reflection rebuild`") from error


def _checked(workspaces: Any) -> Records:
    """The records, if they nest as they should; AttributeError (damaged) if not."""
    for spaces in workspaces.values():
        for records in spaces.values():
            records.values()
    return dict(workspaces)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
