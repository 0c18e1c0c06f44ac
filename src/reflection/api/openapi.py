"""The OpenAPI description: bodies that are parsed from bytes, and the one error shape on every path.

Routes read their body as bytes (fast, strict); here their schema is put where the framework would have put
it.
"""

from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import BaseModel

from reflection.api.problems import MEDIA_TYPE, Problem
from reflection.ingest.sample_account import SAMPLES

CMP_007: dict[str, Any] = orjson.loads((SAMPLES / "incoming_campaign.json").read_bytes())
"""The specification's sample, as the example of a campaign."""

_REF = "#/components/schemas/{model}"
_bodies: dict[str, type[BaseModel]] = {}

ERRORS = {
    "401": "no key, or not a known one",
    "403": "the key may not do this",
    "404": "not found",
    "409": "contradicts what is stored",
    "413": "the body is too large",
    "415": "not JSON",
    "422": "the input cannot be accepted; `errors` names the fields",
    "429": "too many requests; see Retry-After",
    "503": "temporarily unavailable; nothing was changed",
    "default": "any other error, in the same shape",
}


def json_request(model: type[BaseModel], *, example: str | None = None, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a route that parses `model` from the body's bytes itself."""
    _bodies[model.__name__] = model
    content: dict[str, Any] = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    if example is not None:
        content["examples"] = {example: {"summary": "the specification's sample", "value": CMP_007}}
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def complete(app: FastAPI) -> None:
    """Make `app.openapi()` return the whole description."""
    original = app.openapi
    done: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not done:
            done.update(_completed(original()))
        return done

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    models: list[type[BaseModel]] = [*_bodies.values(), Problem]
    for model in models:
        own = model.model_json_schema(ref_template=_REF)
        schemas.update(own.pop("$defs", {}))
        schemas[model.__name__] = own
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"].update({code: {"description": text, **problem} for code, text in ERRORS.items()})
            if path != "/health":
                operation["security"] = [{}, {"bearer": []}, {"key": []}]
    return schema
