"""A folder goes with its process; what a killed one left goes when the next is made, and nothing else does."""

import multiprocessing
import threading
from pathlib import Path
from typing import Any

import pytest

from reflection.store.projections.passing_folders import passing_folder


def _stay(place: Path, made: Any) -> None:
    """Make a folder with something in it, say so, and live until killed."""
    with passing_folder("ours-", place) as folder:
        (folder / "a").write_text("a customer's text")
        made.send(folder)
        threading.Event().wait()


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    other = spawn.Process(target=_stay, args=(tmp_path, sender), daemon=True)
    other.start()
    theirs = receiver.recv()
    try:
        with passing_folder("ours-", tmp_path) as folder:
            assert sorted(tmp_path.iterdir()) == sorted([folder, theirs])
    finally:
        other.kill()
        other.join()
    assert list(tmp_path.iterdir()) == [theirs]

    with passing_folder("ours-", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
        assert folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_folders_of_one_process_are_apart(tmp_path: Path) -> None:
    with passing_folder("ours-", tmp_path) as one, passing_folder("ours-", tmp_path) as other:
        assert sorted(tmp_path.iterdir()) == sorted([one, other])


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_is_left_alone(tmp_path: Path, kind: str) -> None:
    away, place = tmp_path / "away", tmp_path / "place"
    away.mkdir()
    place.mkdir()
    (away / "kept").write_text("kept")
    if kind == "link":
        (place / "ours-link").symlink_to(away)
    else:
        (place / "ours-file").write_text("kept")

    with passing_folder("ours-", place):
        pass

    assert [one.name for one in place.iterdir()] == [f"ours-{kind}"]
    assert (away / "kept").read_text() == "kept"
