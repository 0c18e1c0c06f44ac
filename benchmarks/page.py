"""The page's first picture: from the address to the first interval drawn, on a quick machine and on a slow one.

Chromium draws the screens of a server in this process; a slow machine is the same with its processor slowed four
times (as the browser's tools do it). Medians of some visits, each with an empty cache.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from filling import campaign
from playwright.sync_api import Browser, sync_playwright
from tests.browser.page import serving

from reflection.domain.campaign import Campaign
from reflection.ingest.sample_account import SAMPLE_WORKSPACE
from reflection.settings import Settings
from reflection.web import site
from reflection.wiring import Application, build

SLOWER = 4
VISITS = 5
SCREENS = {
    "overview": ("/", ".matters li"),
    "what works": ("/works", ".forest svg circle"),
    "campaigns": ("/campaigns", "tbody tr"),
}
"""Of each screen its address and what its message is drawn with."""

_FIRST = """selector => new Promise(done => {
  const drawn = () => requestAnimationFrame(() => done(performance.now()));
  const look = () => document.querySelector(selector) ? drawn() : setTimeout(look, 2);
  look();
})"""


def report(campaigns: int) -> str:
    """A table: screens by account, milliseconds until the message is drawn; and the bytes of the page."""
    packed = sum(len(item.packed) for name in site.names() if (item := site.asset(name)) is not None)
    lines = [
        f"All files of the page: {packed:,} bytes packed.",
        "",
        "| account | screen | first picture | four times slower |",
        "|---|---|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with build(_settings(Path(place) / "sample")) as application:
            application.sample.load()
            application.learner.learn_now(SAMPLE_WORKSPACE)
            lines += _rows(browser, application, "sample account, 40 campaigns", SAMPLE_WORKSPACE)
        with build(_settings(Path(place) / "many")) as application:
            _fill(application, campaigns)
            lines += _rows(browser, application, f"{campaigns:,} campaigns", "default")
        browser.close()
    load = f"Load of the machine at the end: {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores."
    return "\n".join([*lines, "", load])


def _settings(folder: Path) -> Settings:
    folder.mkdir()
    paths = {"database_path": folder / "r.db", "output_dir": folder / "output", "weights_path": folder / "w.json"}
    return Settings.load(_env_file=None, vector_backend="local", log_level="WARNING", **paths)


def _fill(application: Application, number: int) -> None:
    """Campaigns like those of the other benchmarks, analysed together and learnt once."""
    rng = np.random.default_rng(7)
    made = (Campaign.model_validate(campaign(rng, f"c{place}")) for place in range(number))
    for _ in application.engine.analyze_many(made, following=True):
        pass
    application.learner.learn_now("default")


def _rows(browser: Browser, application: Application, account: str, workspace: str) -> list[str]:
    rows = []
    with serving(application) as address:
        for screen, (path, drawn) in SCREENS.items():
            quick, slow = (
                median(_first(browser, f"{address}{path}?workspace={workspace}", drawn, rate) for _ in range(VISITS))
                for rate in (1, SLOWER)
            )
            rows.append(f"| {account} | {screen} | {quick:,.0f} ms | {slow:,.0f} ms |")
    return rows


def _first(browser: Browser, address: str, drawn: str, rate: int) -> float:
    """Milliseconds from the start of the navigation until something is drawn, in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    tools: Any = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.goto(address, wait_until="commit")
    elapsed = float(page.evaluate(_FIRST, drawn))
    context.close()
    return elapsed
