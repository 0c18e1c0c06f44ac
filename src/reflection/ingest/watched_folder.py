"""A folder that files are dropped into: which of them are whole, and where each goes when it was read.

A file is whole when nothing of it changed between two looks some seconds apart. It is moved after what it brought was
stored; who is killed in between reads it again, which changes nothing. Must not know what an import is.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

DONE, FAILED = "done", "failed"
LONGEST = 240
"""Bytes of a name that leave room for a number and the verdict's ending, of the 255 that a name may have."""

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart")
"""Endings under which programs write what they rename when it is whole."""


class WatchedFolder:
    """The files of one folder; those in folders within it are somebody else's.

    Args:
        settle: seconds for which a file must not have changed.
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, folder: Path, *, settle: float, clock: Callable[[], float]) -> None:
        self.folder, self._settle, self._clock = folder, settle, clock
        self._marks: dict[Path, tuple[tuple[int, int, int], float]] = {}

    def whole(self) -> list[Path]:
        """Files that have not changed for `settle` seconds, by name; links and hidden files are left where they are.

        Raises:
            OSError: the folder cannot be read.
        """
        now, before = self._clock(), self._marks
        self._marks = {}
        for entry in os.scandir(self.folder):
            if entry.name.startswith((".", "~")) or entry.name.lower().endswith(UNFINISHED):
                continue
            if not entry.is_file(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            mark = status.st_ino, status.st_size, status.st_mtime_ns
            path = self.folder / entry.name
            known = before.get(path)
            self._marks[path] = known if known is not None and known[0] == mark else (mark, now)
        return sorted(path for path, (_, since) in self._marks.items() if now - since >= self._settle)

    def waiting(self) -> bool:
        """Whether the last look saw files that may still be written."""
        return bool(self._marks)

    def put_away(self, path: Path, verdict: str, *, read: bool) -> Path:
        """Move a file to `done/` or `failed/`, its verdict beside it as `<name>.txt`; where it is now.

        A name that is taken there gets a number: what came before is never written over. One that leaves no room for
        the verdict's is cut. Whoever may drop files here has nothing written elsewhere by a link.

        Raises:
            OSError: it cannot be moved; it stays where it was.
        """
        place = self.folder / (DONE if read else FAILED)
        if place.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, f"{place.name} is a link, and nothing is written through one")
        place.mkdir(exist_ok=True)
        target = _free(place, path.name)
        words = _beside(target)
        with words.open("x", encoding="utf-8") as file:
            file.write(verdict)
        try:
            path.rename(target)
        except OSError:
            words.unlink(missing_ok=True)
            raise
        self._marks.pop(path, None)
        return target


def _free(place: Path, name: str) -> Path:
    """A name in a folder that neither a file nor a verdict has."""
    stem, suffix = Path(name).stem, Path(name).suffix
    if len(os.fsencode(name)) > LONGEST:
        suffix = suffix if len(os.fsencode(suffix)) <= LONGEST // 2 else ""
        stem = os.fsencode(stem)[: LONGEST - len(os.fsencode(suffix))].decode(errors="ignore")
    number, target = 1, place / f"{stem}{suffix}"
    while os.path.lexists(target) or os.path.lexists(_beside(target)):
        number += 1
        target = place / f"{stem}-{number}{suffix}"
    return target


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.txt")
