"""Opening the files of strangers: real bytes are counted while they are unpacked, bombs are refused early.

A source is plain bytes, gzip, or a zip holding exactly one table or JSON text; an Excel workbook is recognised by its
content, never by its name. Declared sizes are read for a quick refusal and never trusted: what counts is what comes
out. This file must not know advertising, text encodings or cells.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from reflection.errors import ImportFileError

Kind = Literal["text", "xlsx"]

_TABLE_NAMES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
"""Of members, looked for where no table is: beside one they describe it."""

_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
}
_PACKED = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "content.xml": "an OpenDocument file (.ods)",
    "Index/Document.iwa": "an Apple Numbers file",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a presentation",
}
"""What a zip archive is that has such a part."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may ask of us. Bytes are unpacked bytes; `max_ratio` applies beyond `ratio_floor` bytes."""

    max_bytes: int = 1 << 30
    max_ratio: int = 100
    ratio_floor: int = 4 << 20
    max_line: int = 1 << 20
    max_columns: int = 2_000
    max_workbook: int = 64 << 20
    max_cells: int = 4_000_000
    max_members: int = 2_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """One table-bearing file: where its bytes are, what wraps them, and what is inside.

    Attributes:
        name: the name shown to the user (the inner name when the table came out of a zip).
        wrapping: what has to be unpacked first.
        kind: text (CSV, TSV, JSON) or xlsx.
    """

    name: str
    origin: Path | bytes
    wrapping: Literal["none", "gzip", "zip"]
    member: str
    kind: Kind
    limits: Limits

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """A fresh stream of the unpacked bytes, counted while they are read.

        Raises:
            ImportFileError: more bytes, or a higher compression ratio, than the limits allow; a damaged archive.
        """
        with _raw(self.origin) as raw:
            packed = _size(raw)
            if self.wrapping == "none":
                yield _limited(cast(io.BufferedIOBase, raw), self, None)
            elif self.wrapping == "gzip":
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield _limited(stream, self, packed)
            else:
                with unzipped(raw, self.name) as archive, archive.open(self.member) as inner:
                    yield _limited(cast(io.BufferedIOBase, inner), self, archive.getinfo(self.member).compress_size)

    def read(self, most: int) -> bytes:
        """All unpacked bytes, at most `most`; more is refused."""
        with self.open() as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise _too_large(self.name, most)
        return data


class _LimitedStream(io.RawIOBase):
    """A read-only stream that refuses to deliver more than its source's limits allow."""

    def __init__(self, stream: io.BufferedIOBase, source: Source, packed: int | None) -> None:
        self._stream = stream
        self._source = source
        self._packed = packed
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count = self._stream.readinto(memoryview(buffer))
        except (
            EOFError,
            OSError,
            zlib.error,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise ImportFileError(
                f"{self._source.name} is damaged or cut off: {error}", hint="Export or copy the file again."
            ) from error
        self._out += count
        self._check()
        return count

    def _check(self) -> None:
        limits = self._source.limits
        if self._out > limits.max_bytes:
            raise _too_large(self._source.name, limits.max_bytes)
        if self._packed is not None and self._out > limits.ratio_floor:
            _check_ratio(self._source.name, self._out, self._packed, limits)


def _limited(stream: io.BufferedIOBase, source: Source, packed: int | None) -> io.BufferedReader:
    return io.BufferedReader(_LimitedStream(stream, source, packed), 1 << 18)


def open_source(origin: Path | bytes, name: str = "", limits: Limits = DEFAULT_LIMITS) -> Source:
    """Look at a file from outside and say how to read it.

    Args:
        origin: a path, or the bytes themselves (an upload).
        name: what to call it; the path's last part when left out.

    Raises:
        ImportFileError: missing, empty, too large, not a table, or an archive that is not exactly one table.
    """
    name = name or (origin.name if isinstance(origin, Path) else "upload")
    with _raw(origin) as raw:
        size = _size(raw)
        if size == 0:
            raise ImportFileError(f"{name} is empty.")
        if size > limits.max_bytes:
            raise _too_large(name, limits.max_bytes)
        magic = raw.read(16)
        for mark, what in _FOREIGN.items():
            if magic.startswith(mark):
                raise ImportFileError(f"{name} is {what}, not a table.", hint="Save it as CSV or .xlsx.")
        raw.seek(0)
        if magic.startswith(b"\x1f\x8b"):
            return _gzip_source(origin, name, limits)
        if magic.startswith(b"PK"):
            return _zip_source(raw, origin, name, limits)
    return Source(name, origin, "none", "", "text", limits)


def _gzip_source(origin: Path | bytes, name: str, limits: Limits) -> Source:
    source = Source(name, origin, "gzip", "", "text", limits)
    with source.open() as stream:
        inner = stream.read(4)
    if inner.startswith((b"PK", b"\x1f\x8b")):
        raise ImportFileError(f"{name} is an archive inside an archive.", hint="Unpack it first.")
    return source


def _zip_source(raw: BinaryIO, origin: Path | bytes, name: str, limits: Limits) -> Source:
    with unzipped(raw, name) as archive:
        infos = archive.infolist()
        _check_archive(infos, name, limits)
        names = [info.filename for info in infos]
        if (
            "xl/workbook.bin" not in names
            and "[Content_Types].xml" in names
            and any(member.startswith("xl/") for member in names)
        ):
            return Source(name, origin, "none", "", "xlsx", limits)
        if other := next((what for part, what in _PACKED.items() if part in names), ""):
            raise ImportFileError(f"{name} is {other}, which is not read.", hint="Save it as .xlsx or CSV.")
        members = [member for member in names if not member.startswith("__MACOSX") and member[-1] != "/"]
        tables = [member for member in members if member.lower().endswith(_TABLE_NAMES)]
        tables = tables or [member for member in members if member.lower().endswith(_JSON_NAMES)]
        if len(tables) != 1:
            listing = ", ".join(sorted(tables)[:5]) or "none"
            raise ImportFileError(
                f"{name} must hold exactly one CSV, TSV, XLSX or JSON file; found: {listing}.",
                hint="Unpack it and give the files one by one.",
            )
        if archive.getinfo(tables[0]).flag_bits & 1:
            raise ImportFileError(f"{name} is protected by a password.", hint="Unpack it first.")
    source = Source(Path(tables[0]).name, origin, "zip", tables[0], "text", limits)
    with source.open() as stream:
        inner = stream.read(4)
    if inner.startswith(b"\x1f\x8b"):
        raise ImportFileError(f"{name} is an archive inside an archive.", hint="Unpack it first.")
    if inner.startswith(b"PK"):
        data = source.read(limits.max_workbook)
        inside = open_source(data, source.name, limits)
        if inside.kind != "xlsx":
            raise ImportFileError(f"{name} is an archive inside an archive.", hint="Unpack it first.")
        return inside
    return source


def _check_archive(infos: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(infos) > limits.max_members:
        raise ImportFileError(f"{name} holds {len(infos):,} files; at most {limits.max_members:,} are read.")
    total = sum(info.file_size for info in infos)
    if total > limits.max_bytes:
        raise _too_large(name, limits.max_bytes)
    if total > limits.ratio_floor:
        _check_ratio(name, total, sum(info.compress_size for info in infos), limits)


def _check_ratio(name: str, unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.max_ratio * max(packed, 1):
        raise ImportFileError(
            f"{name} unpacks to more than {limits.max_ratio} times its size; it looks like a bomb, not a table.",
            hint="If it is a real export, unpack it and give the plain file.",
        )


def _too_large(name: str, most: int) -> ImportFileError:
    return ImportFileError(
        f"{name} holds more than {most / (1 << 20):,.0f} MiB.", hint="Split the export, for example by month."
    )


@contextmanager
def unzipped(raw: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive, closed afterwards; a damaged one is an ImportFileError."""
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise ImportFileError(f"{name} is a damaged archive: {error}", hint="Export or copy it again.") from error
    with archive:
        try:
            yield archive
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError) as error:
            raise ImportFileError(f"{name} is a damaged archive: {error}") from error


@contextmanager
def _raw(origin: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(origin, bytes):
        yield io.BytesIO(origin)
        return
    try:
        stream = origin.open("rb")
    except OSError as error:
        raise ImportFileError(f"{origin.name} cannot be opened: {error.strerror}.") from error
    with stream:
        yield stream


def _size(raw: BinaryIO) -> int:
    size = raw.seek(0, io.SEEK_END)
    raw.seek(0)
    return size
