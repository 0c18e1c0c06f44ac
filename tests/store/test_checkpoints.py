"""Files of stopped relearns: whole or not at all, of this version and evidence, gone when the relearn is done."""

import errno
import os
import stat
from contextlib import suppress

import numpy as np
import pytest

from reflection.store import checkpoints
from reflection.store.checkpoints import CheckpointFolder, recipe

PIECE = {
    "rows": np.arange(12).reshape(3, 4),
    "columns": np.asfortranarray(np.linspace(0, 1, 6).reshape(2, 3)),
    "single": np.array(-0.0),
    "small": np.array([np.nan, np.inf, 5e-324]),
    "none": np.zeros(0, dtype=np.float32),
    "text": np.frombuffer("naïve".encode(), dtype=np.uint8),
}


class Stopped(Exception):
    """The relearn ended in the middle."""


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "x.db.relearn")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "x.db.relearn" / "acme" / recipe()


def _stopped(folder, **pieces):
    with suppress(Stopped), folder.open("acme", print) as open_pieces:
        for name, piece in pieces.items():
            open_pieces.save(name, f"key of {name}", piece)
        raise Stopped


def _load(folder, name, key=None):
    """What a later relearn finds and is told; it is stopped, too."""
    told = []
    with suppress(Stopped), folder.open("acme", told.append) as pieces:
        found = pieces.load(name, key or f"key of {name}")
        raise Stopped
    return found, told


def test_a_piece_comes_back_bit_for_bit_in_the_same_order_in_memory(folder):
    _stopped(folder, fit=PIECE)
    found, told = _load(folder, "fit")
    assert told == []
    assert list(found) == list(PIECE)
    for name, array in PIECE.items():
        assert found[name].tobytes("A") == array.tobytes("A")
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].flags["F_CONTIGUOUS"] == array.flags["F_CONTIGUOUS"]


def test_what_is_finished_leaves_nothing(folder, tmp_path):
    _stopped(folder, fit=PIECE)
    with folder.open("acme", print) as pieces:
        pieces.save("more", "", PIECE)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_is_cleared_and_the_others_stay(folder, tmp_path):
    for workspace in ("acme", "globex"):
        with suppress(Stopped), folder.open(workspace, print) as pieces:
            pieces.save("fit", "", PIECE)
            raise Stopped
    folder.clear("acme")
    assert [path.name for path in (tmp_path / "x.db.relearn").iterdir()] == ["globex"]
    folder.clear("globex")
    folder.clear("never there")
    assert list(tmp_path.iterdir()) == []


def test_a_piece_of_other_evidence_is_not_given_and_that_is_said_once(folder):
    _stopped(folder, one=PIECE, two=PIECE)
    told = []
    with suppress(Stopped), folder.open("acme", told.append) as pieces:
        assert pieces.load("one", "another") is None
        assert pieces.load("two", "another") is None
        assert pieces.load("three", "another") is None
        raise Stopped
    assert told == ["the evidence has changed since the earlier relearn; what rests on it is done again"]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "longer", "header"])
@pytest.mark.parametrize("at", [0, 30, 400, -1])
def test_a_damaged_piece_is_ignored_with_a_note_and_replaced(folder, place, damage, at):
    _stopped(folder, fit=PIECE)
    content = bytearray((place / "fit").read_bytes())
    match damage:
        case "flip":
            content[at] ^= 1
        case "cut":
            del content[at:]
        case "empty":
            content.clear()
        case "longer":
            content += b"x"
        case "header":
            content[: content.index(b"\n")] = b"[]"
    (place / "fit").write_bytes(content)

    found, told = _load(folder, "fit")

    assert found is None
    assert told == ["what the earlier relearn left of fit is damaged and is done again (its checksum is wrong)"]
    _stopped(folder, fit=PIECE)
    assert _load(folder, "fit")[0] is not None


def test_what_another_version_left_is_removed_with_a_note(folder, place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "recipe", lambda: "0123456789abcdef")
        _stopped(folder, fit=PIECE)
    found, told = _load(folder, "fit")
    assert found is None
    assert told == ["an earlier relearn was stopped under another version; it begins anew"]
    assert [path.name for path in place.parent.iterdir() if path.name != "lock"] == [recipe()]


def test_the_recipe_is_the_code_that_learns(monkeypatch):
    assert recipe() == recipe()
    monkeypatch.setattr(np, "__version__", "0.0")
    recipe.cache_clear()
    changed = recipe()
    monkeypatch.undo()
    recipe.cache_clear()
    assert recipe() != changed


def test_a_piece_that_a_kill_left_half_written_is_removed(folder, place):
    _stopped(folder, fit=PIECE)
    (place / "fit.pending").write_bytes(b"half")
    assert _load(folder, "fit")[0] is not None
    assert not (place / "fit.pending").exists()


def test_a_second_relearn_at_the_same_time_does_without(folder):
    told = []
    with folder.open("acme", told.append) as first:
        first.save("fit", "", PIECE)
        with CheckpointFolder(folder._folder).open("acme", told.append) as second:
            second.save("other", "", PIECE)
            assert second.load("fit", "") is None
        assert first.load("fit", "") is not None
    assert told == ["another relearn of this workspace is running; this one could not go on if it were stopped"]


def test_a_full_disk_is_said_once_and_stops_nothing(folder, place, monkeypatch):
    told = []

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with folder.open("acme", told.append) as pieces:
        pieces.save("first", "", PIECE)
        monkeypatch.setattr(checkpoints.os, "replace", full)
        pieces.save("second", "", PIECE)
        pieces.save("third", "", PIECE)
        assert sorted(path.name for path in place.iterdir()) == ["first"]
    assert told == ["this relearn could not go on from here if it were stopped: No space left on device"]


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "x.db.relearn").write_text("a file where the folder should be")
    told = []
    with CheckpointFolder(tmp_path / "x.db.relearn").open("acme", told.append) as pieces:
        pieces.save("fit", "", PIECE)
        assert pieces.load("fit", "") is None
    assert told == ["this relearn could not go on if it were stopped: Not a directory"]


def test_a_purge_in_the_middle_is_not_undone(folder, tmp_path):
    told = []
    with folder.open("acme", told.append) as pieces:
        pieces.save("fit", "", PIECE)
        folder.clear("acme")
        pieces.save("more", "", PIECE)
        assert list(tmp_path.iterdir()) == []
    assert len(told) == 1


def test_nobody_else_may_read_it(folder, place):
    _stopped(folder, fit=PIECE)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
