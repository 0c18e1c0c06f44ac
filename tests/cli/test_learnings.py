"""`reflection learnings`, `search` and `reindex`: tables for people, JSON for programs, errors in one line."""

import json

import pytest


@pytest.fixture
def analysed(run, folder, campaign):
    campaigns = []
    for number in range(16):
        kind = ("video", "image")[number % 2]
        clicks = 3_000 + number if kind == "video" else 2_000 + number
        metrics = {"impressions": 100_000, "clicks": clicks, "conversions": 100.0, "spend": 900.0}
        campaigns.append(
            campaign(
                campaign_id=f"c{number}",
                expected_metrics=metrics,
                actual_metrics=metrics,
                creatives=[{"id": f"k{number % 4}", "type": kind, "headline": "Learn to code"}],
                timestamp=f"2026-01-{number + 1:02d}T10:00:00+00:00",
            )
        )
    (folder / "list.json").write_text(json.dumps(campaigns))
    assert run("analyze", "list.json").returncode == 0


def test_learnings_are_printed_filtered_and_explained(run, analysed):
    listed = json.loads(run("learnings", "--json", "--metric", "ctr").stdout)["items"]
    video = next(item for item in listed if item["signal_key"] == "creative.type:video")

    table = run("learnings", "--state", "established")
    one = run("learnings", video["id"])
    then = run("learnings", "--as-of", "2020-01-01")

    assert (table.returncode, one.returncode, then.returncode) == (0, 0, 0)
    assert video["id"] in table.stdout
    assert video["text"] in one.stdout
    assert "for      c" in one.stdout
    assert "No learning matches" in then.stdout


def test_search_says_why_and_reindex_has_nothing_left_to_do_twice(run, analysed):
    first = run("reindex", "--json")
    again = run("reindex", "--json")
    found = run("search", "learn programming")
    named = json.loads(run("search", "c3", "--json", "--kind", "campaign").stdout)

    assert first.returncode == 0
    assert json.loads(again.stdout) == {"embedded": 0}
    assert "1. " in found.stdout
    assert named["items"][0]["id"] == "c3"
    assert named["degraded"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("learnings", "lrn_0123456789abcdef"),
        ("learnings", "--as-of", "yesterday"),
        ("search", "x", "--kind", "insight"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_two(run, arguments):
    result = run(*arguments)

    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_unknown_state_is_refused_with_those_there_are(run, folder):
    done = run("learnings", "--state", "sure")
    assert done.returncode == 2
    assert "emerging" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_people_read_their_own_spelling_and_programs_the_key(run, folder, campaign):
    campaigns = []
    for number in range(24):
        kind, clicks = (("Video", 3_000), ("Still Image", 2_000))[number % 2]
        metrics = {"impressions": 100_000, "clicks": clicks + number, "conversions": 100.0, "spend": 900.0}
        campaigns.append(
            campaign(
                campaign_id=f"c{number}",
                platform=("Meta", "META", "Meta")[number % 3],
                expected_metrics=metrics,
                actual_metrics=metrics,
                audiences=[{"name": "Students 18-25"}],
                creatives=[{"id": f"k{number % 4}", "type": kind, "headline": "Learn to code"}],
                timestamp=f"2026-01-{number + 1:02d}T10:00:00+00:00",
            )
        )
    (folder / "list.json").write_text(json.dumps(campaigns))
    assert run("analyze", "list.json").returncode == 0
    listed = json.loads(run("learnings", "--json").stdout)["items"]

    assert any(item["text"].startswith("creative type Still Image") for item in listed)
    assert {item["signal_key"] for item in listed} >= {"creative.type:video", "creative.type:still image"}
    creatives, platforms = (
        run("effects", "--group", group, COLUMNS="300").stdout for group in ("creative.type", "platform")
    )
    assert "creative type Still Image" in creatives
    assert "creative type still image" not in creatives
    assert "platform Meta" in platforms
    assert "platform meta" not in platforms
    effects = json.loads(run("effects", "--json", "--limit", "500").stdout)["items"]
    assert "creative.type:still image" in {item["signal"] for item in effects}
    found = json.loads(run("search", "still image", "--kind", "learning", "--json").stdout)["items"]
    assert any("creative type Still Image" in item["text"] for item in found)
