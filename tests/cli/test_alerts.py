"""`reflection alerts`: made, listed, tried, looked at and removed, with a receiver on this machine or none."""

import json

HOOK = "http://127.0.0.1:9/canary"
ALLOWED = {"MARKO_ALERT_HOSTS": "127.0.0.1"}


def test_an_alert_from_its_making_to_its_end(run):
    made = run("alerts", "add", "-", "--on", "campaign.held", "--name", "planner", "--report", "pdf", "--hour", "7",
               "--zone", "Europe/Berlin", stdin=f"{HOOK}\n", **ALLOWED)  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("whsec_")
    assert "canary" not in made.stderr

    listed = run("alerts", "list")
    assert "canary" not in listed.stdout
    assert "pdf, monday 07:00 Europe/Berlin" in listed.stdout
    (row,) = json.loads(run("alerts", "list", "--json").stdout)
    assert (row["name"], row["on"]) == ("planner", ["campaign.held"])

    tried = run("alerts", "test", row["alert_id"], **ALLOWED)
    assert (tried.returncode, tried.stderr.strip()) == (
        1, "it did not arrive: nobody answers there, or the certificate is not valid",
    )  # fmt: skip
    assert "given up" in run("alerts", "deliveries", row["alert_id"]).stdout
    assert "0 messages" in run("alerts", "retry", row["alert_id"]).stderr
    assert "is gone" in run("alerts", "remove", row["alert_id"]).stderr
    gone = run("alerts", "remove", row["alert_id"])
    assert gone.returncode == 2
    assert "there is no alert" in gone.stderr


def test_what_cannot_be_is_refused_in_one_line(run):
    for arguments, problem in (
        ((HOOK,), "private network"),
        (("https://example.com", "--on", "campaign.hold"), "on[0]"),
        (("https://example.com", "--report", "docx"), "report.format"),
        (("mailto:ann@example.com",), "MARKO_MAIL_URL"),
    ):
        refused = run("alerts", "add", *arguments)
        assert refused.returncode == 2, arguments
        assert problem in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1


def test_a_command_sends_what_it_made_true_where_no_worker_runs(run, folder):
    """Nobody listens there; that it was tried is seen in the log."""
    made = run("alerts", "add", HOOK, "--json", **ALLOWED)
    alert_id = json.loads(made.stdout)["alert_id"]
    (folder / "bad.csv").write_text("a,b\n1,2\n")
    assert run("import", "bad.csv", **ALLOWED).returncode == 2

    (row,) = json.loads(run("alerts", "deliveries", alert_id, "--json", **ALLOWED).stdout)
    assert (row["kind"], row["state"], row["tries"]) == ("import.failed", "pending", 1)
