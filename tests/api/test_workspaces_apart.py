"""What a workspace is answered is the same whether others write beside it or not: no number is counted over them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES, Right
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import Application, build
from scripts import api_examples

OF_ALL = {"GET /ready", "GET /v1/workspaces"} | {name for name, right in POLICIES.items() if right is Right.OPERATE}
"""What is told to an operator, who sees all workspaces; what /ready tells others see `test_metrics`."""

BY_WORDS = "score"
"""Where nothing but words is asked, as here, SQLite weighs them by how many memories of all have them (SECURITY.md)."""

AFTER_WORDS = "GET /docs/{asset}"
"""No route after it asks by words: what others write while pages are turned may weigh them otherwise."""

OF_A_RUN = ("x-request-id", "content-length")
SETTINGS: dict[str, Any] = {"embedding_model": "none", "alert_hosts": ("127.0.0.1",)}


EVERY = 4
"""Others write before every fourth request: what counts over all differs from the first of them on."""


class Beside(TestClient):
    """A client that lets somebody else write before a request."""

    def __init__(self, app: Any, write: Callable[[], None]) -> None:
        super().__init__(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))
        self._write, self.heard = write, list[str]()

    def request(self, *asked: Any, **more: Any) -> Any:
        self._write()
        answer = super().request(*asked, **more)
        headers = {name: value for name, value in answer.headers.items() if name not in OF_A_RUN}
        self.heard.append(json.dumps([answer.status_code, headers]) + _plain(answer.text))
        return answer


def _plain(text: str) -> str:
    """An answer whose parts that differ from run to run are made equal."""
    try:
        return str(api_examples._steady(json.dumps(_of_this_run(json.loads(text)))))
    except ValueError:
        return str(api_examples._steady(text))


def _of_this_run(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _of_this_run(item) for key, item in value.items() if key not in (BY_WORDS, "request_id", "share_id")
        }
    return [_of_this_run(item) for item in value] if isinstance(value, list) else value


def heard(settings: Settings, learnt: Path, write: Callable[[Application, int], None]) -> dict[str, list[str]]:
    """What every route says where `write` may write before each request."""
    shutil.copy(learnt, settings.database_path)
    with build(settings) as application:
        numbers = iter(range(10_000))
        with Beside(create_app(application), lambda: write(application, next(numbers))) as client:
            said = {}
            for name, _ in api_examples._called(client, application):
                if name == AFTER_WORDS:
                    _turn_pages(client)
                said[name], client.heard = client.heard, []
            return said


def _turn_pages(client: Beside) -> None:
    """Through all insights, also of campaigns that others wrote beside: each page's cursor names one."""
    page = client.get("/v1/insights?limit=20").json()
    while page["next_cursor"]:
        page = client.get("/v1/insights", params={"limit": 20, "cursor": page["next_cursor"]}).json()


def _others(application: Application, number: int) -> None:
    if number % EVERY:
        return
    body = {**CMP_007, "campaign_id": f"theirs{number}", "platform": "Pinterest"}
    application.engine.analyze(Campaign.model_validate_json(json.dumps(body)), workspace="globex")
    if number == EVERY:
        application.learner.learn_now("globex")


def test_no_answer_shows_whether_others_write(
    tmp_path: Path, settings_in: Callable[..., Settings], learnt: Path
) -> None:
    alone, beside = tmp_path / "alone", tmp_path / "beside"
    for folder in (alone, beside):
        folder.mkdir()
    quiet = heard(settings_in(alone, **SETTINGS), learnt, lambda *_: None)
    busy = heard(settings_in(beside, **SETTINGS), learnt, _others)

    assert quiet.keys() == busy.keys()
    assert len(quiet[AFTER_WORDS]) > 6
    different = {name for name in quiet if quiet[name] != [one.replace(str(beside), str(alone)) for one in busy[name]]}
    assert different - OF_ALL == set()
