"""A file that somebody named for an output: whole, or as it was before.

Written beside its place and put there in the end; where a device or a pipe is, written to that. Must not know what is
written.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reflection.errors import InvalidInput


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """The file to write to, which is put in place at the end of the block.

    Raises:
        InvalidInput: it cannot be written; what was there stays.
    """
    place = Path(os.path.realpath(path))
    beside = place.with_name(f".{place.name}.pending") if place.is_file() or not place.exists() else place
    try:
        with beside.open("wb") as file:
            yield file
        if beside != place:
            os.replace(beside, place)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}", hint="make room, or choose another file", field="output"
        ) from None
    finally:
        if beside != place:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
