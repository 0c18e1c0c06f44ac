"""/metrics says what happened, how long it took and what is behind, and names nobody."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reflection.api.metrics import UNMATCHED
from reflection.api.openapi import CMP_007
from reflection.errors import Unavailable
from reflection.llm.circuit_breaker import Breaker

SECRETIVE = "workspace-nobody-may-hear-of"


def scrape(client):
    """Every sample of /metrics by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def requests(found, **labels):
    return found.get(("reflection_requests_total", *sorted(labels.items())), 0.0)


def test_requests_are_counted_by_route_and_never_by_what_callers_wrote(serve):
    with serve() as live, live.client() as client:
        for name in ("a", "b", SECRETIVE):
            client.get(f"/v1/campaigns/{name}")
        client.get(f"/{SECRETIVE}")
        client.request("BREW", "/health")
        client.post("/analyze-campaign", json={**CMP_007, "campaign_id": SECRETIVE})

        found, text = scrape(client), client.get("/metrics").text

    route = "/v1/campaigns/{campaign_id:path}"
    assert requests(found, method="GET", route=route, status="404") == 3
    assert requests(found, method="GET", route=UNMATCHED, status="404") == 1
    assert requests(found, method="other", route="/health", status="405") == 1
    assert found[("reflection_request_seconds_count", ("method", "GET"), ("route", route))] == 3
    assert found[("reflection_requests_active",)] == 1
    assert SECRETIVE not in text


def test_every_stage_of_an_analysis_is_timed(serve):
    with serve() as live, live.client() as client:
        client.post("/analyze-campaign", json=CMP_007)
        found = scrape(client)

    stages = {key[1][1] for key in found if key[0] == "reflection_analysis_stage_seconds_count"}
    assert stages == {"compare", "patterns", "embed", "similar", "phrase", "forecast", "store"}
    assert all(found[("reflection_analysis_stage_seconds_count", ("stage", stage))] == 1 for stage in stages)


def test_what_is_behind_is_said_and_then_caught_up(serve):
    with serve() as live, live.client() as client:
        application = live.application
        live.app.state.background.chores.stop()
        for number in range(3):
            body = {**CMP_007, "campaign_id": f"c{number}"}
            client.post("/analyze-campaign", json=body, headers={"X-Workspace": SECRETIVE})
        behind = scrape(client)
        application.learner.learn_all()
        application.publisher.publish_pending()
        level, text = scrape(client), client.get("/metrics").text

    assert behind[("reflection_learning_lag_entries",)] == 3
    assert behind[("reflection_learning_lag_entries_worst",)] == 3
    assert behind[("reflection_outbox_entries", ("topic", "artifacts"))] > 0
    assert level[("reflection_learning_lag_entries",)] == 0
    assert level[("reflection_outbox_entries", ("topic", "artifacts"))] == 0
    assert level[("reflection_workspaces",)] == 1
    assert level[("reflection_store_readable",)] == 1
    assert SECRETIVE not in text


def test_memories_without_a_vector_are_index_lag(serve, monkeypatch):
    with serve() as live, live.client() as client:
        memory = live.application.memory
        monkeypatch.setattr(live.application.engine._analyst._memory, "embed", lambda text: (None, None))
        live.app.state.background.chores.stop()
        client.post("/analyze-campaign", json=CMP_007)

        assert memory.rows.count("default") == 1
        assert scrape(client)[("reflection_index_lag_memories",)] == 1


class Model:
    """A language model with a breaker."""

    def __init__(self):
        self.breaker = Breaker(failures=1)

    def status(self):
        return {"model": "m", "breaker": self.breaker.state}


def test_a_breaker_is_in_one_state(serve):
    with serve() as live, live.client() as client:
        assert not [key for key in scrape(client) if key[0] == "reflection_breaker"]

        live.application.model = Model()
        closed = scrape(client)
        live.application.model.breaker.failed()
        opened = scrape(client)

    def states(found):
        return {dict(key[1:])["state"]: value for key, value in found.items() if key[0] == "reflection_breaker"}

    assert states(closed) == {"closed": 1, "half-open": 0, "open": 0}
    assert states(opened) == {"closed": 0, "half-open": 0, "open": 1}


def test_without_the_store_the_counters_are_still_told(serve, monkeypatch):
    with serve() as live, live.client() as client:
        client.get("/insights")

        def broken():
            raise Unavailable("the disk is gone")

        monkeypatch.setattr(live.application.store, "workspaces", broken)
        found = scrape(client)

        assert found[("reflection_store_readable",)] == 0
        assert requests(found, method="GET", route="/insights", status="200") == 1


@pytest.mark.parametrize(("role", "status"), [("owner", 403), ("reader", 403), ("any", 200), (None, 401)])
def test_only_who_operates_the_installation_reads_them(guarded, keys, role, status):
    with guarded.client(keys[role] if role else None) as client:
        assert client.get("/metrics").status_code == status


def test_refused_callers_are_counted_too(serve, keys):
    with serve(api_keys=f"*={keys['any']}") as live, live.client() as stranger, live.client(keys["any"]) as client:
        stranger.get("/insights")

        assert requests(scrape(client), method="GET", route=UNMATCHED, status="401") == 1


def test_two_servers_of_one_process_count_apart(serve):
    with serve() as first, first.client() as one:
        one.get("/insights")
        with serve() as second, second.client() as other:
            assert requests(scrape(other), method="GET", route="/insights", status="200") == 0


def test_every_metric_has_a_help_text_that_says_something(client):
    helps = re.findall(r"^# HELP (\S+) (.*)$", client.get("/metrics").text, re.MULTILINE)

    assert len(helps) > 10
    assert all(len(text) > 15 for _, text in helps)


def test_a_key_of_one_workspace_is_told_of_no_other(guarded, keys):
    with guarded.client(keys["any"]) as operator, guarded.client(keys["reader"]) as reader:
        operator.post("/analyze-campaign", json=CMP_007, headers={"X-Workspace": SECRETIVE})

        assert SECRETIVE in operator.get("/ready").json()["parts"]["learning_lag"]
        parts = reader.get("/ready").json()["parts"]
        assert parts["learning_lag"] == {"acme": 0}
        assert parts["outbox_lag"] == {}
        assert parts["degraded"] == []
        assert operator.get("/ready").json()["parts"]["degraded"] == ["not-learning"]
        assert "database" not in parts
