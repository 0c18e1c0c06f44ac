"""What a route does not read is no parameter: a misspelt filter is refused, not passed over in silence."""

import re

import pytest

from reflection.api.policies import POLICIES
from reflection.web import site

SCREENS = {f"GET {path}" for path in site.SCREENS}
"""The address of a screen carries the filters that its script reads."""


@pytest.mark.parametrize(
    "name", [name for name in POLICIES if not name.startswith("GET /docs") and name not in SCREENS]
)
def test_an_unknown_parameter_is_refused_by_every_route(client, name):
    method, path = name.split(" ", 1)
    response = client.request(method, re.sub(r"\{[^}]*\}", "x", path), params={"platfrom": "Meta"})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert error["field"] == "query.platfrom"
    assert "no parameter of this route" in error["problem"]


def test_the_parameters_a_route_has_are_named(client):
    problem = client.get("/recommendations", params={"goal": "roas", "plattform": "Meta"}).json()["errors"][0][
        "problem"
    ]
    assert "objective" in problem
    assert "platform" in problem


def test_a_parameter_that_is_given_twice_is_refused_rather_than_one_of_the_two_taken(client):
    errors = client.get("/v1/insights?limit=1&kind=anomaly&limit=2").json()["errors"]
    assert errors == [{"field": "query.limit", "problem": "is given twice"}]


def test_a_number_as_an_attribute_is_taken(client, campaign):
    body = campaign(
        campaign_id="a-number", audiences=[{"name": "a", "attributes": {"age_range": 25, "interest": [1, "b"]}}]
    )
    assert client.post("/analyze-campaign", json=body).status_code == 200


def test_a_wrong_attribute_is_named_as_it_was_written(client, campaign):
    body = campaign(campaign_id="a-wrong-one", audiences=[{"name": "a", "attributes": {"age_range": {"from": 18}}}])
    errors = client.post("/analyze-campaign", json=body).json()["errors"]
    assert [error["field"] for error in errors] == ["audiences[0].attributes.age_range"]
