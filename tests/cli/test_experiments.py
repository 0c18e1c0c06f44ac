"""`reflection experiment`: a file written down, listed, ordered and taken back in a terminal."""

import json

ROWS = """experiment,arm,creative,users,impressions,clicks
hook,control,crt_image,10000,90000,900
hook,new,crt_video,10050,90000,1300
broken,a,crt_image,10000,90000,900
broken,b,crt_video,9000,90000,1300
"""


def test_experiments_go_the_whole_way(run, folder):
    (folder / "tests.csv").write_text(ROWS, encoding="utf-8")
    added = run("experiment", "add", "tests.csv", "--json")

    assert added.returncode == 0, added.stderr
    items = {item["name"]: item for item in json.loads(added.stdout)["items"]}
    assert items["hook"]["outcome"] == "added"
    assert items["broken"]["state"] == "held"
    listed = run("experiment", "list", COLUMNS="300").stdout
    assert "new against control: CTR +44.4 % (90 %: +34.6 % to +54.9 %); decided, it may be stopped" in listed
    assert "held: the arms did not get the shares that were planned" in listed
    assert "b against a" not in listed, "it says nothing"
    assert run("experiment", "order").returncode == 2, "nothing was learnt yet"
    assert run("experiment", "remove", items["hook"]["experiment_id"]).returncode == 0
    assert run("experiment", "add", "nowhere.csv").returncode == 2
