"""Make a small, rich database with the program on PYTHONPATH, and write down what it answers; see ORIGIN.md.

    PYTHONPATH=BASE/src:BASE BASE/.venv/bin/python tests/store/frozen/make.py 7226a49

Writes NAME.db.xz (compacted) and NAME.json.xz here: the instant, the key, and each request with its answer. Uses what
`scripts/record_answers.py` uses: the terminal and the HTTP door, so it runs with any version.
"""

import json
import lzma
import os
import re
import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts"))

import answer_steps as steps  # noqa: E402 - stands beside the scripts
import record_answers as recorder  # noqa: E402

READS = (
    "/insights?limit=500&past=true", "/patterns?limit=500&past=true", "/recommendations",
    "/recommendations?platform=Meta&objective=Lead%20Generation", "/v1/recommendations?platform=Meta&seed=3",
    "/v1/effects?limit=200", "/v1/effects/creative.type:video/evidence", "/v1/learnings?limit=500",
    "/v1/learnings?as_of=2026-04-21T09:08:30Z", "/v1/track-record", f"/v1/campaigns/{steps.INCOMING}",
    f"/v1/campaigns/{steps.FAULT}", "/v1/campaigns/cmp_next",
    "/v1/memory/search?q=video%20for%20students&kind=campaign",
    "/v1/memory/search?q=creative%20type%20video&kind=learning", "/v1/imports",
    f"/v1/campaigns/{steps.INCOMING}/report?format=json",
    "/v1/portfolio/report?start=2026-01-01&end=2026-06-30&format=json",
)  # fmt: skip
"""What is asked; what the steps below have named is asked for, too."""


def main(name: str) -> None:
    """Take the steps, ask, compact, compress."""
    top = recorder.isolate()
    recording = recorder.Recording(top / "answers")
    recording.begin("frozen")
    folder = recorder.fresh("frozen")
    terminal = recorder.Terminal(recording)
    terminal("analyze", "inputs/campaign_history.json")
    terminal("import", "inputs/google_en_day.csv", "--objective", "Sales")
    terminal("workspace", "create", "globex")
    key = json.loads(terminal("keys", "create", "--workspace", "*", "--scope", "admin", "--name", "frozen", "--json"))
    authorization = {"Authorization": f"Bearer {key['key']}"}
    recorder.serve(recording, lambda ask: write(ask, authorization))
    written = json.loads(Path("written.json").read_text(encoding="utf-8"))
    shutil.copy("reflection.db", "asked.db")  # reading writes what was recalled: the frozen file stays as it was
    settings = {"MARKO_EMBEDDING_MODEL": "none", "MARKO_DATABASE_PATH": "asked.db"}
    recorder.serve(recording, lambda ask: read(ask, authorization, written), **settings)
    compact(Path("reflection.db"))
    (HERE / f"{name}.db.xz").write_bytes(
        lzma.compress(Path("reflection.db").read_bytes(), preset=9 | lzma.PRESET_EXTREME)
    )
    (HERE / f"{name}.json.xz").write_bytes(lzma.compress(Path("answers.json").read_bytes(), preset=9))
    os.chdir("/")
    shutil.rmtree(folder.parent)


def compact(database: Path) -> None:
    """No fits of many campaigns (each has 700 kB of draws, which nothing compresses), and no free pages.

    Renaming a class of the knowledge makes a fit of an earlier commit unreadable by design, so that it is learnt again
    from the ledger; that is what a missing one does at once.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("DELETE FROM fits WHERE length(draws) > 100000")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.close()


def write(ask: Any, authorization: dict[str, str]) -> None:
    """Forecasts, a plan, campaigns in two workspaces, advice followed and refused, reviews, imports taken back."""
    ask.client.headers.update(authorization)
    ask("POST", "/v1/forecasts", {"forecasts": steps.FORECASTS})
    ask("POST", "/v1/plans/evaluate", {"plans": steps.PLANS})
    campaign = json.loads(Path("inputs/incoming_campaign.json").read_text(encoding="utf-8"))
    ask("POST", "/analyze-campaign", campaign, headers={"Idempotency-Key": "once"})
    ask("POST", "/analyze-campaign", campaign, headers={"X-Workspace": "acme"})
    kept = ask("POST", "/v1/observations", {"rows": steps.ROWS, "objective": "Sales"}).json()["import_id"]
    rows = [{**row, "campaign": "Winter"} for row in steps.ROWS]
    undone = ask("POST", "/v1/observations", {"rows": rows, "objective": "Sales"}).json()["import_id"]
    ask("DELETE", f"/v1/imports/{undone}")
    cards = [card["id"] for card in ask("GET", "/v1/recommendations?platform=Meta&seed=3").json()["cards"]]
    for card, accepted in ((cards[0], True), (cards[-1], False)):
        ask("POST", f"/v1/recommendations/{card}/shown", {"campaign_id": "cmp_next"})
        ask("POST", f"/v1/recommendations/{card}/feedback", {"accepted": accepted, "note": "as discussed"})
    learnings = [item["id"] for item in ask("GET", "/v1/learnings?limit=2").json()["items"]]
    for learning, verdict in zip(learnings, ("approve", "reject"), strict=True):
        ask("POST", f"/v1/learnings/{learning}/review", {"verdict": verdict, "note": "seen", "author": "ada"})
    recall = ask("GET", "/v1/memory/search?q=video&kind=learning").json()["recall_id"]
    ask("POST", f"/v1/learnings/recalls/{recall}/outcome", {"campaign_id": steps.INCOMING, "outcome": "it worked"})
    when = {"timestamp": "2026-04-25T00:00:00+00:00", "recommendation_ids": cards[:1]}
    ask("POST", "/analyze-campaign", {**campaign, "campaign_id": "cmp_next", **when})
    now = datetime.now(UTC).isoformat()  # when the last fit was made: one made anew says the same
    urls = [f"/v1/imports/{kept}", f"/v1/imports/{undone}", *(f"/v1/recommendations/{card}" for card in cards)]
    urls += [f"/v1/learnings/{learning}" for learning in learnings]
    imported = ask("GET", f"/v1/imports/{kept}").json()["campaigns"]
    urls += [f"/v1/campaigns/{name}" for name in imported]
    Path("written.json").write_text(json.dumps({"now": now, "urls": urls}), encoding="utf-8")


def read(ask: Any, authorization: dict[str, str], written: dict[str, Any]) -> None:
    """Ask everything at the instant of the last step."""
    ask.recording.move_to(datetime.fromisoformat(written["now"]))
    answers = []
    for workspace in ("default", "acme"):
        for url in (*READS, *written["urls"]) if workspace == "default" else READS[:3]:
            answer = ask.client.get(url, headers={**authorization, "X-Workspace": workspace})
            body = re.sub(r"rcl_[0-9a-f]{20}", "rcl_<id>", answer.text)
            answers.append({"workspace": workspace, "url": url, "status": answer.status_code, "body": json.loads(body)})
    recorded = {"now": written["now"], **authorization, "answers": answers}
    Path("answers.json").write_text(json.dumps(recorded, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
