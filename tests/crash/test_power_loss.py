"""A power cut at any moment keeps what was acknowledged, and tears nothing.

A real writer runs under strace; its system calls are replayed up to a random cut, with a disk that is as unkind as
one may be: of what was written and not yet flushed it keeps any part, torn at sectors, and of names that were made,
renamed or removed in a folder not yet flushed it keeps any beginning. Each picture is then opened and checked.
"""

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SECTOR = 512
CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,unlink,mkdir,rmdir"
WRITER = """
import importlib.util, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("parts", sys.argv[1])
parts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(parts)
house = parts.House(Path(sys.argv[2]))
acknowledged = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT)
for n in range(1, int(sys.argv[4])):
    name = f"cmp_{n % 7}"
    if n % 11 == 0:
        house.store.delete_campaign("default", name)
        line = f"{name} 0"
    else:
        house.post(name, n)
        line = f"{name} {n}"
    os.write(acknowledged, (line + "\\n").encode())
    if n % 3 == 0:
        house.publisher.publish_pending()
    if n % 5 == 0:
        house.learn()
    if n % 9 == 0:
        house.close()  # writes the log back into the database and removes it
"""
_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(?: .*)?$")
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")


@dataclass
class _Inode:
    """A file's bytes on the disk, and the writes that are still on their way there."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut off at the offset

    def flush(self) -> None:
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending.clear()

    def after_cut(self, rng: random.Random) -> bytes:
        content = bytearray(self.durable)
        for offset, data in self.pending:
            luck = rng.random()
            if data is not None and luck < 0.2:
                data = data[: rng.randrange(len(data) // SECTOR + 1) * SECTOR]
            if luck < 0.6:
                _apply(content, offset, data)
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        content.extend(b"\0" * (offset - len(content)))
    elif data:
        content.extend(b"\0" * (offset - len(content)))
        content[offset : offset + len(data)] = data


class _Disk:
    """Files and folders below one folder, as the process sees them and as they are on the disk."""

    def __init__(self, root: Path, contents: dict[str, bytes]) -> None:
        self._root = str(root)
        self._names = {f"{root}/{name}": _Inode(bytearray(content)) for name, content in contents.items()}
        self._durable: dict[str, _Inode | None] = dict(self._names)  # None: a folder
        self._pending: dict[str, list[dict[str, Any]]] = {}
        self.acknowledged: list[str] = []

    def call(self, name: str, arguments: str) -> None:
        """One system call."""
        texts = [_text(item) for item in _HEX.findall(arguments)]
        path = texts[0].decode() if texts else ""
        if name == "openat":
            path = texts[-1].decode()
        if path.endswith("/acks") and name == "write":
            self.acknowledged.append(texts[1].decode().strip())
        if not path.startswith(self._root) or path.endswith("-shm"):
            return
        if name == "openat":
            self._open(path, arguments)
        elif name in ("fsync", "fdatasync"):
            self._flush(path)
        elif name in ("mkdir", "unlink", "rmdir"):
            self._names.pop(path, None)
            self._change(path, {path: None} if name == "mkdir" else {path: "gone"})
        elif name == "rename":
            target = texts[1].decode()
            self._names[target] = self._names.pop(path)
            self._change(target, {path: "gone", target: self._names[target]})
        elif path in self._names:
            self._write(name, self._names[path], texts, arguments)

    def _open(self, path: str, arguments: str) -> None:
        if path not in self._names and "O_CREAT" in arguments:
            self._names[path] = _Inode()
            self._change(path, {path: self._names[path]})
        elif path in self._names and "O_TRUNC" in arguments:
            self._names[path].pending.append((0, None))

    def _write(self, name: str, inode: _Inode, texts: list[bytes], arguments: str) -> None:
        numbers = [int(number) for number in re.findall(r", (\d+)", arguments.rpartition(">")[2])]
        if name == "ftruncate":
            inode.pending.append((numbers[-1], None))
        elif name == "pwrite64":
            inode.pending.append((numbers[-1], texts[1]))
        else:  # files that are written from the beginning, in one go
            end = sum(len(data) for _, data in inode.pending if data)
            inode.pending.append((end, texts[1]))

    def _change(self, path: str, change: dict[str, Any]) -> None:
        self._pending.setdefault(path.rpartition("/")[0], []).append(change)

    def _flush(self, path: str) -> None:
        if path in self._names:
            self._names[path].flush()
        for change in self._pending.pop(path, []):
            _rename(self._durable, change)

    def after_cut(self, rng: random.Random, target: Path) -> None:
        """Make a folder of what the disk holds after a cut now."""
        names = dict(self._durable)
        for changes in self._pending.values():
            for change in changes[: rng.randrange(len(changes) + 1)]:
                _rename(names, change)
        target.mkdir()
        for name, inode in names.items():
            place = target / name[len(self._root) + 1 :]
            folders = [parent for parent in _parents(name) if len(parent) > len(self._root)]
            if all(parent in names for parent in folders):
                (place if inode is None else place.parent).mkdir(parents=True, exist_ok=True)
                if inode is not None:
                    place.write_bytes(inode.after_cut(rng))


def _rename(names: dict[str, Any], change: dict[str, Any]) -> None:
    for path, inode in change.items():
        if isinstance(inode, str):
            names.pop(path, None)
        else:
            names[path] = inode


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]


def _text(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _calls(log: Path) -> Iterator[tuple[str, str]]:
    with log.open() as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found and not found[3].startswith("-"):
                yield found[1], found[2]


def _record(folder: Path, log: Path, work: int) -> None:
    command = [
        "strace",
        "-f",
        "-y",
        "-xx",
        "-s",
        "200000",
        "-o",
        str(log),
        "-e",
        f"trace={CALLS}",
        sys.executable,
    ]
    parts = str(Path(__file__).parent / "conftest.py")
    arguments = ["-c", WRITER, parts, str(folder), str(folder.parent / "acks"), str(work)]
    subprocess.run([*command, *arguments], check=True, timeout=600)


def _cut_and_check(new_house: Callable[..., Any], folder: Path, tmp_path: Path, cuts: int, work: int) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    _record(folder, tmp_path / "calls", work)
    calls = list(_calls(tmp_path / "calls"))
    rng = random.Random(7)
    moments = sorted(rng.sample(range(len(calls)), cuts))
    disk = _Disk(folder, before)
    done = 0
    for number, moment in enumerate(moments):
        for name, arguments in calls[done:moment]:
            disk.call(name, arguments)
        done = moment
        disk.after_cut(rng, tmp_path / f"cut{number}")
        _check(new_house(f"cut{number}"), disk.acknowledged)
    assert len(disk.acknowledged) > work / 2


def _check(house: Any, acknowledged: list[str]) -> None:
    expected = {}
    for line in acknowledged:
        name, version = line.split()
        expected[name] = int(version)
    now = {
        stored.campaign_id: int(stored.campaign_json.rpartition(" ")[2].rstrip("}"))
        for stored in house.store.campaigns("default")
    }
    differing = [name for name in expected if now.get(name, 0) != expected[name]]
    assert len(differing) <= 1, (differing, expected, now)  # the work in flight
    for name in differing:
        assert now.get(name, 0) == 0 or now[name] > expected[name]
    assert house.problems() == []
    house.post("after", 1)
    assert house.published_problems() == []
    house.close()


@pytest.mark.torture(part="disk")
def test_five_hundred_power_cuts_lose_nothing_acknowledged(new_house: Callable[..., Any], tmp_path: Path) -> None:
    new_house("live").close()
    _cut_and_check(new_house, tmp_path / "live", tmp_path, cuts=500, work=60)
