"""The description is complete, and the documentation page needs no other host."""

import re

import pytest

from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES
from reflection.domain.campaign import Campaign
from reflection.web import site

PAGE = {f"GET {path}" for path in (*site.SCREENS, site.ASSETS)}
HIDDEN = {"GET /docs", "GET /docs/{asset}", "GET /openapi.json"} | PAGE


@pytest.fixture(scope="module")
def schema(client):
    return client.get("/openapi.json").json()


def test_every_route_is_described(schema):
    described = {f"{method.upper()} {path}" for path, operations in schema["paths"].items() for method in operations}

    assert described == {re.sub(r":path}", "}", name) for name in POLICIES if name not in HIDDEN}


def test_the_request_body_is_described_with_the_specifications_sample(schema):
    content = schema["paths"]["/analyze-campaign"]["post"]["requestBody"]["content"]["application/json"]

    assert content["schema"] == {"$ref": "#/components/schemas/Campaign"}
    assert content["examples"]["cmp_007_meta_summer_bootcamp"]["value"] == CMP_007
    assert schema["components"]["schemas"]["Campaign"]["additionalProperties"] is False
    assert schema["components"]["schemas"]["Campaign"]["properties"]["audiences"]["maxItems"] == 200


def test_the_sample_is_a_valid_campaign():
    assert Campaign.model_validate(CMP_007).campaign_id == "cmp_007_meta_summer_bootcamp"


def test_every_reference_resolves(schema):
    names = set(re.findall(r"#/components/schemas/([^'\"]+)", str(schema)))

    assert names <= set(schema["components"]["schemas"])


def test_every_operation_describes_its_errors_in_the_one_shape(schema):
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert {"401", "404", "422", "429", "default"} <= set(operation["responses"])
            assert set(operation["responses"]["default"]["content"]) == {"application/problem+json"}
            assert operation["summary"]
            assert operation["description"]


def test_the_page_loads_from_this_server_alone(client):
    page = client.get("/docs")
    links = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)

    assert "//" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    for link in links:
        loaded = client.get(f"/{link}")
        assert loaded.status_code == 200
        assert loaded.content
    assert "SwaggerUIBundle" in client.get("/docs/swagger-ui-bundle.js").text


@pytest.mark.parametrize("asset", ["main.py", "__init__.py", "..%2F__init__.py", "%2e%2e"])
def test_the_page_gives_no_other_file(client, asset):
    assert client.get(f"/docs/{asset}").status_code == 404
