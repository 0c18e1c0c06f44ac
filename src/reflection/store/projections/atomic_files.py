"""Files that are there whole or not at all, and a lock between processes.

A new content is written beside the old one, flushed to the disk and renamed over it; then the folder is
flushed, so that a power cut cannot undo the rename. Must not know what the files say.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reflection.errors import ReflectionError, StorageFull, Unavailable

if sys.platform != "win32":
    import fcntl

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_PENDING = ".pending"
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # on Windows it is no text
MANY_FOLDERS = 20
"""From this many on, flushing the whole system twice is quicker than flushing every file and folder."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the operating system's errors as the engine's own."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise StorageFull("the disk is full; the file was not changed", hint="free some space") from error
        name = "a file" if error.filename is None else _target(os.path.basename(error.filename))
        raise Unavailable(f"{name} could not be written: {error.strerror}") from error


def _target(name: str) -> str:
    """The file that is written, by the name of what is written beside it."""
    return name[1:].removesuffix(_PENDING) if name.startswith(".") and name.endswith(_PENDING) else name


def write_files(folder: Path, contents: dict[str, bytes]) -> None:
    """Write files of one folder, each atomically; durable when this returns.

    Only one process may write to a folder at a time (see `locked`).

    Raises:
        StorageFull: the disk is full. Unavailable: the folder is a link, or cannot be written.
    """
    with translated_errors():
        _write_beside(folder, contents, flush=True)
        _rename_all(folder, contents)
        flush_folder(folder)


def write_folders(contents: Mapping[Path, dict[str, bytes]]) -> dict[Path, ReflectionError]:
    """Write files of several folders, as `write_files` does; durable when this returns.

    Many files are flushed together, by flushing everything before their renames and once more after them: flushed one
    by one, the four files of each of 100,000 campaigns would take the better part of an hour.

    Returns:
        The folders that could not be written, and why: a link, a file in the way, a full disk. The others are.
    """
    if sys.platform != "linux" or len(contents) < MANY_FOLDERS:  # elsewhere sync() does not wait for the disk
        return _failures(write_files, contents)
    failures = _failures(_write_beside, contents)
    os.sync()
    failures |= _failures(_rename_all, {folder: own for folder, own in contents.items() if folder not in failures})
    os.sync()
    return failures


def _failures(
    write: Callable[[Path, dict[str, bytes]], None], contents: Mapping[Path, dict[str, bytes]]
) -> dict[Path, ReflectionError]:
    """Write each folder, whatever becomes of the others; which could not be written, and why."""
    failures: dict[Path, ReflectionError] = {}
    for folder, own in contents.items():
        try:
            with translated_errors():
                write(folder, own)
        except ReflectionError as error:
            failures[folder] = error
    return failures


def _write_beside(folder: Path, contents: dict[str, bytes], *, flush: bool = False) -> None:
    """Write each file beside its place; paths are texts, and no file objects are made: a third of the time."""
    _make_folder(folder, flush=flush)
    for name, content in contents.items():
        handle = os.open(f"{folder}/.{name}{_PENDING}", _WRITING, 0o666)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            if flush:
                os.fsync(handle)
        finally:
            os.close(handle)


def _rename_all(folder: Path, contents: dict[str, bytes]) -> None:
    for name in contents:
        replace_file(f"{folder}/.{name}{_PENDING}", f"{folder}/{name}")


def replace_file(new: str | Path, place: str | Path) -> None:
    """Rename a file over another, or over nothing; what is neither file nor link there (`/dev/null`) stays.

    Raises:
        Unavailable: a device, a pipe or the like is there. OSError: a folder is, or the system refuses.
    """
    try:
        mode = os.lstat(place).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        os.unlink(new)
        raise Unavailable(f"{os.path.basename(place)} is a device or a pipe, which no file may replace")
    os.replace(new, place)


def remove_files(folder: Path, names: list[str]) -> None:
    """Remove files, and the folder if that leaves it empty; what is not named stays."""
    with translated_errors():
        if folder.is_symlink() or not folder.is_dir():
            return
        for name in names:
            (folder / name).unlink(missing_ok=True)
            (folder / f".{name}{_PENDING}").unlink(missing_ok=True)
        flush_folder(folder)
        if not any(folder.iterdir()):  # or somebody else's files are in it
            folder.rmdir()
            flush_folder(folder.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that only one thread of one process has at a time; it ends with the process."""
    with translated_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform != "win32":  # there, one process publishes; renaming keeps each file whole all the same
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make_folder(folder: Path, *, flush: bool) -> None:
    """Make a folder, and what leads to it; one that was there may not be a link."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        _refuse_link(folder)
        return
    except FileNotFoundError:
        _make_folder(folder.parent, flush=flush)
        os.mkdir(folder)
    if flush:
        flush_folder(folder.parent)


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise Unavailable(f"the folder {folder.name} is a link; nothing is written through it")


def flush_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make a folder's list of names durable: what was renamed or removed in it stays so."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
