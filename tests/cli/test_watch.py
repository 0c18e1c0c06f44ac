"""`reflection watch`: what is dropped is imported once, and stands beside its verdict afterwards."""

from pathlib import Path
from typing import Any

import pytest

from reflection.errors import Unavailable
from reflection.ingest.watched_folder import WatchedFolder

TABLE = "Campaign,Day,Impressions,Clicks,Cost,Conversions,Currency\nSpring,2026-09-01,10000,200,100.00,5,EUR\n"
COLUMNS = """{"platform": "meta", "columns": {"campaign": "Campaign", "date": "Day", "impressions": "Impressions",
"clicks": "Clicks", "spend": "Cost", "conversions": "Conversions", "currency": "Currency"}}"""


@pytest.fixture
def watch(run: Any, folder: Path) -> Any:
    (folder / "columns.json").write_text(COLUMNS)
    (folder / "in").mkdir()
    return lambda: run("watch", "in", "--once", "--settle", "0.1", "--mapping", "columns.json")


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_files_are_imported_and_moved_with_their_verdict_and_the_same_again_changes_nothing(
    watch: Any, run: Any, folder: Path
) -> None:
    (folder / "in" / "report.csv").write_text(TABLE)
    (folder / "in" / "broken.csv").write_text("Campaign,Day\nSpring\n")

    first = watch()

    assert first.returncode == 1
    assert _names(folder / "in") == [
        "done/report.csv",
        "done/report.csv.txt",
        "failed/broken.csv",
        "failed/broken.csv.txt",
    ]
    assert "1 new" in (folder / "in/done/report.csv.txt").read_text()
    assert "does not have the mapping's headers" in (folder / "in/failed/broken.csv.txt").read_text()
    assert "broken.csv failed: " in first.stderr

    (folder / "in" / "again.csv").write_text(TABLE)
    assert watch().returncode == 0
    assert "1 unchanged" in (folder / "in/done/again.csv.txt").read_text()
    assert len(run("campaigns", "--json").stdout.split('"campaign_id"')) == 2


def test_who_was_stopped_between_storing_and_moving_reads_it_again_and_changes_nothing(
    watch: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in" / "report.csv").write_text(TABLE)
    with monkeypatch.context() as patch:

        def stopped(*_: Any, **__: Any) -> Path:
            raise PermissionError(13, "Permission denied")

        patch.setattr(WatchedFolder, "put_away", stopped)
        result = watch()
    assert result.returncode == 2
    assert "in cannot be watched: Permission denied" in result.stderr

    assert watch().returncode == 0
    assert "1 unchanged" in (folder / "in/done/report.csv.txt").read_text()


def test_a_file_waits_while_the_store_is_away(watch: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reflection.cli import watch as command

    (folder / "in" / "report.csv").write_text(TABLE)
    imported, away = command.imported, [True, True, False]

    def first_away(*arguments: Any, **options: Any) -> Any:
        if away.pop(0):
            raise Unavailable("the disk is full")
        return imported(*arguments, **options)

    monkeypatch.setattr(command, "imported", first_away)
    result = watch()
    assert result.returncode == 0
    assert result.stderr.count("report.csv waits: the disk is full") == 2
    assert _names(folder / "in") == ["done/report.csv", "done/report.csv.txt"]


def test_a_folder_that_is_none_is_refused(run: Any) -> None:
    result = run("watch", "nowhere")
    assert result.returncode == 2
    assert "nowhere is no folder" in result.stderr
