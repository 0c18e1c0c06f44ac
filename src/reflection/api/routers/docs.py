"""GET /docs and /openapi.json: the interactive documentation, served from this process alone.

Swagger UI's files come from an installed package; no page of ours names another host, and the content
security policy would refuse it.
"""

from functools import cache
from importlib.resources import files

from fastapi import Request, Response

from reflection.api.dependencies import json_response
from reflection.api.router import Router
from reflection.errors import NotFound

router = Router(include_in_schema=False)

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reflection &amp; Learning Engine: API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The interactive page needs JavaScript; the description itself is <a
href="openapi.json">openapi.json</a>.</noscript> <script src="docs/swagger-ui-bundle.js"></script> <script
src="docs/start.js"></script> </body> </html>
"""
_START = b"""window.onload = () => SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, tryItOutEnabled: true
});
"""
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@cache
def _asset(name: str) -> bytes:
    return files("fastapi_swagger.resources").joinpath(name).read_bytes()


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The machine-readable description."""
    return json_response(request.app.openapi())


@router.get("/docs")
def page() -> Response:
    """The interactive documentation."""
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _CSP})


@router.get("/docs/{asset}")
def asset(asset: str) -> Response:
    """A file of the page."""
    if asset == "start.js":
        return Response(_START, media_type="text/javascript")
    if asset not in _ASSETS:
        raise NotFound(f"the documentation has no file '{asset}'")
    return Response(_asset(asset), media_type=_ASSETS[asset], headers={"Cache-Control": "max-age=86400"})
