"""Ids that callers choose: what is accepted is read, reported, shared and deleted by what was sent, the rest refused.

And in every route of the description that takes a text in its path or query, no text breaks anything.
"""

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

HOSTILE = (
    "..", ".", "/", "a/../b", "a/./b", "a//b", "/lead", "trail/", "a%2Fb", "%2e%2e", "%", "%00", "a?b#c", "a&b=c", "+",
    "report", "accept", "verify", "next", "x/report", "x/accept", "x/evidence", "e\u0301", "\u00e9", "\ufb01", "<b>",
    "a\u200bb", "\u202eabc", "\ufeffa", "\u2028", "\x85", "a\nb", "a\tb", "a\r\nX: y", "a\x00b", "a\x1fb", "'--",
    " around ", "\u3000", "x" * 200, "x" * 300, "\u00e9" * 300, "x" * 301, "x" * 5_000, "\\", "a:b", "a*b", "null",
    "\U0001f98a",
)  # fmt: skip
PIECES = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
IDS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
EXAMPLES = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
ARMS = [{"name": name, "platform": "Meta", "creative": name} for name in ("a", "b")]


def address(text):
    return quote(text, safe="")


@given(campaign_id=IDS)
@example(campaign_id=" around ")
@example(campaign_id="x" * 300)
@example(campaign_id="x/report")
@example(campaign_id="x/accept")
@EXAMPLES
def test_a_campaign_is_found_by_the_id_that_was_sent_or_is_refused(client, campaign, campaign_id):
    before = [item["campaign_id"] for item in client.get("/v1/campaigns").json()["items"]]
    sent = client.post("/analyze-campaign", json=campaign(campaign_id=campaign_id))
    path = f"/v1/campaigns/{address(campaign_id)}"

    if sent.status_code != 200:
        assert (sent.status_code, sent.json()["errors"][0]["field"]) == (422, "campaign_id")
        assert [item["campaign_id"] for item in client.get("/v1/campaigns").json()["items"]] == before
        return
    assert client.get(path).json()["comparison_report"]["campaign_id"] == campaign_id.strip()
    assert "summary" in client.get(f"{path}/report", params={"format": "json"}).json()
    assert client.get("/v1/recommendations", params={"campaign_id": campaign_id}).status_code == 200
    shared = client.post("/v1/shares", json={"campaign_id": campaign_id}).json()
    assert client.get(shared["path"]).status_code == 200
    assert client.post(f"{path}/accept").json()["campaign_id"] == campaign_id.strip()
    assert client.delete(f"{path}/accept").json()["campaign_id"] == campaign_id.strip()
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.get(shared["path"]).status_code == 404


@given(entry_id=IDS)
@example(entry_id=" around ")
@EXAMPLES
@pytest.mark.parametrize("kind", ["creative", "experiment"])
def test_a_creative_and_an_experiment_are_found_by_the_id_that_was_sent_or_refused(client, kind, entry_id):
    body = {"name": "n", "arms": ARMS} if kind == "experiment" else {"headline": "Save 20 % today"}
    sent = client.post(f"/v1/{kind}s", json={f"{kind}s": [{f"{kind}_id": entry_id, **body}]})

    if sent.status_code != 201:
        assert sent.status_code == 422
        return
    path = f"/v1/{kind}s/{address(entry_id)}"
    assert client.get(path).json()[f"{kind}_id"] == client.delete(path).json()[f"{kind}_id"] == entry_id.strip()
    assert client.get(path).status_code == 404


def test_no_text_in_any_path_or_query_breaks_a_route(client):
    """Each parameter of each route of the description, the texts in turns: answered, or refused as a problem."""
    for number, (method, path, parameter) in enumerate(_texts_of(client.get("/openapi.json").json())):
        in_path = parameter["in"] == "path"
        every = 12 if in_path else len(HOSTILE)
        for text in HOSTILE[number % every :: every]:
            url = re.sub(r"\{\w+\}", address(text) if in_path else "x", path)
            query = "" if in_path else f"?{parameter['name']}={address(text)}"
            answer = client.request(method, url + query, json={} if method == "POST" else None)
            assert answer.status_code < 500, (method, url, text)
            assert "no parameter of this route" not in answer.text, (method, url)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", (method, url, text)


def _texts_of(description):
    """(method, path, parameter) of every text that a route takes; not of those that answer without end."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                endless = path == "/v1/stream" or (path.endswith("/events") and "import" in path)
                if parameter["in"] in ("path", "query") and not endless:
                    yield method.upper(), path, parameter
