"""A watched folder gives whole files only, and never writes over what was put away."""

from pathlib import Path

import pytest

from reflection.ingest.watched_folder import DONE, FAILED, WatchedFolder


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path, clock: Clock) -> WatchedFolder:
    return WatchedFolder(tmp_path, settle=10.0, clock=clock)


def test_a_file_that_is_still_written_waits(folder: WatchedFolder, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("a")
    assert folder.whole() == []
    clock.now = 9.0
    path.write_text("ab")
    assert folder.whole() == []
    clock.now = 15.0
    assert folder.whole() == [], "it changed six seconds ago"
    assert folder.waiting()
    clock.now = 19.0
    assert folder.whole() == [path]


def test_a_file_put_in_the_place_of_another_begins_anew(folder: WatchedFolder, clock: Clock, tmp_path: Path) -> None:
    path, other = tmp_path / "report.csv", tmp_path / ".other"
    path.write_text("a")
    folder.whole()
    clock.now = 10.0
    other.write_text("b")
    other.rename(path)
    assert folder.whole() == []


@pytest.mark.parametrize("name", [".hidden.csv", "~$open.xlsx", "report.csv.part", "report.CRDOWNLOAD"])
def test_what_programs_are_not_done_with_is_left_alone(
    folder: WatchedFolder, clock: Clock, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("a")
    (tmp_path / "within").mkdir()
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    folder.whole()
    clock.now = 100.0
    assert folder.whole() == []
    assert not folder.waiting()


def test_a_file_of_the_same_name_is_put_beside(folder: WatchedFolder, clock: Clock, tmp_path: Path) -> None:
    for content in ("first", "second", "third"):
        path = tmp_path / "report.csv"
        path.write_text(content)
        folder.put_away(path, f"verdict of the {content}", read=True)

    done = {path.name: path.read_text() for path in (tmp_path / "done").iterdir()}
    assert done == {
        "report.csv": "first",
        "report.csv.txt": "verdict of the first",
        "report-2.csv": "second",
        "report-2.csv.txt": "verdict of the second",
        "report-3.csv": "third",
        "report-3.csv.txt": "verdict of the third",
    }


def test_a_file_that_cannot_be_moved_leaves_no_verdict(folder: WatchedFolder, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        folder.put_away(tmp_path / "gone.csv", "a verdict", read=False)
    assert list((tmp_path / "failed").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["n" * 251 + ".csv", "é" * 125 + ".csv", "報" * 84 + ".a", "a." + "b" * 253, "x" * 255]
)
def test_whatever_a_file_is_called_it_is_put_away_with_its_verdict(
    folder: WatchedFolder, tmp_path: Path, name: str
) -> None:
    for number in range(1, 12):
        path = tmp_path / name
        path.write_text(f"{number}")
        target = folder.put_away(path, f"verdict {number}", read=True)
        assert target.read_text() == f"{number}"
        assert target.with_name(f"{target.name}.txt").read_text() == f"verdict {number}"
    assert len(list((tmp_path / "done").iterdir())) == 22, "nothing was written over"


@pytest.mark.parametrize("name", [DONE, FAILED])
def test_nothing_is_put_elsewhere_by_a_link(folder: WatchedFolder, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / name).symlink_to(elsewhere)
    path = tmp_path / "report.csv"
    path.write_text("a")

    with pytest.raises(OSError, match="is a link"):
        folder.put_away(path, "a verdict", read=name == DONE)

    assert list(elsewhere.iterdir()) == []
    assert path.exists()
