"""A headless Chromium without any driver: pages are files, what it found is read from the page and its net log."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

AXE = Path(__file__).parent / "axe.min.js"
HISTORY = Path(__file__).parents[2] / "data" / "samples" / "campaign_history.json"
_RUN = """
<script>%s</script>
<script>
axe.run(document, {resultTypes: ["violations"]}).then(function (found) {
  var out = document.createElement("pre");
  out.id = "axe-result";
  out.textContent = JSON.stringify(found.violations.map(function (one) {
    return {id: one.id, impact: one.impact, nodes: one.nodes.map(function (node) { return node.html; })};
  }));
  document.body.appendChild(out);
});
</script>
"""


class Chromium:
    """One browser program; every page gets a profile of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._own: set[str] | None = None

    def _run(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [
            self._program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-component-update",
            "--disable-background-networking",
            "--disable-sync",
            "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,MediaRouter,Translate",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-first-run",
            f"--user-data-dir={self._folder / 'profile'}",
            *options,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)

    def visit(self, page: str) -> tuple[list[str], list[str]]:
        """Open a page; give the hosts it asks for beyond those the browser asks for by itself, and the console."""
        if self._own is None:
            self._own, _ = self._open("<!doctype html><title>blank</title>")
        asked, console = self._open(page)
        return sorted(asked - self._own), console

    def _open(self, page: str) -> tuple[set[str], list[str]]:
        file, log = self._folder / "page.html", self._folder / "net.json"
        file.write_text(page)
        options = (f"--log-net-log={log}", "--enable-logging=stderr", "--v=0", "--dump-dom", file.as_uri())
        done = self._run("--virtual-time-budget=2000", *options)  # what a page does a moment later is noticed, too
        events: list[dict[str, Any]] = json.loads(log.read_text())["events"]
        addresses = {str(event["params"]["url"]) for event in events if "url" in event.get("params", {})}
        hosts = {urlsplit(url).netloc for url in addresses if url.startswith(("http", "ws", "ftp"))}
        return hosts, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    @staticmethod
    def without_policy(page: str) -> str:
        """A copy of a page without its own content security policy, if it has one."""
        before, policy, after = page.partition('<meta http-equiv="Content-Security-Policy"')
        return before + after.partition(">")[2] if policy else page

    def axe(self, page: str, width: int = 1000) -> list[dict[str, Any]]:
        """What axe-core finds wrong with a page: with a copy, because the page's own policy allows no script."""
        file = self._folder / "axe.html"
        file.write_text(self.without_policy(page).replace("</body>", _RUN % AXE.read_text() + "</body>"))
        done = self._run(f"--window-size={width},1200", "--virtual-time-budget=20000", "--dump-dom", file.as_uri())
        text = done.stdout.split('<pre id="axe-result">')[1].split("</pre>")[0]
        for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            text = text.replace(escaped, plain)
        found: list[dict[str, Any]] = json.loads(text)
        return found

    def widest(self, page: str, width: int) -> bool:
        """Whether the page fits a window of that width without scrolling sideways."""
        probe = (
            '<pre id="fits"></pre><script>document.getElementById("fits").textContent = '
            "document.documentElement.scrollWidth <= window.innerWidth;</script>"
        )
        file = self._folder / "fits.html"
        file.write_text(self.without_policy(page).replace("</body>", f"{probe}</body>"))
        done = self._run(f"--window-size={width},900", "--dump-dom", file.as_uri())
        return '<pre id="fits">true</pre>' in done.stdout


@pytest.fixture
def chromium(tmp_path: Path) -> Chromium:
    """The installed Chromium; these tests are a target of their own and need it."""
    return Chromium(program(), tmp_path)


def program() -> str:
    """The Chromium that is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "install Chromium to run the browser tests"
    return program


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The installed Chromium, driven by Playwright: one program for all tests of the page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server: the sample account in workspace `sample`, nothing in `empty`."""
    from tests.browser.page import serving

    from reflection.ingest import iterate_campaigns
    from reflection.settings import Settings
    from reflection.wiring import build

    folder = tmp_path_factory.mktemp("sample")
    paths = {"database_path": folder / "r.db", "output_dir": folder / "output", "weights_path": folder / "w.json"}
    with build(Settings.load(_env_file=None, vector_backend="local", **paths)) as application:
        campaigns = [line.campaign for line in iterate_campaigns(str(HISTORY)) if line.campaign is not None]
        half = len(campaigns) // 2
        for part in (campaigns[:half], campaigns[half:]):  # the younger half is foretold from the older
            for _ in application.engine.analyze_many(iter(part), workspace="sample", following=True):
                pass
            application.learner.learn_now("sample")
        with serving(application) as address:
            yield address
