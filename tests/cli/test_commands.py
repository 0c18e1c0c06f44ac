"""The commands end to end: a file in, a retrospective out, twice; errors are one line and exit code 2."""

import csv
import io
import json
import re
import shutil

import pytest

from reflection.cli import main
from reflection.cli.effects import size_line
from reflection.cli.render import effects_table

COMMANDS = tuple(name for name, _ in main.COMMANDS)


def test_a_campaign_is_analysed_twice_and_then_shown(spawn, run, sample, folder):
    first = spawn("analyze", sample.name)
    second = run("analyze", sample.name, "--json")
    shown = run("show", "cmp_007_meta_summer_bootcamp", "--json")

    assert (first.returncode, second.returncode, shown.returncode) == (0, 0, 0), first.stderr + second.stderr
    assert re.search(r"CTR\s+2\.00 %\s+3\.50 %\s+\+75\.00 %\s+2\.48 % to 4\.93 %\s+better", first.stdout)
    assert re.search(r"CVR .* noise", first.stdout)
    assert "CPM -11.249" in first.stdout
    assert "CTR -18.035" in first.stdout
    assert "CVR -1.447 (noise)" in first.stdout
    assert "score 220.73" in first.stdout
    assert "Traceback" not in first.stderr
    replay, today = json.loads(second.stdout), json.loads(shown.stdout)
    assert today["comparison_report"] == replay["comparison_report"]  # what was learnt since is told as of today
    assert (replay["as_of"], bool(today["as_of"])) == (None, True)
    assert replay["stored_memory"]["revision"] == 1
    artifacts = {path.name for path in (folder / "output" / "cmp_007_meta_summer_bootcamp").iterdir()}
    assert artifacts == {"comparison.json", "patterns.json", "insights.json", "updated_weights.json"}


@pytest.mark.usefixtures("nothing_learnt")
def test_a_list_and_json_lines_come_in_by_file_and_by_pipe(run, folder, campaign):
    campaigns = [campaign(campaign_id=f"c{number}") for number in range(3)]
    (folder / "list.json").write_text(json.dumps(campaigns))
    lines = "".join(json.dumps(item) + "\n" for item in campaigns)

    from_list = run("analyze", "list.json")
    from_pipe = run("analyze", "-", "--json", stdin=lines)

    assert from_list.returncode == 0, from_list.stderr
    assert all(f"c{number}" in from_list.stdout for number in range(3))
    answers = [json.loads(line) for line in from_pipe.stdout.splitlines()]
    assert [answer["comparison_report"]["campaign_id"] for answer in answers] == ["c0", "c1", "c2"]
    assert {answer["stored_memory"]["revision"] for answer in answers} == {1}


@pytest.mark.usefixtures("nothing_learnt")
def test_a_bad_line_does_not_stop_the_others_but_is_told(run, campaign):
    lines = "\n".join([json.dumps(campaign(campaign_id="good")), '{"campaign_id": "bad"}', ""])

    result = run("analyze", "-", "--json", stdin=lines)

    assert result.returncode == 2
    assert len(result.stdout.splitlines()) == 1
    assert "line 2 refused" in result.stderr
    assert "1 analysed, 1 refused" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (("analyze", "missing.json"), "", "missing.json"),
        (("analyze", "-"), "", ""),
        (("analyze", "-"), '{"campaign_id": "x"}', "platform"),
        (("analyze", "-"), "no json at all", ""),
        (("show", "never-seen"), "", "never-seen"),
        (("effects", "--metric", "clicks"), "", "clicks"),
        (("export", "campaigns", "-o", "no/such/folder/x"), "", "no/such/folder/x"),
        (("serve", "--host", "0.0.0.0"), "", "MARKO_API_KEYS"),
    ],
)
def test_an_error_is_one_line_with_what_to_do(run, arguments, stdin, says):
    result = run(*arguments, stdin=stdin)

    lines = result.stderr.strip().splitlines()
    assert result.returncode == 2
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert says in lines[0]
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["MARKO_PORT", "MARKO_HOLDBACK"])
def test_a_wrong_setting_is_one_line_for_every_command(run, name):
    for command in (("doctor",), ("effects",), ("serve",)):
        result = run(*command, **{name: "nonsense"})

        assert result.returncode == 2
        assert result.stderr.startswith(f"error: {name}='nonsense' is wrong")
        assert len(result.stderr.strip().splitlines()) == 1


def test_an_unforeseen_error_is_one_line_without_its_text(run, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("canary")

    monkeypatch.setattr("reflection.engine.engine.Engine.effects", broken)

    result = run("effects")

    assert result.returncode == 2
    assert re.fullmatch(r"error: something unforeseen happened \(RuntimeError\)[^\n]*\n", result.stderr)


def test_wrong_usage_has_exit_code_2_too(run):
    assert run("analyse").returncode == 2
    assert run("effects", "--limit", "0").returncode == 2
    assert run("effects", "--workspace", "../x").returncode == 2


@pytest.mark.usefixtures("nothing_learnt")
def test_workspaces_are_apart(run, sample):
    run("analyze", sample.name, "--workspace", "acme")

    assert run("show", "cmp_007_meta_summer_bootcamp", "--workspace", "acme").returncode == 0
    assert run("show", "cmp_007_meta_summer_bootcamp").returncode == 2


@pytest.mark.usefixtures("nothing_learnt")
def test_exported_campaigns_are_read_again(run, sample, folder):
    run("analyze", sample.name)
    exported = run("export", "campaigns", "-o", "all.jsonl")
    again = run("analyze", "all.jsonl", "--json")

    assert "1 campaign exported" in exported.stderr
    assert json.loads(again.stdout)["stored_memory"]["revision"] == 1


def test_tables_are_exported_with_their_columns(run, sample):
    run("analyze", sample.name)

    for what, column in (("effects", "interval"), ("findings", "interval")):
        rows = list(csv.reader(io.StringIO(run("export", what).stdout)))
        assert {"effect", "low", "high"} <= set(rows[0])
        assert column not in rows[0]
        assert all(len(row) == len(rows[0]) for row in rows)


def test_effects_say_what_goes_with_the_planned_size_and_call_noise_noise(run, folder, learnt):
    shutil.copy(learnt, folder / "reflection.db")
    shown = run("effects", "--metric", "ctr", "--limit", "3").stdout
    lines = [line for line in shown.splitlines() if line.startswith("campaigns planned twice as large")]
    assert [line.split(":")[1].split()[0] for line in lines] == ["CTR", "CVR"]
    assert all(line.endswith("(noise)") for line in lines)
    assert size_line("ctr", 0.9, 0.85, 0.95) == "campaigns planned twice as large: CTR x 0.90, 90 % 0.85 to 0.95"


def test_effects_of_one_campaign_say_how_many_there_are_and_how_many_it_takes(run, sample):
    assert "'reflection analyze FILE' stores campaigns" in run("effects").stdout
    run("analyze", sample.name)
    shown = " ".join(run("effects").stdout.split())
    assert shown.startswith("1 campaign was learnt from; comparing takes at least 3 (as of ")


def test_what_is_told_under_another_name_is_not_said_to_be_unknown():
    """The creative that always comes with a type: advice on it rests on the finding of the type."""
    effect = {"signal": "creative:webinar", "metric": "ctr", "effect": 1.3, "interval": [1.2, 1.4], "raw_lift": 1.3}
    effect |= {"campaigns": 9.0, "real_campaigns": 9, "finding": False, "identified": True}

    def standing(reason: str) -> str:
        return str(next(iter(effects_table([effect | {"reason": reason}], {}).columns[6].cells)))

    named = "always comes together with creative type video; the effect is stated there"
    assert standing(named) == named
    assert standing("not enough evidence: +34 % by the plain ratio") == "cannot tell yet"


def test_an_effect_that_is_not_identified_shows_its_reason_and_no_interval():
    effect = {"signal": "platform:x", "metric": "ctr", "effect": None, "interval": None, "raw_lift": None}
    effect |= {"campaigns": 3.0, "real_campaigns": 3, "finding": False, "identified": False}
    effect["reason"] = "not identified: clicks were never recorded with it"
    (change, interval, reason) = (next(iter(effects_table([effect], {}).columns[place].cells)) for place in (2, 3, 6))
    assert (change, interval, str(reason)) == ("-", "-", effect["reason"])


def test_what_was_deleted_is_rebuilt(run, sample, folder):
    run("analyze", sample.name)
    weights = (folder / "weights.json").read_bytes()
    (folder / "weights.json").unlink()
    for path in (folder / "output" / "cmp_007_meta_summer_bootcamp").iterdir():
        path.unlink()

    assert run("rebuild").returncode == 0
    assert (folder / "weights.json").read_bytes() == weights
    assert len(list((folder / "output" / "cmp_007_meta_summer_bootcamp").iterdir())) == 4


def test_learning_again_gives_the_same(run, sample):
    run("analyze", sample.name)
    first = json.loads(run("relearn", "--json").stdout)
    second = json.loads(run("relearn", "--json").stdout)

    assert first["campaigns"] == second["campaigns"] == 1
    assert first["behind"] == 0


def test_a_stopped_relearn_leaves_nothing_and_the_next_one_starts_again(run, sample, folder, monkeypatch):
    run("analyze", sample.name)
    effects = run("effects", "--json").stdout
    with monkeypatch.context() as patch:
        patch.setattr("reflection.engine.learner.calibration_update.fold", lambda *args, **options: exit(137))
        assert run("relearn").returncode == 137
    assert run("effects", "--json").stdout == effects
    assert not list(folder.glob("*.relearn"))

    again = run("relearn")

    assert (again.returncode, again.stderr) == (0, "")


def test_the_help_of_relearn_says_what_a_stop_leaves(run):
    text = " ".join(run("relearn", "--help").stdout.split())
    assert "Stopped at any moment (also by a kill), what was known before stays, and the next one starts again" in text


def test_the_doctor_shows_settings_and_mistakes_but_no_secret(run):
    healthy = run("doctor")
    ill = run(
        "doctor",
        "--json",
        MARKO_DATABSE_PATH="x.db",
        MARKO_API_KEYS="acme=canary-key-of-acme",
        OPENAI_API_KEY="sk-canary",
    )

    assert healthy.returncode == 0, healthy.stderr
    assert "Nothing needs attention" in healthy.stdout
    report = json.loads(ill.stdout)
    assert ill.returncode == 1
    assert any("MARKO_DATABSE_PATH" in remark and "MARKO_DATABASE_PATH" in remark for remark in report["remarks"])
    assert "canary" not in ill.stdout + ill.stderr


def test_every_command_teaches_with_an_example(run):
    overview = run("--help")

    for command in COMMANDS:
        assert command in overview.stdout
        text = run(command, "--help").stdout
        assert "Example" in text
        assert f"reflection {command}" in text


def test_the_version_is_told(run):
    assert re.fullmatch(r"reflection \d+\.\d+\.\d+\S*\n", run("--version").stdout)


@pytest.mark.usefixtures("nothing_learnt")
def test_markup_in_names_is_text(run, campaign):
    result = run("analyze", "-", stdin=json.dumps(campaign(campaign_id="[red]x[/red] [link=file:///]")))

    assert "[red]x[/red]" in result.stdout
