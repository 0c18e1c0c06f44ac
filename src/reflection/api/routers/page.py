"""GET / and the page's other addresses: its shell, and the files that it is made of."""

from fastapi import Request, Response

from reflection.api.router import Router
from reflection.errors import NotFound
from reflection.web import site

router = Router(include_in_schema=False)


def shell(request: Request) -> Response:
    """The page; which screen it shows stands in the address."""
    return _asset_response(request, site.SHELL)


def file(request: Request, name: str) -> Response:
    """A file of the page."""
    return _asset_response(request, name)


def _asset_response(request: Request, name: str) -> Response:
    asset = site.asset(name)
    if asset is None:
        raise NotFound(f"the page has no file '{name[:200]}'")
    headers = {
        "Content-Security-Policy": site.CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-cache",
        "ETag": asset.tag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == asset.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, media_type=asset.media_type, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)


for screen in site.SCREENS:
    router.add_api_route(screen, shell, methods=["GET"])
router.add_api_route(site.ASSETS, file, methods=["GET"])
