"""A file that somebody named for an output: whole, or as it was before.

Written beside its place and put there in the end. A device or a pipe is written to, and so is a file in a folder that
is not ours, or one that is mounted by itself. Must not know what is written.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reflection.errors import InvalidInput
from reflection.store.projections.atomic_files import flush_folder

_MOUNTED = frozenset({errno.EBUSY, errno.EXDEV})


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """The file to write to, which is put in place at the end of the block.

    Raises:
        InvalidInput: it cannot be written; what was there stays, unless it had to be written in its place.
    """
    try:
        with _opened(path) as file:
            yield file
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}", hint="make room, or choose another file", field="output"
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    place = Path(os.path.realpath(path))
    beside = None if path.exists() and not path.is_file() else _beside(place)
    if beside is None:
        with path.open("wb") as file:
            yield file
        return
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            os.replace(beside, place)
            flush_folder(place.parent)
        except OSError as error:
            if error.errno not in _MOUNTED:
                raise
            shutil.copyfile(beside, place)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _beside(place: Path) -> Path | None:
    """A new file beside a place, as readable as what is there; None where none may stand there."""
    try:
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    except PermissionError:
        return None
    os.close(handle)
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(name, place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~mask)
    return Path(name)
