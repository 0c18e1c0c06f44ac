"""The same submission twice is once, with and without a key, one after the other and at the same time."""

from concurrent.futures import ThreadPoolExecutor


def test_the_same_key_and_body_give_the_stored_answer(serve, campaign):
    with serve() as live, live.client() as client:
        headers = {"Idempotency-Key": "request-1"}

        first = client.post("/analyze-campaign", json=campaign(), headers=headers)
        second = client.post("/analyze-campaign", json=campaign(), headers=headers)

        assert (first.status_code, second.status_code) == (200, 200)
        assert first.content == second.content
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert live.application.store.last_seq("default") == 1


def test_the_same_key_with_another_body_is_a_conflict_and_changes_nothing(serve, campaign):
    with serve() as live, live.client() as client:
        headers = {"Idempotency-Key": "request-1"}
        client.post("/analyze-campaign", json=campaign(), headers=headers)

        refused = client.post("/analyze-campaign", json=campaign(objective="Sales"), headers=headers)

        assert refused.status_code == 409
        assert refused.json()["type"] == "/problems/conflict"
        assert live.application.store.last_seq("default") == 1


def test_a_key_means_the_content_not_its_spelling(serve, campaign):
    with serve() as live, live.client() as client:
        headers = {"Idempotency-Key": "request-1"}
        first = client.post("/analyze-campaign", json=campaign(), headers=headers)

        other_order = dict(reversed(campaign().items()))
        second = client.post("/analyze-campaign", json=other_order, headers=headers)

        assert first.content == second.content


def test_an_invalid_body_does_not_use_the_key_up(serve, campaign):
    with serve() as live, live.client() as client:
        headers = {"Idempotency-Key": "request-1"}

        assert client.post("/analyze-campaign", json=campaign(platform="string"), headers=headers).status_code == 422
        assert client.post("/analyze-campaign", json=campaign(), headers=headers).status_code == 200


def test_a_key_belongs_to_its_workspace(guarded, keys, campaign):
    for role in ("owner", "other"):
        with guarded.client(keys[role]) as client:
            body = campaign(objective=f"objective of {role}")

            answer = client.post("/analyze-campaign", json=body, headers={"Idempotency-Key": "shared-name"})

            assert answer.status_code == 200
            assert "idempotency-replayed" not in answer.headers


def test_a_senseless_key_is_refused(client, campaign):
    for key in ("", "a b", "k" * 256):
        assert client.post("/analyze-campaign", json=campaign(), headers={"Idempotency-Key": key}).status_code == 422


def test_fifty_identical_requests_at_once_are_learnt_once_and_answered_alike(serve, campaign):
    with serve() as live, live.client() as client:

        def post(_):
            return client.post("/analyze-campaign", json=campaign(), headers={"Idempotency-Key": "request-1"})

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(post, range(50)))

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert live.application.store.last_seq("default") == 1


def test_the_same_campaign_without_a_key_replaces_itself(serve, campaign):
    with serve() as live, live.client() as client:
        client.post("/analyze-campaign", json=campaign())
        again = client.post("/analyze-campaign", json=campaign())
        changed = client.post("/analyze-campaign", json=campaign(objective="Sales"))

        assert again.headers["idempotency-replayed"] == "true"
        assert changed.json()["stored_memory"]["replaced"] is True
        assert changed.json()["stored_memory"]["revision"] == 2
        assert len({row["campaign_id"] for row in client.get("/insights").json()}) == 1
