"""A person at the page: one Chromium driven by Playwright, servers on this machine, what the browser notices.

`Visit` collects what must never be: console errors, requests elsewhere, violations that axe finds, scrolling sideways.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from reflection.api.app import create_app
from reflection.settings import Settings
from reflection.wiring import Application

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_VIOLATIONS = (
    'axe.run(document, {resultTypes: ["violations"]}).then(found => JSON.stringify(found.violations.map('
    "one => [one.id, one.impact, one.nodes.map(node => node.html.slice(0, 200))])))"
)
PATIENCE = 15_000
"""Milliseconds until what is waited for is taken to be missing."""

WIDTHS = (390, 1280)
THEMES = ("light", "dark")


class Visit:
    """A tab of one width and theme on one server, with the workspace's name in its address."""

    def __init__(self, context: BrowserContext, address: str, workspace: str) -> None:
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self._context, self.address, self._workspace = context, address, workspace
        self.console: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda line: self.console.append(f"{line.type}: {line.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", self._note)
        self.page.on("dialog", self._never)

    def open(self, path: str, *, ready: str = "") -> "Visit":
        """Go to an address of the page and wait until nothing is loading."""
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.address}{path}{mark}workspace={quote(self._workspace)}")
        return self.settle(ready)

    def settle(self, ready: str = "") -> "Visit":
        """Wait until nothing is asked for, no skeleton is left, and a text is there where one is named."""
        self.page.wait_for_selector("h1")
        expect(self.page.locator("html")).to_have_attribute("data-asking", "0", timeout=PATIENCE)
        expect(self.page.locator(".skeleton")).to_have_count(0, timeout=PATIENCE)
        if ready:
            self.page.locator("main").get_by_text(ready).first.wait_for()
        return self

    @property
    def text(self) -> str:
        """What a person reads."""
        return self.page.locator("main").inner_text()

    def violations(self) -> list[Any]:
        """What axe finds, of any severity; it is put in past the page's policy, by the debugger."""
        session = self._context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE})
        answer = session.send("Runtime.evaluate", {"expression": _VIOLATIONS, "awaitPromise": True})
        session.detach()
        found: list[Any] = json.loads(answer["result"]["value"])
        return found

    def fits(self) -> bool:
        """Whether nothing scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def _note(self, request: Any) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if f"{urlsplit(request.url).scheme}://{urlsplit(request.url).netloc}" != self.address:
            self.elsewhere.append(request.url)

    def _never(self, dialog: Any) -> None:
        self.console.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def visiting(
    browser: Browser, address: str, workspace: str = "default", *, width: int = 1280, theme: Any = "light"
) -> Iterator[Visit]:
    """A visit in a context of its own."""
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce", locale="en-US")  # type: ignore[arg-type]
    try:
        yield Visit(context, address, workspace)
    finally:
        context.close()


@contextmanager
def serving(application: Application | None = None, settings: Settings | None = None) -> Iterator[str]:
    """The address of a server in a thread of this process, on a free port."""
    app = create_app(application, settings)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server took too long to start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        socket.close()
