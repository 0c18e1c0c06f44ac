"""Every command that tells of what was learnt says what that is as of and how many campaigns wait, as HTTP does."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build

PLAN = {"plans": [{"platform": "Meta", "objective": "Leads", "budget": 1_000.0}]}
COMMANDS = (
    ("insights",), ("patterns",), ("recommend",), ("effects",), ("learnings",), ("learnings", "{learning}"),
    ("search", "summer"), ("campaigns",), ("track-record",), ("plan", "plan.json"),
)  # fmt: skip


@pytest.fixture
def waiting(folder: Path, learnt: Path, settings_in: Callable[..., Settings]) -> Path:
    """A workspace that has learnt from a history, and one campaign that waits."""
    shutil.copy(learnt, folder / "reflection.db")
    (folder / "plan.json").write_text(json.dumps(PLAN))
    with build(settings_in(folder)) as application:
        application.engine.analyze(Campaign.model_validate_json(json.dumps(CMP_007)))
    return folder


def test_every_command_says_what_it_is_as_of_and_how_many_campaigns_wait(
    waiting: Path, run: Callable[..., Any]
) -> None:
    learning = json.loads(run("learnings", "--json").stdout)["items"][0]["id"]
    instants = set()
    for command in COMMANDS:
        words = [word.format(learning=learning) for word in command]
        answer = json.loads(run(*words, "--json").stdout)
        assert answer["pending"] == 1, command
        instants.add(answer["as_of"])
        assert "; 1 campaign waits to be learnt" in run(*words).stdout, command
    assert len(instants) == 1
    assert None not in instants
    one = json.loads(run("show", CMP_007["campaign_id"], "--json").stdout)
    assert (one["pending"], one["as_of"]) == (0, *instants)
