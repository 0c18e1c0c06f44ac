"""The installed Chromium, driven by Playwright: one program for all tests, and servers that tests share."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.page import Paper, serving, settings_of

from reflection.ingest import iterate_campaigns
from reflection.wiring import build

FEW = {"cmp_h03_tiktok_lead", "cmp_h31_google_sales", "cmp_h39_meta_lead"}
HISTORY = Path(__file__).parents[2] / "data" / "samples" / "campaign_history.json"


def program() -> str:
    """The Chromium that is installed; these tests are a target of their own and need it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "install Chromium to run the browser tests"
    return program


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One program for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def paper(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A tab for pages that are files; it reaches nothing else."""
    context = browser.new_context()
    yield Paper(context, tmp_path_factory.mktemp("paper"))
    context.close()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server: the sample account in workspace `sample`, three of them in `few`, nothing in `empty`."""
    settings = settings_of(tmp_path_factory.mktemp("sample"), alert_hosts="127.0.0.1")
    with build(settings) as application:
        campaigns = [line.campaign for line in iterate_campaigns(str(HISTORY)) if line.campaign is not None]
        half = len(campaigns) // 2
        few = [campaign for campaign in campaigns if campaign.campaign_id in FEW]
        parts = [("sample", campaigns[:half]), ("sample", campaigns[half:]), ("few", few)]
        for workspace, part in parts:  # the younger half is foretold from the older
            for _ in application.engine.analyze_many(iter(part), workspace=workspace, following=True):
                pass
            application.learner.learn_now(workspace)
        with serving(application) as address:
            yield address
