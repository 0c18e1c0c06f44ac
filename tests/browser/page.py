"""A person at the page: one Chromium driven by Playwright, servers on this machine, what the browser notices.

`Visit` collects what must never be: console errors, requests elsewhere, violations that axe finds, scrolling sideways.
`Paper` is the same for a page that stands alone in a file.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from reflection.api.app import create_app
from reflection.settings import Settings
from reflection.wiring import Application

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_VIOLATIONS = (
    'axe.run(document, {resultTypes: ["violations"]}).then(found => JSON.stringify(found.violations.map('
    "one => [one.id, one.impact, one.nodes.map(node => node.html.slice(0, 200))])))"
)
PATIENCE = 60_000
"""Milliseconds until what is waited for is taken to be missing; a busy machine is slow."""

CUT = """[...document.querySelectorAll("svg text")].filter(text => {
  const box = text.getBoundingClientRect(), frame = text.closest("svg").getBoundingClientRect();
  return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
}).map(text => text.textContent)"""
"""Labels of pictures that reach beyond them."""

A_MOMENT = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))"
"""After a page was drawn it may still do something: its own clock says how long, however busy the machine is."""

WIDTHS = (390, 1280)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def axe(context: BrowserContext, page: Page) -> list[Any]:
    """What axe finds, of any severity: [rule, severity, elements]; the debugger puts it in past the page's policy."""
    session = context.new_cdp_session(page)
    if not session.send("Runtime.evaluate", {"expression": "'axe' in window"})["result"]["value"]:
        session.send("Runtime.evaluate", {"expression": AXE})
    answer = session.send("Runtime.evaluate", {"expression": _VIOLATIONS, "awaitPromise": True})
    session.detach()
    violations: list[Any] = json.loads(answer["result"]["value"])
    return violations


class Tab:
    """A tab, and what it says to the console and asks for elsewhere."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self._context, self._home = context, home
        self.console: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda line: self.console.append(f"{line.type}: {line.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.on("dialog", self._never)

    def violations(self) -> list[Any]:
        """What axe finds, of any severity."""
        return axe(self._context, self.page)

    def violations_in_both_themes(self) -> list[Any]:
        """What axe finds, light and dark: of the same page, its colours changed as the system's are."""
        violations = []
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)
            violations += [(theme, *one) for one in self.violations()]
        return violations

    def fits(self) -> bool:
        """Whether nothing scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def _note(self, url: str) -> None:
        if not url.startswith(("data:", "blob:", self._home)):
            self.elsewhere.append(url)

    def _never(self, dialog: Any) -> None:
        self.console.append(f"dialog: {dialog.message}")
        dialog.dismiss()


class Paper(Tab):
    """A tab that opens pages from a file; nothing else can be reached from it, though the attempt is noted."""

    def __init__(self, context: BrowserContext, folder: Path) -> None:
        self._file = folder / "page.html"
        super().__init__(context, self._file.as_uri())
        self.page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())

    def open(self, html: str) -> "Paper":
        """Show a page, and forget what was noted of the one before."""
        self._file.write_text(html)
        self.page.goto("about:blank")
        self.console.clear()
        self.elsewhere.clear()
        self.page.goto(self._file.as_uri())
        return self

    def noted(self) -> tuple[list[str], list[str]]:
        """What it asked for elsewhere and said to the console, a moment after it was loaded."""
        with suppress(Error):  # it has gone elsewhere
            self.page.evaluate(A_MOMENT)
        return self.elsewhere, self.console

    @staticmethod
    def without_policy(html: str) -> str:
        """A copy of a page without its own content security policy, if it has one."""
        before, policy, after = html.partition('<meta http-equiv="Content-Security-Policy"')
        return before + after.partition(">")[2] if policy else html


class Visit(Tab):
    """A tab of one width and theme on one server, with the workspace's name in its address."""

    def __init__(self, context: BrowserContext, address: str, workspace: str) -> None:
        super().__init__(context, f"{address}/")
        self.address, self._workspace = address, workspace

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


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    workspace: str = "default",
    *,
    width: int = 1280,
    theme: Any = "light",
    locale: str = "en-US",
) -> Iterator[Visit]:
    """A visit in a context of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", locale=locale
    )
    try:
        yield Visit(context, address, workspace)
    finally:
        context.close()


def settings_of(folder: Path, **changes: Any) -> Settings:
    """Settings of a server whose files all stand in a folder."""
    paths = {"database_path": folder / "r.db", "output_dir": folder / "output", "weights_path": folder / "w.json"}
    return Settings.load(_env_file=None, vector_backend="local", **paths, **changes)


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
