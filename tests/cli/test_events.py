"""`reflection events`: written down, listed, exported and taken back in a terminal."""

import json


def test_an_event_goes_the_whole_way(run, folder):
    added = run("events", "add", "2026-03-01", "20 % off", "--kind", "promotion", "--json")
    event = json.loads(added.stdout)

    assert added.returncode == 0
    assert "was there already" in run("events", "add", "2026-03-01", "20 % off", "--kind", "promotion").stderr
    assert "20 % off" in run("events", "list").stdout
    assert json.loads(run("events", "list", "--json").stdout)["items"] == [event]
    assert "promotion" in run("export", "events").stdout
    assert run("events", "remove", event["event_id"]).returncode == 0
    assert "No event" in run("events", "list").stdout
    assert run("events", "remove", event["event_id"]).returncode == 2
    assert run("events", "add", "soon", "x").returncode == 2
