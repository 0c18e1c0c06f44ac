"""Backup, restore, verify, keys and workspaces from the terminal."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select, update
from tests.store.before_seals import let_seals_be_missing

from reflection.api.connections import ACCEPTED_AT_ONCE
from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.tables.campaigns import fits
from reflection.wiring import build

SECRET = "acme-only-canary"


@pytest.fixture(scope="module")
def taught_folder(tmp_path_factory, settings_in):
    """A database with two workspaces, what they learnt, and its files; to copy."""
    folder = tmp_path_factory.mktemp("taught")
    with build(settings_in(folder)) as application:
        for workspace in ("default", "acme"):
            for number in range(3):
                body = {**CMP_007, "campaign_id": f"{SECRET}_{workspace}_{number}"}
                application.engine.analyze(Campaign.model_validate_json(json.dumps(body)), workspace=workspace)
            application.learner.learn_now(workspace)
        application.publisher.publish_pending()
    return folder


@pytest.fixture
def taught(folder, taught_folder):
    """A copy of `taught_folder` in the working directory."""
    return shutil.copytree(taught_folder, folder, dirs_exist_ok=True)


def test_a_backup_is_restored_elsewhere_and_proved_sound(run, taught):
    assert run("backup", "backups/monday.db").returncode == 0
    assert run("restore", "backups/monday.db", "new/restored.db").returncode == 0

    verified = run("verify", MARKO_DATABASE_PATH="new/restored.db")
    shown = run("show", f"{SECRET}_default_1", "--json", MARKO_DATABASE_PATH="new/restored.db")

    assert verified.returncode == 0
    assert "Sound" in verified.stdout
    assert "2 workspaces" in verified.stdout
    assert json.loads(shown.stdout)["comparison_report"]["campaign_id"] == f"{SECRET}_default_1"


@pytest.mark.parametrize(
    "command", [("export", "campaigns"), ("export", "effects"), ("report", f"{SECRET}_default_1"), ("backup",)]
)
def test_nothing_is_written_over_the_database(run, taught, command):
    target = () if command == ("backup",) else ("-o",)
    refused = run(*command, *target, "reflection.db")

    assert refused.returncode == 2
    assert "database" in refused.stderr
    assert run("verify").returncode == 0


def test_a_restore_replaces_nothing(run, taught):
    run("backup", "monday.db")

    refused = run("restore", "monday.db", "reflection.db")

    assert refused.returncode == 2
    assert "exists already" in refused.stderr
    assert run("restore", "none.db", "x.db").returncode == 2


def test_only_a_sound_backup_of_ours_is_put_in_place(run, taught):
    assert run("backup", "monday.db").returncode == 0
    shutil.copy("monday.db", "wrong.db")
    with sqlite3.connect("wrong.db") as connection:
        connection.execute("UPDATE insights SET content = 'CPA fell' WHERE id = 1")
    connection.close()
    with sqlite3.connect("other.db") as connection:
        connection.execute("CREATE TABLE notes (x)")
    connection.close()
    shutil.copy("monday.db", "open.db")
    (taught / "open.db-wal").write_bytes(b"something")
    (taught / "random.db").write_bytes(bytes(range(256)) * 100)

    for name in ("wrong", "other", "open", "random"):
        refused = run("restore", f"{name}.db", f"new/{name}.db")
        assert refused.returncode == 2, name
        assert ("not sound" if name == "wrong" else "no backup") in refused.stderr
    assert not list(taught.rglob("new/*"))


def test_another_programs_database_is_left_as_it_is(run, folder):
    with sqlite3.connect(folder / "other.db") as connection:
        connection.execute("CREATE TABLE notes (x)")
    connection.close()
    before = (folder / "other.db").read_bytes()

    refused = [run(command, MARKO_DATABASE_PATH="other.db") for command in ("verify", "doctor", "effects")]

    assert [result.returncode for result in refused] == [2, 2, 2]
    assert all("no database of this engine" in result.stderr for result in refused)
    assert (folder / "other.db").read_bytes() == before
    assert "there is no database" in run("verify", MARKO_DATABASE_PATH="none.db").stderr
    assert not (folder / "none.db").exists()


def test_what_is_wrong_is_said_with_exit_code_one(run, taught):
    with sqlite3.connect(taught / "reflection.db") as connection:
        connection.execute("DELETE FROM performance_logs WHERE workspace = 'acme'")
    connection.close()

    verified, doctor = run("verify"), run("doctor", "--verify")

    assert (verified.returncode, doctor.returncode) == (1, 1)
    assert "no performance log" in verified.stdout
    assert "no performance log" in doctor.stdout
    assert json.loads(run("verify", "--json").stdout)["problems"]


def test_rows_of_before_there_were_seals_are_never_called_sound_in_silence(run, taught):
    with closing(Database(taught / "reflection.db")) as database, database.write() as connection:
        let_seals_be_missing(connection)
        count = connection.exec_driver_sql("UPDATE memories SET seal = NULL").rowcount
    said = f"{count} rows have no seal"

    verified, doctor = run("verify"), run("doctor", "--verify")
    assert run("backup", "old.db").returncode == 0
    restored = run("restore", "old.db", "restored.db")

    assert verified.returncode == restored.returncode == 0
    assert f"But {said}" in verified.stdout
    assert f"attention: {said}" in doctor.stdout
    assert f"But {said}" in restored.stderr
    assert json.loads(run("verify", "--json").stdout)["unsealed"] == count
    assert f"Sealed {count} rows" in run("rebuild").stdout
    assert "But" not in run("verify").stdout
    with closing(sqlite3.connect(taught / "reflection.db")) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE memories SET seal = NULL")
    assert "Sealed" not in run("rebuild").stdout


def test_of_a_file_that_is_damaged_the_list_is_said_and_what_cannot_be_counted_is_not(run, taught):
    file = taught / "reflection.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page, size = (
            connection.execute(ask).fetchone()[0]
            for ask in ("SELECT rootpage FROM sqlite_master WHERE name = 'shares'", "PRAGMA page_size")
        )
    connection.close()
    with file.open("r+b") as database:
        database.seek((page - 1) * size)
        database.write(b"\xff" * size)

    verified = run("verify", "--json")

    assert verified.returncode == 1, verified.stderr
    assert json.loads(verified.stdout)["problems"]
    assert json.loads(verified.stdout)["unsealed"] is None


def test_the_doctor_learns_everything_again(run, taught):
    sound = run("doctor", "--verify")
    with closing(Database(taught / "reflection.db")) as database, database.write() as connection:
        own = fits.c.workspace == "acme"
        body = connection.execute(select(fits.c.body).where(own).order_by(fits.c.id.desc()).limit(1)).scalar_one()
        connection.execute(update(fits).where(own).values(resealed(fits, body=_changed(body))))
    wrong = run("doctor", "--verify")

    assert sound.returncode == 0, sound.stdout
    assert wrong.returncode == 1
    assert "acme: campaigns stored are not what the ledger says" in " ".join(wrong.stdout.split())
    assert "default:" not in wrong.stdout


def _changed(body):
    import zlib

    fields = json.loads(zlib.decompress(body))
    fields["campaigns"] += 1
    return zlib.compress(json.dumps(fields).encode())


def test_a_key_is_shown_once_listed_without_its_text_and_revoked(run):
    made = run("keys", "create", "--workspace", "acme", "--scope", "read", "--name", "dashboard")
    text = made.stdout.strip()
    listed = json.loads(run("keys", "list", "--json").stdout)

    assert made.returncode == 0
    assert text.startswith("rle_")
    assert "shown this once" in made.stderr
    assert [(key["workspace"], key["scope"], key["name"]) for key in listed] == [("acme", "read", "dashboard")]
    assert text not in json.dumps(listed)

    assert run("keys", "revoke", listed[0]["key_id"]).returncode == 0
    assert listed[0]["key_id"] in run("keys", "list").stdout
    assert json.loads(run("keys", "list", "--json").stdout)[0]["revoked_at"]


def test_a_key_can_be_read_by_a_program(run):
    made = json.loads(run("keys", "create", "--workspace", "*", "--scope", "admin", "--json").stdout)

    assert made["key"].startswith(f"rle_{made['key_id']}_")
    assert (made["workspace"], made["scope"]) == ("*", "admin")


def test_commands_show_what_they_did_where_nothing_can_be_written(run, folder, sample):
    campaign_id = json.loads(sample.read_text())["campaign_id"]
    (folder / "output").write_text("a file where the folder should be")
    analysed, key = run("analyze", str(sample), "--json"), run("keys", "create", "--json")
    copied = run("backup", "copy.db")

    assert [result.returncode for result in (analysed, key, copied)] == [0, 0, 0]
    assert campaign_id in analysed.stdout
    assert json.loads(key.stdout)["key"].startswith("rle_")
    assert "attention: everything is stored, but not all of it could be published" in analysed.stderr
    assert (folder / "copy.db").exists()

    seen = run("doctor")
    assert seen.returncode == 1
    assert f"attention: {campaign_id} could not be published" in " ".join(seen.stdout.split())
    (folder / "output").unlink()
    assert run("rebuild").returncode == 0
    assert run("doctor").returncode == 0
    assert list((folder / "output").glob("*/insights.json"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "create", "--workspace", "../x"),
        ("keys", "create", "--scope", "everything"),
        ("keys", "create", "--name", "two\nlines"),
        ("keys", "revoke", "000000000000"),
        ("workspace", "create", "Not A Name"),
        ("workspace", "purge", "nowhere", "--yes"),
    ],
)
def test_nonsense_is_refused_in_one_line(run, arguments):
    refused = run(*arguments)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_listening_beyond_this_machine_takes_a_key_of_either_kind(run, monkeypatch):
    served = []
    monkeypatch.setattr("uvicorn.run", lambda *args, **options: served.append((options["host"], options["backlog"])))

    refused = run("serve", "--host", "0.0.0.0")
    run("keys", "create")
    assert refused.returncode == 2
    assert "keys create" in refused.stderr
    assert served == []

    run("serve", "--host", "0.0.0.0")
    assert served == [("0.0.0.0", ACCEPTED_AT_ONCE)]


def test_a_purged_workspace_leaves_nothing_in_any_projection(run, taught):
    run("keys", "create", "--workspace", "acme")
    run("workspace", "create", "empty")
    assert any("acme" in path.name for path in (taught / "output").iterdir())

    purged = run("workspace", "purge", "acme", "--yes")
    names = [row["workspace"] for row in json.loads(run("workspace", "list", "--json").stdout)]

    assert purged.returncode == 0, purged.stderr
    assert names == ["default", "empty"]
    assert not any("acme" in path.name for path in taught.rglob("*") if "canary_acme" in path.name or "@" in path.name)
    assert json.loads(run("keys", "list", "--json").stdout) == []
    assert run("verify").returncode == 0
    assert run("show", f"{SECRET}_default_1", "--json").returncode == 0
    for path in taught.rglob("*"):
        if path.is_file():
            assert f"{SECRET}_acme".encode() not in path.read_bytes(), path.name


def test_a_purge_asks_for_the_name(run, taught):
    refused = run("workspace", "purge", "acme", stdin="defualt\n")
    assert refused.returncode == 2
    assert "nothing was removed" in refused.stderr

    assert run("workspace", "purge", "acme", stdin="acme\n").returncode == 0
    assert "acme" not in run("workspace", "list").stdout
    assert "default" in run("workspace", "list").stdout


@pytest.mark.usefixtures("nothing_learnt")
def test_the_json_mirror_of_a_purged_workspace_goes_too(run, folder, campaign):
    mirror = {"MARKO_VECTOR_BACKEND": "json"}
    for workspace in ("default", "acme"):
        (folder / "one.json").write_text(json.dumps([campaign(campaign_id=f"{SECRET}_{workspace}")]))
        assert run("analyze", "one.json", "-w", workspace, **mirror).returncode == 0
    assert f"{SECRET}_acme" in (folder / "vectors.json").read_text()

    assert run("workspace", "purge", "acme", "--yes", **mirror).returncode == 0

    left = (folder / "vectors.json").read_text()
    assert f"{SECRET}_acme" not in left
    assert f"{SECRET}_default" in left
