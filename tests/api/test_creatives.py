"""/v1/creatives through the real application: registered, learnt from by name, scored, taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.routers.creatives import CreativeEffects, CreativePage, CreativeView
from reflection.domain.campaign import Campaign
from reflection.domain.validation import read
from reflection.settings import Settings

LINES = ("Rivers of light", "Is this your garden?", "Paper bridges by the sea")


def campaign(number: int) -> Campaign:
    """Three ads; the third is only named, its text is registered."""
    rows = [{"creative": f"ad {number} {p}", "metrics": counts(9_000, clicks)} for p, clicks in enumerate((90, 60, 95))]
    creatives = [
        {"id": f"ad {number} {p}", "type": "image", **({"headline": f"{LINES[p]} {number}"} if p < 2 else {})}
        for p in range(3)
    ]
    body = {
        "campaign_id": f"c{number}",
        "platform": "Meta",
        "objective": "traffic",
        "timestamp": f"2099-01-{number + 1:02}T00:00:00+00:00",
        "expected_metrics": counts(27_000, 270),
        "actual_metrics": counts(27_000, 245),
        "creatives": creatives,
        "breakdown": rows,
    }
    return read(Campaign, body)


def counts(impressions: int, clicks: int) -> dict[str, Any]:
    return {"impressions": impressions, "clicks": clicks, "conversions": None, "spend": None}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("creatives")
    app = create_app(settings=settings_in(folder))
    with TestClient(app) as client:
        named = [{"creative_id": f"Ad {n} 2", "headline": f"{LINES[2]} {n}", "score": 60.0 + n} for n in range(12)]
        assert client.post("/v1/creatives", json={"creatives": named}).status_code == 201
        application = app.state.application
        list(application.engine.analyze_many(map(campaign, range(12))))
        application.learner.learn_now("default")
        yield client


def test_what_ran_by_name_has_its_registered_text(client: TestClient) -> None:
    page = client.get("/v1/creative-effects").json()
    CreativeEffects.model_validate(page)
    assert (page["texts"], page["campaigns"]) == (36, 12)
    question = next(row for row in page["items"] if (row["trait"], row["metric"]) == ("question", "ctr"))
    assert (question["texts"], question["others"]) == (12, 24)
    assert question["effect"] < 1
    assert client.get("/v1/creative-effects?metric=cvr").json()["items"] == []
    assert client.get("/v1/creative-effects?findings_only=true").json()["items"] == [
        row for row in page["items"] if row["finding"]
    ]


def test_a_creative_that_nobody_ran_is_scored_and_registered_once(client: TestClient) -> None:
    body = {"headline": "Is this your bridge of paper?", "hook": "curiosity"}
    shown = client.post("/v1/creatives?register=false", json={"creatives": [body]})
    assert (shown.status_code, "outcome" in shown.json()["items"][0]) == (200, False)
    first, again = (client.post("/v1/creatives", json={"creatives": [body]}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    (item,) = first.json()["items"]
    CreativeView.model_validate(item)
    assert item["score"] < 50
    assert item["forecast"]["ctr"]["lift"] < 1
    assert {one["trait"] for one in item["traits"]} >= {"question", "you", "hook:curiosity"}
    one = client.get(f"/v1/creatives/{item['creative_id']}").json()
    assert one["score_when_registered"] == one["score"] == item["score"]
    listed = client.get("/v1/creatives?limit=5").json()
    CreativePage.model_validate(listed)
    following = client.get("/v1/creatives", params={"cursor": listed["next_cursor"]}).json()["items"]
    ids = [row["creative_id"] for row in [*listed["items"], *following]]
    assert len(ids) == len(set(ids)) == 13
    assert client.delete(f"/v1/creatives/{item['creative_id']}").status_code == 200
    assert client.get(f"/v1/creatives/{item['creative_id']}").status_code == 404


@pytest.mark.parametrize("headline", ["", "🔥🔥", "?"])
def test_too_little_text_is_said_to_be(client: TestClient, headline: str) -> None:
    (item,) = client.post("/v1/creatives?register=false", json={"creatives": [{"headline": headline}]}).json()["items"]
    assert (item["score"], item["sentence"]) == (None, None)
    assert item["reason"].startswith("too little text")


def test_any_language_and_ten_thousand_characters_are_foretold(client: TestClient) -> None:
    bodies = [
        {"headline": text}
        for text in ("買い物をするなら今がチャンス？", "Ist das dein Garten?", "x" * 10_000, "';--<script>")
    ]
    items = client.post("/v1/creatives?register=false", json={"creatives": bodies}).json()["items"]
    assert all(isinstance(item["score"], int) and 0 <= item["score"] <= 100 for item in items)


@pytest.mark.parametrize(
    "name",
    ["x/report", ".", "..", "a/../b", "a\nb", "a\tb", "\u202eevil", "e\u0301", "a*b", "?q=1", "=cmd()", " lead", "a:b"],
)
def test_whatever_id_is_accepted_can_be_read_and_deleted_and_by_nobody_else(client: TestClient, name: str) -> None:
    answer = client.post("/v1/creatives", json={"creatives": [{"creative_id": name, "headline": "Hello"}]})
    if answer.status_code != 201:
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == "creatives[0].creative_id"
        return
    address = "/v1/creatives/" + quote(answer.json()["items"][0]["creative_id"], safe="")
    other = {"X-Workspace": "other"}
    assert [client.get(address, headers=other).status_code, client.delete(address, headers=other).status_code] == [
        404
    ] * 2
    assert [client.get(address).status_code, client.delete(address).status_code] == [200] * 2


def test_nobody_sees_another_workspace_and_nothing_learnt_is_said(client: TestClient) -> None:
    other = {"X-Workspace": "other"}
    assert client.get("/v1/creatives", headers=other).json()["items"] == []
    (item,) = client.post("/v1/creatives", json={"creatives": [{"headline": "Hello there"}]}, headers=other).json()[
        "items"
    ]
    assert (item["score"], item["outcome"]) == (None, "added")
    assert item["reason"].startswith("nothing can be foretold yet")


def test_the_text_of_a_creative_nobody_ran_moves_a_plan(client: TestClient) -> None:
    plan = {"platform": "Meta", "objective": "traffic", "budget": 500.0}
    ads = {"new?": "Is this your bridge?", "new": "Rivers of paper and light", "ad 1 0": "Is this your bridge?"}
    plans = [
        {**plan, "plan_id": name, "creatives": [{"id": name, "type": "image", "headline": headline}]}
        for name, headline in ads.items()
    ]
    asks, tells, ran = client.post("/v1/plans/evaluate", json={"plans": plans}).json()["plans"]
    (text,) = asks["texts"]
    assert text["lift"] < 1 < tells["texts"][0]["lift"]
    assert asks["metrics"]["ctr"]["calibrated"] < tells["metrics"]["ctr"]["calibrated"]
    ratio = asks["metrics"]["ctr"]["calibrated"] / tells["metrics"]["ctr"]["calibrated"]
    assert ratio == pytest.approx(text["lift"] / tells["texts"][0]["lift"], rel=1e-6)
    assert any(note.startswith("new? never ran. CTR expected ") for note in asks["notes"])
    assert ran["texts"] == [], "it has an effect of its own"
