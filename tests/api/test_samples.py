"""/v1/samples and /v1/workspaces: loaded beside everything else, taken back without a trace, by whom it may be."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.routers.samples import Sample, TakenBack
from reflection.api.routers.workspaces import Workspaces
from reflection.ingest.sample_account import SAMPLE_WORKSPACE, sample_campaigns
from reflection.settings import Settings
from reflection.store.maintenance.purge import remaining
from reflection.wiring import Application, build

OPERATOR, OWNER = "operator-key-of-all-0001", "owner-key-of-acme-00001"


@pytest.fixture(scope="module")
def application(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("samples")
    shutil.copy(migrated, folder / "reflection.db")
    keys = f"*={OPERATOR},acme={OWNER},*:read=reads-everything-00001"
    with build(settings_in(folder, api_keys=keys, embedding_model="none")) as built:
        yield built


@pytest.fixture(scope="module")
def call(application: Application) -> Callable[..., object]:
    client = TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))

    def send(method: str, path: str, key: str = OPERATOR, workspace: str | None = None, **more: object) -> object:
        headers = {"X-API-Key": key} | ({"X-Workspace": workspace} if workspace else {})
        return client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]

    return send


def test_the_sample_account_is_loaded_looked_at_and_taken_back_without_a_trace(application, call, tmp_path):
    assert call("POST", "/analyze-campaign", json=CMP_007).status_code == 200
    before = call("GET", "/v1/campaigns").json()

    loaded = call("POST", "/v1/samples")
    assert loaded.status_code == 201
    Sample.model_validate(loaded.json())
    assert loaded.json() == {"workspace": SAMPLE_WORKSPACE, "campaigns": 40, "loaded": True}
    assert call("POST", "/v1/samples").json() == loaded.json(), "again changes nothing"
    application.learner.learn_now(SAMPLE_WORKSPACE)
    issuers = call("GET", "/v1/track-record", workspace=SAMPLE_WORKSPACE).json()["issuers"]
    assert {row["n"] for row in issuers if row["issuer"] == "engine" and row["platform"] is None} == {19}, (
        "the younger half was foretold, of which one is held"
    )
    seen = call("GET", "/v1/attention", workspace=SAMPLE_WORKSPACE).json()
    assert {item["kind"] for item in seen["items"]} == {"held-campaign", "missed-forecast"}
    rows = Workspaces.model_validate(call("GET", "/v1/workspaces").json()).items
    assert [(row.workspace, row.sample) for row in rows] == [("default", False), (SAMPLE_WORKSPACE, True)]
    assert call("GET", "/v1/campaigns").json() == before, "beside everything else"

    gone = TakenBack.model_validate(call("DELETE", "/v1/samples").json())
    assert (gone.loaded, gone.campaigns) == (False, 0)
    assert gone.removed > 40
    assert remaining(application.database, SAMPLE_WORKSPACE) == {}
    assert not (Path(application.settings.output_dir) / SAMPLE_WORKSPACE).exists()
    assert call("GET", "/v1/campaigns").json() == before
    assert call("DELETE", "/v1/samples").status_code == 404


def test_somebodys_own_workspace_of_that_name_is_left_alone(application, call):
    body = {**CMP_007, "campaign_id": "my-own"}
    assert call("POST", "/analyze-campaign", workspace=SAMPLE_WORKSPACE, json=body).status_code == 200

    assert call("POST", "/v1/samples").status_code == 409
    assert call("DELETE", "/v1/samples").status_code == 409
    assert call("GET", "/v1/campaigns/my-own", workspace=SAMPLE_WORKSPACE).status_code == 200
    application.purge(SAMPLE_WORKSPACE)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_key_of_another_workspace_does_not_reach_into_it(call, method):
    admin = call("POST", "/v1/keys", json={"workspace": "acme", "scope": "admin"}).json()["key"]

    for key in (OWNER, admin):
        assert call(method, "/v1/samples", key=key).status_code == 403
    if method != "GET":
        assert call(method, "/v1/samples", key="reads-everything-00001").status_code == 403


def test_a_key_of_one_workspace_is_told_of_that_one_only(call):
    assert call("GET", "/v1/workspaces", key=OWNER).json()["items"] == [
        {"workspace": "acme", "campaigns": 0, "pending": 0, "as_of": None, "sample": False}
    ]


def test_the_sample_campaigns_are_those_of_the_data_folder(history):
    assert sample_campaigns() == history
