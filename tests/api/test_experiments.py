"""/v1/experiments through the real application: written down, learnt from, ordered, taken back, apart by workspace."""

from typing import Any

from fastapi.testclient import TestClient

from reflection.api.routers.experiments import ExperimentPage, ExperimentView

AB = {
    "experiment_id": "hook-1",
    "name": "Hook",
    "arms": [
        {
            "name": "old",
            "creative": "crt_image",
            "control": True,
            "units": 10_000.0,
            "impressions": 9e4,
            "clicks": 900.0,
        },
        {"name": "new", "creative": "crt_video", "units": 10_050.0, "impressions": 9e4, "clicks": 1300.0},
    ],
}


def post(page: TestClient, workspace: str, body: Any, path: str = "") -> Any:
    return page.post(f"/v1/experiments{path}", json=body, headers={"X-Workspace": workspace})


def test_an_experiment_goes_the_whole_way(page: TestClient) -> None:
    first = post(page, "lab", AB)
    assert first.status_code == 201, first.text
    (item,) = first.json()["items"]
    ExperimentView.model_validate_json(page.get("/v1/experiments/hook-1", headers={"X-Workspace": "lab"}).text)
    assert (item["state"], item["outcome"], item["split"]["as_planned"]) == ("waiting", "added", True)
    assert (item["comparisons"][0]["verdict"], item["settled"]) == ("higher", True)
    assert post(page, "lab", AB).status_code == 200
    assert post(page, "lab", [AB, {**AB, "experiment_id": "bad", "arms": AB["arms"][:1]}]).status_code == 422
    listed = page.get("/v1/experiments", headers={"X-Workspace": "lab"}).json()
    ExperimentPage.model_validate(listed)
    assert [one["experiment_id"] for one in listed["items"]] == ["hook-1"]
    assert page.get("/v1/experiments/hook-1").status_code == 404, "of another workspace"
    assert page.delete("/v1/experiments/hook-1", headers={"X-Workspace": "lab"}).status_code == 200
    assert page.delete("/v1/experiments/hook-1", headers={"X-Workspace": "lab"}).status_code == 404


def test_a_test_is_ordered_and_read_back(page: TestClient) -> None:
    assert post(page, "orders", {}, "/next").status_code == 409, "nothing was learnt yet"
    request = {"signal": "creative:crt_video", "against": "creative:crt_image", "days": 14, "budget": 500.0}
    ordered = post(page, "orders", request, "/next")
    assert ordered.status_code == 201, ordered.text
    order = ordered.json()
    assert (order["state"], order["days"], order["budget"]) == ("ordered", 14, 500.0)
    assert post(page, "orders", request, "/next").json()["experiment_id"] == order["experiment_id"]
    results = [{**arm, "impressions": 9e4, "clicks": 900.0 + 30 * place} for place, arm in enumerate(order["arms"])]
    keep = ("experiment_id", "name", "days", "budget", "currency", "smallest_effect")
    back = post(page, "orders", {name: order[name] for name in keep} | {"arms": results}).json()["items"][0]
    assert (back["outcome"], back["state"], back["settled"]) == ("replaced", "waiting", False)
    same = {"signal": "creative:crt_video", "against": "creative:crt_video"}
    assert post(page, "orders", same, "/next").status_code == 422
    for wrong in ("creative:a*b", "a*b:c*d", "::", "creative:", "creative: ", "creative:unknown", "audience:a\u0000"):
        answer = post(page, "orders", {"signal": wrong, "against": "creative:crt_image"}, "/next")
        assert answer.status_code == 422, (wrong, answer.text)
    assert post(page, "orders", {"signal": "creative:crt_video"}, "/next").status_code == 422


def test_numbers_too_small_to_mean_anything_are_refused_and_stored_nowhere(page: TestClient) -> None:
    arms = AB["arms"]
    for wrong in (
        {**AB, "smallest_effect": 5e-324},
        {**AB, "arms": [{**arms[0], "share": 1e-300}, {**arms[1], "share": 1.0}]},
        {
            "name": "x",
            "metric": "ctr",
            "arms": [{**arms[0], "lift": 1.0}, {**arms[1], "lift": 1.1, "standard_error": 5e-324}],
        },
        {"name": "x", "kind": "lift", "arms": [arms[0], {**arms[1], "incremental": 9.0, "incremental_error": 5e-324}]},
    ):
        refused = post(page, "small", wrong)
        assert refused.status_code == 422, refused.text
        assert "less than can be measured" in refused.text
    assert post(page, "small", {"smallest_effect": 5e-324}, "/next").status_code == 422
    assert page.get("/v1/experiments", headers={"X-Workspace": "small"}).json()["items"] == []
