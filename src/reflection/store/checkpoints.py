"""The pieces of stopped relearns, as files beside the database: `<database>.relearn/<workspace>/<recipe>/<piece>`.

Each is there whole or not at all, ends in a checksum, and names what it was made from. They are a convenience: they
may be deleted at any time, are never flushed to the disk (a power cut costs time, and the checksum notices), and where
they cannot be written a relearn does without. They belong to one version of the code (`recipe`) and go with the
workspace when it is purged. Must not know what a piece says.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import scipy
from numpy.typing import NDArray

from reflection.inference.checkpoints import NoPieces, Piece, Pieces, Tell

if sys.platform != "win32":
    import fcntl

_LOCK = "lock"
_PENDING = ".pending"
_SEAL = hashlib.sha256().digest_size
_BLOCK = 1 << 20


class CheckpointFolder:
    """Stopped relearns of every workspace in one folder; made when it is needed, removed when it is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self, workspace: str, tell: Tell) -> Iterator[Pieces]:
        """The pieces of a workspace, for one relearn at a time; they are removed when the block ends without an error.

        A second relearn of the same workspace, or one that may not write here, gets pieces that keep nothing.
        """
        folder = self._folder / workspace / recipe()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(folder.parent / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            tell(f"this relearn could not go on if it were stopped: {error.strerror}")
            yield NoPieces()
            return
        try:
            if not _taken(lock):
                tell("another relearn of this workspace is running; this one could not go on if it were stopped")
                yield NoPieces()
                return
            _sweep(folder, tell)
            yield _Folder(folder, tell)
            self.clear(workspace)
        finally:
            os.close(lock)

    def clear(self, workspace: str) -> None:
        """Remove what is kept of a workspace."""
        shutil.rmtree(self._folder / workspace, ignore_errors=True)
        try:
            self._folder.rmdir()
        except OSError:  # not there, or another workspace's are in it
            return


class _Folder:
    """Pieces as files of one folder, which nobody else writes to."""

    def __init__(self, folder: Path, tell: Tell) -> None:
        self._folder = folder
        self._tell = tell
        self._full = False
        self._outdated = False

    def load(self, name: str, key: str) -> Piece | None:
        """The arrays of a piece if it is whole and its key is this one."""
        path = self._folder / name
        try:
            with path.open("rb") as file:
                _check(file)
                head = json.loads(file.readline())
                if head["key"] != key:
                    self._outdate()
                    return None
                return {array: np.lib.format.read_array(file, allow_pickle=False) for array in head["arrays"]}
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._tell(f"what the earlier relearn left of {name} is damaged and is done again ({error})")
            return None

    def _outdate(self) -> None:
        if not self._outdated:
            self._tell("the evidence has changed since the earlier relearn; what rests on it is done again")
        self._outdated = True

    def save(self, name: str, key: str, piece: Piece) -> None:
        """Write a piece; after the first one that could not be written, no others."""
        if self._full:
            return
        pending = self._folder / f"{name}{_PENDING}"
        try:
            with pending.open("wb") as file:
                _write(file, key, piece)
            os.replace(pending, self._folder / name)
        except OSError as error:
            self._full = True
            self._tell(f"this relearn could not go on from here if it were stopped: {error.strerror}")
            pending.unlink(missing_ok=True)


@cache
def recipe() -> str:
    """Names the code that learns and the libraries it learns with; a piece made by another must not be mixed in."""
    package = Path(__file__).parents[1]
    seal = hashlib.sha256(" ".join((np.__version__, scipy.__version__, platform.machine(), sys.version)).encode())
    for path in sorted(
        [
            *(path for room in ("domain", "stats", "inference", "engine") for path in (package / room).rglob("*.py")),
            Path(__file__),
        ]
    ):
        seal.update(path.read_bytes())
    return seal.hexdigest()[:16]


class _Sealing:
    """A file being written, and the checksum of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seal = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.seal.update(data)
        return self._file.write(data)


def _write(file: IO[bytes], key: str, piece: Mapping[str, NDArray[Any]]) -> None:
    sealing = _Sealing(file)
    sealing.write(json.dumps({"key": key, "arrays": list(piece)}).encode() + b"\n")
    for array in piece.values():  # keeps the order of an array in memory, on which the last bits of a product depend
        np.lib.format.write_array(sealing, np.asanyarray(array), allow_pickle=False)
    file.write(sealing.seal.digest())


def _check(file: IO[bytes]) -> None:
    """Read a whole file and stand at its beginning again.

    Raises:
        ValueError: its checksum is wrong.
    """
    left = os.fstat(file.fileno()).st_size - _SEAL
    seal = hashlib.sha256()
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        seal.update(block)
        left -= len(block)
    if left or file.read() != seal.digest():
        raise ValueError("its checksum is wrong")
    file.seek(0)


def _taken(lock: int) -> bool:
    """Take a lock that ends with the process; False where another has it."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(folder: Path, tell: Tell) -> None:
    """Remove what other versions left, and what a kill left half written."""
    for other in folder.parent.iterdir():
        if other.name not in (folder.name, _LOCK):
            shutil.rmtree(other, ignore_errors=True)
            tell("an earlier relearn was stopped under another version; it begins anew")
    for half in folder.glob(f"*{_PENDING}"):
        half.unlink(missing_ok=True)
