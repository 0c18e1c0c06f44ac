"""What breaks a caller of the published description, and what does not."""

import copy
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def breaking() -> Callable[[Any, Any], list[str]]:
    made: Callable[[Any, Any], list[str]] = runpy.run_path(str(ROOT / "scripts" / "openapi_contract.py"))["breaking"]
    return made


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    text: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return text


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    schema: dict[str, Any] = document["components"]["schemas"][name]
    return schema


BREAKS: dict[str, tuple[Change, str]] = {
    "a route is gone": (lambda d: d["paths"].pop("/v1/effects"), "GET /v1/effects is gone"),
    "a parameter is gone": (
        lambda d: d["paths"]["/v1/effects"]["get"]["parameters"].clear(),
        "GET /v1/effects: parameter ",
    ),
    "a field is asked for": (
        lambda d: _schema(d, "Campaign")["required"].append("currency"),
        "POST /analyze-campaign: the body.currency is required",
    ),
    "a field of a request is gone": (
        lambda d: _schema(d, "Campaign")["properties"].pop("currency"),
        "POST /analyze-campaign: the body.currency is gone",
    ),
    "less is taken": (
        lambda d: _schema(d, "AlertRequest")["properties"]["name"].update(maxLength=3),
        "POST /v1/alerts: the body.name: maxLength is 3 now",
    ),
    "a field of an answer is gone": (
        lambda d: _schema(d, "Acceptance")["properties"].pop("learning"),
        ": 200.learning is gone",
    ),
    "a field of an answer may be missing": (
        lambda d: _schema(d, "Acceptance")["required"].remove("learning"),
        ": 200.learning may be missing",
    ),
    "an answer may be null": (
        lambda d: _schema(d, "Acceptance")["properties"].update(learning={"type": ["string", "null"]}),
        ": 200.learning: null may come now",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_a_caller_would_notice_breaks(name: str, breaking: Any, published: dict[str, Any]) -> None:
    change, line = BREAKS[name]
    changed = copy.deepcopy(published)
    change(changed)

    assert any(line in found for found in breaking(published, changed)), breaking(published, changed)


def test_more_of_everything_breaks_nothing(breaking: Any, published: dict[str, Any]) -> None:
    more = copy.deepcopy(published)
    more["paths"]["/v1/new"] = {"get": {"responses": {"200": {"description": "new"}}}}
    parameter = {"in": "query", "name": "new", "required": False, "schema": {"type": "string"}}
    more["paths"]["/v1/effects"]["get"].setdefault("parameters", []).append(parameter)
    _schema(more, "Acceptance")["properties"]["new"] = {"type": "string"}
    _schema(more, "Campaign")["properties"]["new"] = {"type": "string"}
    _schema(more, "AlertRequest")["properties"]["name"]["maxLength"] = 10_000

    assert breaking(published, more) == []
    assert breaking(published, published) == []
