"""Make a small database with the program on PYTHONPATH, one for each number of the schema; see ORIGIN.md.

    PYTHONPATH=BASE/src python tests/store/frozen/make_schema.py schema-0012

Writes NAME.schema.xz here: four campaigns in two workspaces, one of them replaced and one deleted, learnt from, and
whatever that version could write down beside. Uses the HTTP door only.
"""

import contextlib
import json
import lzma
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
INCOMING = HERE.parents[2] / "data" / "samples" / "incoming_campaign.json"

COUNTS = {"impressions": 90_000.0, "units": 50_000.0}
ARMS = [
    {"name": "image", "control": True, "creative": "crt_image", "clicks": 1_200.0, **COUNTS},
    {"name": "video", "creative": "crt_video", "clicks": 1_500.0, **COUNTS},
]
BESIDE = {
    "events": {"day": "2026-03-28", "kind": "promotion", "text": "Spring offer"},
    "shares": {"campaign_id": "cmp_1", "days": 7},
    "alerts": {"address": "http://127.0.0.1:9/hook"},
    "experiments": {"experiment_id": "hero-1", "name": "Hero", "arms": ARMS},
}
"""What is written down beside the campaigns, where a version has the route."""


def main(name: str) -> None:
    """Take the steps, compact, compress."""
    from starlette.testclient import TestClient

    from reflection.api.app import create_app
    from reflection.settings import Settings
    from reflection.wiring import build

    target = HERE / f"{name}.schema.xz"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        quiet = {"embedding_model": "none", "background": "none", "vector_backend": "local"}
        with build(Settings(_env_file=None, alert_hosts=("127.0.0.1",), **quiet)) as built:
            write(TestClient(create_app(built), "http://127.0.0.1:8000", client=("127.0.0.1", 50000)))
            for workspace in ("default", "acme"):
                built.learner.learn_now(workspace)
        compact("reflection.db")
        target.write_bytes(lzma.compress(Path("reflection.db").read_bytes(), preset=9 | lzma.PRESET_EXTREME))
        os.chdir("/")


def write(client: Any) -> None:
    """Campaigns, and what else there was."""
    campaign = json.loads(INCOMING.read_text(encoding="utf-8"))
    for number in range(4):
        body = campaign | {"campaign_id": f"cmp_{number}", "platform": ("Meta", "Google")[number % 2]}
        client.post("/analyze-campaign", json=body).raise_for_status()
    client.post("/analyze-campaign", json=campaign | {"campaign_id": "cmp_0", "planner": "ada"}).raise_for_status()
    client.post("/analyze-campaign", json=campaign, headers={"X-Workspace": "acme"}).raise_for_status()
    client.delete("/v1/campaigns/cmp_3").raise_for_status()
    said = {route: client.post(f"/v1/{route}", json=body).status_code for route, body in BESIDE.items()}
    assert set(said.values()) <= {201, 404}, said


def compact(database: str) -> None:
    """No free pages, and no draws of fits, which nothing compresses: the present code learns again."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM fits WHERE length(draws) > 10000")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")


if __name__ == "__main__":
    main(sys.argv[1])
