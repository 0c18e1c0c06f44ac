"""A report speaks of the goal of its own campaign."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from reflection import Engine

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def _campaigns(name: str, kind: str) -> list[dict[str, Any]]:
    content = orjson.loads((SAMPLES / name).read_bytes())
    return [{**one, "conversion_kind": kind} for one in (content if isinstance(content, list) else [content])]


@pytest.mark.parametrize(("kind", "advised"), [("purchase", True), ("app_install", False)])
def test_a_report_gives_no_advice_that_was_learnt_of_another_goal(tmp_path: Path, kind: str, advised: bool) -> None:
    (campaign,) = _campaigns("incoming_campaign.json", kind)
    with Engine(tmp_path / "reflection.db", output=tmp_path / "output") as engine:
        for _ in engine.analyze_many(_campaigns("campaign_history.json", "purchase")):
            pass
        engine.analyze(campaign)
        report = engine.report(campaign["campaign_id"], kind="md")
    assert ("Put more of the budget on" in str(report)) is advised
