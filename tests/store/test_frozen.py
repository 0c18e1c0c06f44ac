"""Databases that released code wrote open with the present code and give the answers that were recorded then.

What was counted is the same to a millionth; effects, learnt again by the present method, are close; what is told of
them is worded by the present code, from what is known today, and keeps its shape.

The files are in `frozen/`, one pair for each commit; frozen/ORIGIN.md says how they were made and what is compared.
"""

import contextlib
import json
import lzma
import math
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

import reflection
from reflection.api.app import create_app
from reflection.cli.backup import problems_of
from reflection.settings import Settings
from reflection.store.maintenance.sealing import seal_rest, unsealed_rows
from reflection.wiring import Application, build

pytestmark = pytest.mark.sqlite

FROZEN = Path(__file__).parent / "frozen"
VERSIONS = Path(reflection.__file__).parent / "store" / "migrations" / "versions"
NAMES = sorted(path.name.removesuffix(".db.xz") for path in FROZEN.glob("*.db.xz"))
WORDS_ONLY = {"embedding_model": "none"}
"""Vectors depend on the model file, and answers found by meaning on the vectors."""

RECALL = re.compile(r"rcl_[0-9a-f]{20}")
INCOMING = Path(__file__).parents[2] / "data" / "samples" / "incoming_campaign.json"


@pytest.fixture(scope="module", params=NAMES)
def recorded(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What was answered: `now`, the key's header, and requests with their answers; and the `name`."""
    text = lzma.decompress((FROZEN / f"{request.param}.json.xz").read_bytes())
    return {**json.loads(text), "name": request.param}


@pytest.fixture(scope="module")
def learnt_file(
    recorded: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]
) -> Path:
    """The frozen file, opened by the present code at the instant of the recording, with everything learnt."""
    path = tmp_path_factory.mktemp("frozen") / "reflection.db"
    path.write_bytes(lzma.decompress((FROZEN / f"{recorded['name']}.db.xz").read_bytes()))
    with time_machine.travel(recorded["now"], tick=False), build(settings_in(path.parent, **WORDS_ONLY)) as built:
        for workspace in built.store.workspaces():
            built.learner.learn_now(workspace)
    return path


@pytest.fixture
def application(
    recorded: dict[str, Any], learnt_file: Path, tmp_path: Path, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    """The present code on a copy, at the instant of the recording."""
    shutil.copy(learnt_file, tmp_path / "reflection.db")
    with time_machine.travel(recorded["now"], tick=False), build(settings_in(tmp_path, **WORDS_ONLY)) as built:
        yield built


@pytest.fixture
def client(recorded: dict[str, Any], application: Application) -> TestClient:
    """A caller with the key that was made then."""
    headers = {"Authorization": recorded["Authorization"]}
    return TestClient(create_app(application), "http://127.0.0.1:8000", headers=headers, client=("127.0.0.1", 50000))


NOT_COMPARED = frozenset({"as_of", "generated_at", "seq"})
"""The instant of a fit: a workspace whose stored fit this version cannot read is learnt again when it is opened;
and the state a claim was shown at, which counted over all workspaces then."""


TOLD = re.compile(
    r"(/insights|/patterns|/recommendations|/report)\?|/recommendations |/v1/campaigns/\S+ \.(notes|epoch)|"
    r"\.(pattern_report|insights|weights|similar_campaigns|summary|text|reason|why|outcome|message)\b"
)
"""What is said of the figures, on paths of answers: sentences, and lists that are chosen and ordered for a reader."""

JUDGED = re.compile(r"\.comparison_report\.(deltas\.\w+|drivers\[\d+\]\.drivers\[\d+\])\.(z|interval|beyond_noise)\b")
"""What is beyond noise, which hangs on how much campaigns differ: learnt, and judged by what is known today."""

LEARNT = re.compile(r" /v1/(effects|learnings|track-record)\b|kind=learning")
"""What is estimated from the ledger by drawing: a better method draws otherwise, and the uncertain changes sides."""

CLOSE = 0.05
"""The largest difference (log) of an effect that the present method estimates from the same ledger."""


def alike(value: Any, then: Any, path: str) -> Iterator[str]:
    """Where an answer lacks what it had: a field, or a value of another type; an item stands for its list."""
    if isinstance(then, dict) and isinstance(value, dict):
        yield from (f"{path}: no {name}" for name in then.keys() - value.keys())
        for name in then.keys() & value.keys():
            yield from alike(value[name], then[name], f"{path}.{name}")
    elif isinstance(then, list) and isinstance(value, list):
        yield from alike(value[0], then[0], f"{path}[0]") if value and then else ()
    elif (
        None not in (value, then)
        and not path.endswith(".id")
        and not isinstance(value, float | int if isinstance(then, float) else type(then))
    ):
        yield f"{path}: {str(value)[:200]} where {str(then)[:200]} was"


def same(value: Any, then: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ. Numbers may differ in the last digits: another processor adds in another order."""
    if TOLD.search(path) or LEARNT.search(path) or JUDGED.search(path) or _of_itself(then, path):
        yield from alike(value, then, path)
    elif isinstance(then, float | int) and isinstance(value, float | int) and not isinstance(then, bool):
        # a word weighs by how rare it is among all that is remembered, learnings learnt anew among them
        if value != pytest.approx(then, rel=0.02 if path.endswith(".score") else 1e-6, abs=1e-9):
            yield f"{path}: {value} where {then} was"
    elif isinstance(then, dict) and isinstance(value, dict) and value.keys() >= then.keys():
        for name in then.keys() - NOT_COMPARED:
            yield from same(value[name], then[name], f"{path}.{name}")
    elif isinstance(then, list) and isinstance(value, list) and len(value) == len(then):
        for number, (item, old) in enumerate(zip(value, then, strict=True)):
            yield from same(item, old, f"{path}[{number}]")
    elif value != then:
        yield f"{path}: {str(value)[:200]} where {str(then)[:200]} was"


def _of_itself(then: Any, path: str) -> bool:
    """Whether a result was held against itself, having no forecast: there is nothing to compare it with."""
    return path.endswith(".comparison_report") and bool(then["expected_rates"] == then["actual_rates"])


def test_a_database_of_an_earlier_commit_gives_the_same_answers(client: TestClient, recorded: dict[str, Any]) -> None:
    differences = []
    for then in recorded["answers"]:
        if isinstance(then["body"], dict) and then["body"].get("state") == "proposed":
            continue  # a card nobody was shown: made anew from what is known today, and of other units
        answer = client.get(then["url"], headers={"X-Workspace": then["workspace"]})
        body = json.loads(RECALL.sub("rcl_<id>", answer.text))
        path = f"{then['workspace']} {then['url']} "
        differences += [*same(answer.status_code, then["status"], path), *same(body, then["body"], path)]

    assert differences == []


def test_effects_learnt_again_are_close_to_those_learnt_then(client: TestClient, recorded: dict[str, Any]) -> None:
    then = next(one for one in recorded["answers"] if one["url"].startswith("/v1/effects?"))
    asked = ("", "&metric=conversions_per_spend")  # a CPA and its reciprocal are listed once where nobody asks for it
    pages = (client.get(f"/v1/effects?limit=1000{one}", headers={"X-Workspace": then["workspace"]}) for one in asked)
    now = [item for page in pages for item in page.json()["items"]]
    effects = {(effect["signal"], effect["metric"]): effect["effect"] for effect in now}
    before = {(effect["signal"], effect["metric"]): effect for effect in then["body"]["items"]}

    assert len(before) > 100
    far = [key for key, effect in before.items() if key not in effects or not _close(effects[key], effect)]
    assert far == []


def _close(effect: float | None, then: dict[str, Any]) -> bool:
    """Nearly the same, or within half of the way to the limits of what was believed then; or not identified now."""
    if effect is None:
        return True
    low, high = (math.log(limit / then["effect"]) for limit in then["interval"])
    return min(low / 2, -CLOSE) <= math.log(effect / then["effect"]) <= max(high / 2, CLOSE)


def test_a_database_of_an_earlier_commit_is_sound(application: Application) -> None:
    assert application.store.workspaces()
    assert problems_of(application) == []
    assert unsealed_rows(application.database) > 0

    seal_rest(application.database)

    assert unsealed_rows(application.database) == 0
    assert problems_of(application) == []


def test_a_database_of_an_earlier_commit_goes_on(client: TestClient, application: Application) -> None:
    campaign = {**json.loads(INCOMING.read_text(encoding="utf-8")), "campaign_id": "cmp_after", "platform": "TikTok"}
    known = application.learner.learn_now("default")

    answer = client.post("/analyze-campaign", json=campaign)
    learnt = application.learner.learn_now("default")

    assert answer.status_code == 200, answer.text
    assert learnt.campaigns == known.campaigns + 1
    assert client.get("/v1/campaigns/cmp_after").json() == answer.json()
    assert client.get("/v1/effects?limit=1").json()["items"] != []


SCHEMAS = sorted(path.name.removesuffix(".schema.xz") for path in FROZEN.glob("*.schema.xz"))
KEPT = ("campaigns", "campaign_revisions", "evidence", "events", "shares", "alerts", "experiments")
"""Tables of what people said; no opening and no fit changes their number of rows."""


def test_every_schema_that_landed_has_a_frozen_database() -> None:
    landed = sorted(f"schema-{path.name[:4]}" for path in VERSIONS.glob("[0-9]*.py"))

    assert landed[:-1] == SCHEMAS, "make it with the code before the newest: tests/store/frozen/make_schema.py"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_database_of_every_schema_is_upgraded_and_loses_no_row(
    name: str, tmp_path: Path, settings_in: Callable[..., Settings]
) -> None:
    path = _thawed(name, tmp_path)
    held = _rows(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert f"schema-{version}" == name

    with build(settings_in(tmp_path, **WORDS_ONLY)) as built:
        assert built.store.workspaces() == ["acme", "default"]
        stored = built.store.campaign("default", "cmp_0")
        assert stored is not None
        assert stored.revision == 2
    after = _rows(path)
    assert {table: after[table] for table in held} == held


@pytest.mark.torture(part="disk")
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_database_of_every_schema_is_sound_and_learnt_from(
    name: str, tmp_path: Path, settings_in: Callable[..., Settings]
) -> None:
    _thawed(name, tmp_path)

    with build(settings_in(tmp_path, **WORDS_ONLY)) as built:
        assert built.learner.learn_now("default").campaigns == 3
        assert list(problems_of(built)) == []


def _thawed(name: str, folder: Path) -> Path:
    path = folder / "reflection.db"
    path.write_bytes(lzma.decompress((FROZEN / f"{name}.schema.xz").read_bytes()))
    return path


def _rows(path: Path) -> dict[str, int]:
    """How many rows each of `KEPT` has, where there is such a table."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        counts = [(name, f"SELECT count(*) FROM {name}") for name in KEPT if name in there]
        return {name: connection.execute(count).fetchone()[0] for name, count in counts}
