"""`reflection report`: files to hand on, and clear refusals."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reflection.api.openapi import CMP_007

CAMPAIGN = CMP_007["campaign_id"]


@pytest.fixture
def stored(run: Callable[..., Any], folder: Path) -> None:
    (folder / "campaign.json").write_text(json.dumps(CMP_007))
    assert run("analyze", "campaign.json").returncode == 0


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(("kind", "opening"), [("html", b"<!doctype html>"), ("md", b"# cmp"), ("json", b"{")])
def test_a_report_is_written_to_a_file(run: Callable[..., Any], folder: Path, kind: str, opening: bytes) -> None:
    done = run("report", CAMPAIGN, "--format", kind, "-o", f"report.{kind}")
    assert done.returncode == 0, done.stderr
    assert (folder / f"report.{kind}").read_bytes().startswith(opening)
    assert f"wrote report.{kind}" in done.stderr


@pytest.mark.usefixtures("stored")
def test_the_portfolio_of_a_period(run: Callable[..., Any], folder: Path) -> None:
    period = ("--portfolio", "--start", "2026-01-01", "--end", "2026-12-31")
    assert run("report", *period, "--format", "md", "-o", "p.md").returncode == 0
    assert "Of 1 campaign, 1 did better than forecast beyond noise." in (folder / "p.md").read_text()


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("arguments", [("report", CAMPAIGN, "-f", "md"), ("export", "campaigns")])
def test_a_dash_is_standard_output(run: Callable[..., Any], folder: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "-o", "-").stdout == run(*arguments).stdout != ""
    assert not (folder / "-").exists()


@pytest.mark.usefixtures("stored")
def test_a_place_that_cannot_be_written_is_named(run: Callable[..., Any]) -> None:
    done = run("report", CAMPAIGN, "--format", "md", "-o", "nowhere/r.md")
    assert done.returncode == 2
    assert "nowhere/r.md cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "there is no campaign 'nobody'"),
        ((), "name a campaign, or give --portfolio"),
        (("x", "--portfolio"), "name a campaign, or give --portfolio"),
        (("--portfolio",), "needs --start and --end"),
        (("--portfolio", "--start", "2026-02-01", "--end", "2026-01-01"), "needs --start and --end"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_one_line(
    run: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    done = run("report", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
