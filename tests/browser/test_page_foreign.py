"""A page of somebody else in the same browser: it may neither read nor change anything, by name, form or fetch.

The page, shares, streams and the agents' door stand under the same checks of Host, Origin and type as the interface.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import program
from tests.browser.page import serving, settings_of

from reflection.wiring import Application, build

pytestmark = pytest.mark.browser

REBOUND = "evil.example"
"""A name that leads to this machine once the foreign page is loaded."""

CHECKS_OF_THE_BROWSER = (
    "LocalNetworkAccessChecks", "BlockInsecurePrivateNetworkRequests", "PrivateNetworkAccessSendPreflights",
)  # fmt: skip
"""What newer browsers do against it themselves, turned off: the server has to refuse."""

DOORS = [
    ("GET", "/"), ("GET", "/works"), ("GET", "/assets/app.js"), ("GET", "/v1/campaigns"), ("GET", "/v1/stream"),
    ("GET", "/share/shr_0123456789ab_x"), ("POST", "/v1/shares"), ("POST", "/mcp"), ("POST", "/analyze-campaign"),
    ("DELETE", "/v1/samples"),
]  # fmt: skip
_ASK = """async ([doors, origin]) => {
  const seen = [];
  for (const [method, path] of doors) {
    const body = method === "POST" ? "{}" : undefined;
    const headers = body ? {"Content-Type": "application/json"} : {};
    seen.push(await fetch(origin + path, {method, body, headers}).then(answer => answer.status, () => "refused"));
  }
  return seen;
}"""
_LISTEN = """address => new Promise(done => {
  const source = new EventSource(address);
  source.onerror = () => done("refused");
  for (const name of ["message", "learning"]) source.addEventListener(name, () => done("heard"));
})"""
_SEND = """async ([origin, paths, type]) => {
  for (const path of paths) {
    const form = new FormData();
    form.append("files", new File(["Day,Campaign name\\n2026-09-01,Autumn\\n"], "a.csv"));
    const event = JSON.stringify({day: "2026-01-01", kind: "other", text: "x"});
    const body = type === "form" ? form : new Blob([event], {type});
    await fetch(origin + path, {method: "POST", mode: "no-cors", body}).catch(() => 0);
  }
}"""
_POSTED = """([address, type]) => {
  const form = Object.assign(document.createElement("form"), {action: address, method: "post", enctype: type});
  const event = {name: '{"day":"2026-01-01","kind":"other","text":"', value: '"}'};
  const field = Object.assign(document.createElement("input"), event);
  form.append(field);
  document.body.append(form);
  form.submit();
}"""
WRITES = ["/v1/events", "/v1/shares", "/v1/samples", "/analyze-campaign", "/v1/imports", "/mcp", "/v1/keys"]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with build(settings_of(tmp_path_factory.mktemp("foreign"))) as application:
        yield application


@pytest.fixture(scope="module")
def address(application: Application) -> Iterator[str]:
    with serving(application) as address:
        yield address


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of somebody else's page."""

    class Blank(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def page(browser: Any, elsewhere: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(elsewhere)
    yield page
    context.close()


def nothing_changed(application: Application, page: Page, address: str) -> None:
    """Read past the browser's pages: by the driver's own client."""
    for path in ("/v1/campaigns", "/v1/events", "/v1/shares", "/v1/imports", "/v1/keys", "/v1/workspaces"):
        answer = page.request.get(address + path)
        assert (answer.status, answer.json()["items"]) == (200, []), path
    assert application.store.workspaces() == []


def test_a_name_that_leads_here_is_answered_nothing(browser: Any, application: Application, address: str) -> None:
    """Rebinding: for the browser the attacker's page is of the same origin; the server knows the name is foreign."""
    port = urlsplit(address).port
    origin = f"http://{REBOUND}:{port}"
    arguments = [
        "--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
        f"--disable-features={','.join(CHECKS_OF_THE_BROWSER)}",
    ]  # fmt: skip
    own = browser.browser_type.launch(executable_path=program(), args=arguments)
    try:
        page = own.new_page()
        assert page.goto(f"{origin}/").status == 421, "not even the page is served under a foreign name"
        page.route("**/loaded", lambda route: route.fulfill(content_type="text/html", body="<title>evil</title>"))
        page.goto(f"{origin}/loaded")

        assert page.evaluate(_ASK, [DOORS, origin]) == [421] * len(DOORS)
        assert page.evaluate(_LISTEN, f"{origin}/v1/stream") == "refused"
        nothing_changed(application, page, address)
    finally:
        own.close()


def test_a_foreign_page_can_read_nothing(page: Page, application: Application, address: str) -> None:
    assert page.evaluate(_ASK, [DOORS, address]) == ["refused"] * len(DOORS)
    assert page.evaluate(_LISTEN, f"{address}/v1/stream") == "refused"
    nothing_changed(application, page, address)


@pytest.mark.parametrize("type", ["form", "text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_foreign_page_sends_without_asking_changes_nothing(
    page: Page, application: Application, address: str, type: str
) -> None:
    page.evaluate(_SEND, [address, WRITES, type])

    nothing_changed(application, page, address)


@pytest.mark.parametrize("type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["/v1/events", "/mcp", "/v1/imports"])
def test_a_form_of_a_foreign_page_is_refused(
    page: Page, application: Application, address: str, path: str, type: str
) -> None:
    with page.expect_navigation() as answered:
        page.evaluate(_POSTED, [address + path, type])

    assert answered.value is not None
    assert answered.value.status == 403
    nothing_changed(application, page, address)


def test_a_foreign_page_cannot_frame_the_page(page: Page, address: str) -> None:
    page.evaluate(
        "address => document.body.append(Object.assign(document.createElement('iframe'), {src: address}))", address
    )
    page.wait_for_timeout(500)

    assert [frame for frame in page.frames[1:] if frame.url.startswith(address) and frame.locator("h1").count()] == []


def test_the_same_requests_of_our_own_page_go_through(page: Page, address: str) -> None:
    """The checks above refuse who asks, not what is asked."""
    page.goto(f"{address}/works")

    statuses = page.evaluate(_ASK, [[door for door in DOORS if door[0] == "GET" and door[1] != "/v1/stream"], address])
    assert statuses == [200, 200, 200, 200, 404]
    assert page.evaluate(_LISTEN, f"{address}/v1/stream") == "heard"


_CALL = """async ([path, method, key, body]) => {
  const headers = {"Content-Type": "application/json", ...(key && {Authorization: `Bearer ${key}`})};
  const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
  return {status: answer.status, ...await answer.json().catch(() => ({}))};
}"""
_FOLLOW = """key => {
  window.stream = fetch("/v1/stream", {headers: {Authorization: `Bearer ${key}`}}).then(async answer => {
    const reader = answer.body.getReader();
    window.begun = !(await reader.read()).done;
    while (!(await reader.read()).done);
    return answer.status;
  });
}"""


def test_a_revoked_key_ends_its_open_stream(browser: Any, tmp_path: Path) -> None:
    with build(settings_of(tmp_path)) as application, serving(application) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/works")
        own = page.evaluate(_CALL, ["/v1/keys", "POST", None, {"name": "own", "scope": "admin"}])
        other = page.evaluate(_CALL, ["/v1/keys", "POST", own["key"], {"name": "other", "scope": "read"}])
        page.evaluate(_FOLLOW, other["key"])
        for _ in range(1_200):  # a minute; the library's own waiting is a string, which the page refuses to run
            if page.evaluate("window.begun"):
                break
            page.wait_for_timeout(50)

        assert page.evaluate(_CALL, [f"/v1/keys/{other['key_id']}", "DELETE", own["key"], None])["status"] == 200
        assert page.evaluate("window.stream") == 200, "the stream has an end"
        assert page.evaluate(_CALL, ["/v1/stream", "GET", other["key"], None])["status"] == 401
        context.close()
