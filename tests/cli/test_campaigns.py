"""`reflection campaigns`, `held`, `accept`: what is stored, and what is kept out of learning until somebody looks."""

import json
from typing import Any

from reflection.api.openapi import CMP_007


def _lines(count: int, **fault: Any) -> str:
    """Campaigns with a CPA of about 20, and one that is named and has another number of conversions."""
    bodies = []
    for number in range(count):
        actual = {**CMP_007["actual_metrics"], "conversions": 200.0 + number}
        bodies.append({**CMP_007, "campaign_id": f"c{number}", "actual_metrics": actual, "currency": "EUR"})
    actual = {**CMP_007["actual_metrics"], **fault}
    bodies.append({**CMP_007, "campaign_id": "odd", "name": "Odd one", "actual_metrics": actual, "currency": "EUR"})
    return "\n".join(map(json.dumps, bodies))


def test_a_held_campaign_is_listed_accepted_and_held_again(run, folder):
    (folder / "campaigns.jsonl").write_text(_lines(8, conversions=4_500.0))
    assert run("analyze", "campaigns.jsonl").returncode == 0

    (item,) = json.loads(run("held", "--json").stdout)["items"]
    assert item["campaign_id"] == "odd"
    assert "odd: suspected tracking fault: CPA is EUR 0.88" in run("held").stdout
    assert "held out of learning: odd: suspected tracking fault" in run("doctor").stdout
    listed = run("campaigns", "odd").stdout
    assert "Odd one (odd)" in listed
    assert "1 held out of learning" in listed

    assert "odd: accepted: it is learnt from." in run("accept", "odd").stdout
    assert run("held").stdout.strip() == "No campaign is held out of learning."
    assert json.loads(run("campaigns", "--state", "accepted", "--json").stdout)["items"][0]["campaign_id"] == "odd"

    undone = json.loads(run("accept", "odd", "--undo", "--json").stdout)
    assert (undone["accepted"], undone["learning"]) == (False, "held")
    assert "odd: suspected tracking fault" in run("held").stdout


def test_accepting_what_is_not_held_says_so(run, folder):
    (folder / "campaigns.jsonl").write_text(_lines(4, conversions=203.0))
    run("analyze", "campaigns.jsonl")

    assert run("accept", "c1").stdout.strip() == "c1: it is not held: it is learnt from as it is."
    assert run("accept", "c1", "--undo").stdout.strip() == "c1: it was not accepted: nothing changes."
    assert run("campaigns", "--state", "held").stdout.strip() == "No campaign matches."


def test_a_list_goes_on_where_it_ended(run, folder):
    (folder / "campaigns.jsonl").write_text(_lines(4, conversions=203.0))
    run("analyze", "campaigns.jsonl")

    first = json.loads(run("campaigns", "--limit", "3", "--json").stdout)
    second = json.loads(run("campaigns", "--limit", "3", "--cursor", first["next_cursor"], "--json").stdout)

    names = [item["campaign_id"] for page in (first, second) for item in page["items"]]
    assert sorted(names) == ["c0", "c1", "c2", "c3", "odd"]
    assert second["next_cursor"] is None
    assert run("campaigns", "--since", "2026-03-29", "--until", "2026-03-29", "--json").stdout.count("campaign_id") == 5
    assert run("campaigns", "--until", "2026-03-28").stdout.strip() == "No campaign matches."
