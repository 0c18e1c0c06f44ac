"""Values to bytes: one JSON encoder for every answer, without validating twice what the engine made."""

from typing import Any

import orjson
from fastapi import Response


def json_response(value: Any, status: int = 200) -> Response:
    """JSON of plain values and dataclasses; NaN cannot get out (it becomes null)."""
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")
