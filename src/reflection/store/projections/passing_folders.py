"""Folders that go with the process that made them: at its end, or, where it was killed, when the next one is made.

A process holds the lock of its folder as long as it lives; a folder of the same beginning that nobody holds is a dead
one's. Links, and what belongs to another user, are left alone. Must not know what is put into them.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def passing_folder(beginning: str, place: Path | None = None) -> Iterator[Path]:
    """A new empty folder that only this user can read, until the end of the block.

    Args:
        beginning: of its name; what dead processes left under it goes.
        place: where; None for the system's folder of temporary files.
    """
    place = Path(tempfile.gettempdir()) if place is None else place
    for left in place.glob(f"{beginning}*"):
        if (handle := _lock_of(left)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(handle)
    folder, lock = _made(beginning, place)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _made(beginning: str, place: Path) -> tuple[Path, int | None]:
    """A folder and its lock; another one where somebody took it for a dead one's before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=beginning, dir=place))
        if sys.platform == "win32":  # there a folder has no lock, and stays after a kill
            return folder, None
        lock = _lock_of(folder)
        if lock is not None and folder.is_dir():
            return folder, lock
        if lock is not None:
            os.close(lock)


def _lock_of(folder: Path) -> int | None:
    """The lock of a folder of this user; None where somebody else has it, or it is none."""
    if sys.platform == "win32":
        return None
    with suppress(OSError):  # gone, a link, a file, or not ours to open
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        if os.fstat(handle).st_uid == os.geteuid():
            with suppress(BlockingIOError):  # its process lives
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
        os.close(handle)
    return None
