"""A report speaks of the goal of its own campaign."""

from itertools import cycle
from pathlib import Path

import orjson
import pytest

from reflection import Engine

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.mark.parametrize(("kind", "advised"), [("lead", True), ("app_install", False)])
def test_a_report_gives_no_advice_that_was_learnt_of_another_goal(tmp_path: Path, kind: str, advised: bool) -> None:
    history = orjson.loads((SAMPLES / "campaign_history.json").read_bytes())
    kinds = cycle(("purchase", "purchase", "lead"))
    campaign = {**orjson.loads((SAMPLES / "incoming_campaign.json").read_bytes()), "conversion_kind": kind}
    with Engine(tmp_path / "reflection.db", output=tmp_path / "output") as engine:
        for _ in engine.analyze_many({**one, "conversion_kind": next(kinds)} for one in history):
            pass
        engine.analyze(campaign)
        report = engine.report(campaign["campaign_id"], kind="md").decode()
    assert ("of the budget on" in report) is advised
