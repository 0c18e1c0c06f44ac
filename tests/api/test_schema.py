"""The API is what its description says: schemathesis sends what it allows, and what it forbids."""

import contextlib
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from reflection.api import streams
from reflection.api.policies import POLICIES
from reflection.web import site

PAGE = {f"GET {path}" for path in (*site.SCREENS, site.ASSETS)}
HIDDEN = {"POST /mcp", "GET /docs", "GET /docs/{asset}", "GET /openapi.json"} | PAGE
CLOSES_THE_DOOR = {"POST /v1/keys"}
"""From the first key on this server would answer 401 to everything else (tests/api/test_key_routes.py)."""

WHOLE = re.compile(r"-?\d+\.0+")
ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]
"""422 as well: a description cannot say that clicks are at most impressions, or a cursor is ours."""


@pytest.fixture(scope="module")
def description(live):
    config = schemathesis.Config.from_dict(
        {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}, "seed": 7}
    )
    return schemathesis.openapi.from_url(f"{live.url}/openapi.json", config=config)


@pytest.fixture(autouse=True)
def brief_streams(monkeypatch):
    """A stream ends with its first news."""
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.0)


OPERATIONS = [name.replace(":path}", "}") for name in POLICIES if name not in HIDDEN | CLOSES_THE_DOOR]


def is_forbidden(case):
    """Whether no whole number with a point stands in its query: no integer to who made it, but 0.0 is one in JSON."""
    return not any(WHOLE.fullmatch(str(value)) for value in (case.query or {}).values())


def check(description, operation, examples):
    method, path = operation.split(" ", 1)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(case=description[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def allowed(case):
        case.call_and_validate()

    @settings(max_examples=(examples + 1) // 2, suppress_health_check=list(HealthCheck))
    @given(case=description[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE).filter(is_forbidden))
    def forbidden(case):
        case.call_and_validate()

    allowed()
    with contextlib.suppress(Unsatisfiable):  # an operation without parameters forbids nothing
        forbidden()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_keeps_its_description(description, operation):
    check(description, operation, examples=2)


@pytest.mark.torture(part="api")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_keeps_its_description_at_length(description, operation):
    check(description, operation, examples=200)
