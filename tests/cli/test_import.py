"""`reflection import`, `imports` and large files of `analyze`: verdicts, exit codes, rejects, going on after a kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reflection.cli import batch_summary
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.store.imports import ImportRows

REAL = Path(__file__).parents[2] / "data" / "samples" / "meta_export" / "ads_manager_monthly_cad.csv"
EXPORTS = Path(__file__).parents[1] / "ingest" / "files" / "exports"
GERMAN = EXPORTS / "google_de.csv"
TIKTOK = str(EXPORTS / "tiktok_en_day_total_row.csv")


@pytest.mark.usefixtures("nothing_learnt")
def test_the_real_export_is_imported_shown_listed_and_taken_back(run):
    done = run("import", str(REAL), "--group-by", "month")
    listed = json.loads(run("imports", "--json").stdout)["items"]
    shown = run("imports")
    import_id = listed[0]["import_id"]
    taken = run("imports", "--undo", import_id)
    after = run("show", "meta_company-social-acquisition-ads_2025-09")

    assert done.returncode == 0, done.stderr
    for text in ("Meta Ads Manager", "230,701.49 CAD", "2025-06-01 to 2025-09-30", "done: 4 new", import_id):
        assert text in done.stdout
    assert import_id in shown.stdout
    assert "undone: 4 retracted" in taken.stdout
    assert after.returncode == 2


def test_the_verdict_as_json_has_the_promised_fields(run):
    verdict = json.loads(run("import", str(REAL), "--group-by", "month", "--json", "--dry-run").stdout)

    assert set(verdict) >= {
        "platform", "dialect", "encoding", "rows", "totals", "currency", "period", "granularity", "campaigns",
        "findings", "rejects",
    }  # fmt: skip
    assert set(verdict["totals"]) == {"impressions", "clicks", "conversions", "spend", "revenue"}
    assert set(verdict["findings"][0]) >= {"code", "severity", "message", "rows"}
    assert json.loads(run("imports", "--json").stdout)["items"] == []


def test_a_plan_says_what_was_expected(run, folder):
    (folder / "plan.csv").write_text(
        "campaign,impressions,clicks,conversions,spend,planner\nnobody's,1000,50,5,20,Ana\n"
    )

    with_plan = run("import", TIKTOK, "--expected", "plan.csv", "--dry-run")
    missing = run("import", TIKTOK, "--expected", "nowhere.csv")

    assert with_plan.returncode in (0, 1), with_plan.stderr
    assert missing.returncode == 2
    assert "nowhere.csv" in missing.stderr


@pytest.mark.usefixtures("nothing_learnt")
def test_the_same_file_again_says_that_nothing_changed(run):
    first = run("import", TIKTOK)
    second = run("import", TIKTOK)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "known and says the same" in second.stdout
    assert "unchanged" in second.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "missing.csv"), "missing.csv"),
        (("import", "notes.csv"), "has no column of spend or impressions"),
        (("import", TIKTOK, "--platform", "myspace"), "myspace"),
        (
            ("import", TIKTOK, "--platform", "linkedin"),
            "it has the headers of TikTok Ads Manager. Say --platform tiktok",
        ),
        (("import", str(GERMAN), "--platform", "meta"), "it has the headers of Google Ads. Say --platform google"),
        (("import", TIKTOK, "--mapping", "nowhere.json"), "nowhere.json cannot be opened: No such file or directory."),
        (("import", TIKTOK, "--plan-mapping", "notes.csv"), "notes.csv is no column mapping"),
        (("import", TIKTOK, "--campaign-names", "{a}_{a}"), "'{a}_{a}' is no name template. Write fields in braces"),
        (("import", TIKTOK, "--group-by", "week"), "group_by"),
        (("import", TIKTOK, "--currency", "euro"), "currency"),
        (("import", TIKTOK, "--mapping", "notes.csv"), "mapping"),
        (("imports", "--undo", "imp_none"), "imp_none"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_exit_code_two(run, folder, arguments, says):
    (folder / "notes.csv").write_text("dear diary\n")

    result = run(*arguments)

    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert result.stderr.startswith("error: ")
    assert says in result.stderr


@pytest.mark.usefixtures("nothing_learnt")
def test_a_table_nobody_knows_is_refused_with_the_mapping_that_would_read_it(run, folder):
    (folder / "plain.csv").write_text("Date,Campaign,Impressions,Clicks,Conversions,Cost\n2026-09-01,A,100,10,1,5.0\n")

    refused = run("import", "plain.csv")
    mapping = json.loads(refused.stderr[refused.stderr.index("{") :])
    (folder / "columns.json").write_text(json.dumps(mapping | {"platform": "Meta", "currency": "EUR"}))
    taken = run("import", "plain.csv", "--mapping", "columns.json")

    assert refused.returncode == 2
    assert mapping["columns"]["spend"] == "Cost"
    assert taken.returncode == 0, taken.stderr
    assert "5 EUR" in taken.stdout


def test_a_month_that_looks_like_a_tracking_fault_is_told_kept_out_and_accepted(run, folder):
    rows = [
        f"2026-{month:02d}-{day:02d},Camp {n},{60 + day}.00,{6_000 + 100 * day},{120 + 2 * day},"
        f"{90 if (month, n) == (3, 0) else 3}"
        for month in range(1, 7) for day in range(1, 29) for n in range(3)
    ]  # fmt: skip
    head = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases"
    (folder / "m.csv").write_text("\n".join([head, *rows]) + "\n")

    told = run("import", "m.csv", "--group-by", "month", "--conversions", "Purchases")
    name = next(word for word in told.stdout.replace("'", " ").split() if word.endswith("_2026-03"))
    learnt = run("export", "campaigns")
    april = next(
        body for line in learnt.stdout.splitlines() if (body := json.loads(line))["campaign_id"] == name[:-2] + "04"
    )
    accepted = run("accept", name)

    assert "looks like a fault of tracking" in told.stdout
    assert f"reflection accept {name}" in " ".join(told.stdout.split())
    assert april["planner"] == "previous-period"
    assert april["expected_metrics"]["conversions"] < 100, "February is compared with, not the fault"
    assert accepted.returncode == 0, accepted.stderr
    assert "is learnt from" in accepted.stdout
    assert run("accept", "meta_nothing").returncode == 2


def test_a_table_of_names_alone_says_what_it_is_for_and_shows_no_empty_figures(run):
    result = run("import", str(EXPORTS.parent / "warehouse_seeds" / "tiktok__tiktok_campaign_history_data.csv"))

    assert result.returncode == 2
    assert "Give it together with the files of figures" in result.stdout
    assert "impressions" not in result.stdout


def lines(campaign, count, start=0):
    return "".join(json.dumps(campaign(campaign_id=f"c{number:05d}")) + "\n" for number in range(start, count))


@pytest.mark.usefixtures("nothing_learnt")
def test_refused_lines_go_to_a_file_with_their_numbers_and_the_rest_goes_on(run, folder, campaign):
    body = lines(campaign, 2) + '{"campaign_id": "bad"}\n{nonsense\n' + lines(campaign, 4, start=2)
    (folder / "big.jsonl").write_text(body)

    result = run("analyze", "big.jsonl", "--json")
    rejects = [json.loads(line) for line in (folder / "big.jsonl.rejects.jsonl").read_text().splitlines()]

    assert result.returncode == 2
    assert len(result.stdout.splitlines()) == 4
    assert [reject["line"] for reject in rejects] == [3, 4]
    assert rejects[0]["text"] == '{"campaign_id": "bad"}'
    assert "platform" in rejects[0]["problem"]
    assert "4 analysed, 2 refused; see big.jsonl.rejects.jsonl" in result.stderr


@pytest.mark.usefixtures("nothing_learnt")
def test_a_file_without_refusals_leaves_no_rejects_of_an_earlier_run(run, folder, campaign):
    (folder / "big.jsonl").write_text(lines(campaign, 2) + "{}\n")
    run("analyze", "big.jsonl")
    (folder / "big.jsonl").write_text(lines(campaign, 2))

    assert run("analyze", "big.jsonl").returncode == 0
    assert not (folder / "big.jsonl.rejects.jsonl").exists()


@pytest.mark.usefixtures("nothing_learnt")
def test_from_line_passes_over_what_was_done(run, folder, campaign):
    (folder / "big.jsonl").write_text("not json\n" + lines(campaign, 3))

    result = run("analyze", "big.jsonl", "--from-line", "3", "--json")

    assert result.returncode == 0, result.stderr
    ids = [json.loads(line)["comparison_report"]["campaign_id"] for line in result.stdout.splitlines()]
    assert ids == ["c00001", "c00002"]


@pytest.mark.usefixtures("nothing_learnt")
def test_of_many_campaigns_the_first_are_shown_and_the_rest_counted(run, folder, campaign, monkeypatch):
    assert batch_summary.SHOWN >= 50
    monkeypatch.setattr(batch_summary, "SHOWN", 5)
    (folder / "big.jsonl").write_text(lines(campaign, 8))

    result = run("analyze", "big.jsonl")

    assert "c00004" in result.stdout
    assert "c00005" not in result.stdout
    assert "... and 3 more" in result.stdout


BATCH = 20
KILLED_AFTER_A_BATCH = f"""
import os, signal
from reflection.cli.main import main
from reflection.ingest.jobs import service
from reflection.ingest.jobs.service import Imports

service.BATCH = {BATCH}
do = Imports._do

def once(*arguments):
    do(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

Imports._do = once
main()
"""


@pytest.mark.usefixtures("nothing_learnt")
def test_an_import_killed_in_the_middle_is_finished_by_importing_again(run, folder):
    rows = "".join(f"2026-09-01,Campaign {number:04d},100.00,10000,200,5\n" for number in range(BATCH + 20))
    (folder / "big.csv").write_text("Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases\n" + rows)
    command = [sys.executable, "-c", KILLED_AFTER_A_BATCH, "import", "big.csv", "--conversions", "Purchases"]
    settings = {**os.environ, "MARKO_EMBEDDING_MODEL": "none"}
    killed = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=600)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shutil.copytree(folder, folder / "copy", ignore=shutil.ignore_patterns("copy"))
    database = open_database(folder / "reflection.db")
    try:
        left = ImportRows(database).entries("default", 1)[0]
    finally:
        database.close()
    assert left.state == "running"
    assert (left.done, left.total) == (BATCH, BATCH + 20)

    taken = run("imports", "--undo", left.import_id, MARKO_DATABASE_PATH=str(folder / "copy" / "reflection.db"))

    assert taken.returncode == 0, taken.stderr
    assert _stored(folder / "copy") == 0
    assert _stored(folder) == BATCH


def _stored(folder):
    database = open_database(folder / "reflection.db")
    try:
        return len(SqlStore(database).campaigns("default", limit=500))
    finally:
        database.close()
