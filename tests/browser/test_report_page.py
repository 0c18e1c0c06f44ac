"""The report in a real browser: no request, no console message, nothing that axe finds, and it fits a phone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.page import Paper, settings_of

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.reports.service import campaign_report, portfolio_report
from reflection.wiring import Application, build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Thirty analysed campaigns and what was learnt from them."""
    application = build(settings_of(tmp_path_factory.mktemp("application")))
    for number in range(30):
        video = number % 2 == 0
        actual = CMP_007["actual_metrics"] | {"conversions": 150 + 90 * video + number}
        changes = {
            "campaign_id": f"cmp_{number:03}",
            "actual_metrics": actual,
            "creatives": [{"id": f"crt_{number % 5}", "type": "video" if video else "image"}],
        }
        application.engine.analyze(Campaign.model_validate(CMP_007 | changes))
    application.learner.learn_all()
    application.engine.analyze(Campaign.model_validate(CMP_007))
    yield application
    application.close()


@pytest.fixture(scope="module", params=["campaign", "portfolio"])
def page(application: Application, request: pytest.FixtureRequest) -> str:
    parts = application.store, application.recommendations
    if request.param == "campaign":
        return campaign_report(*parts, "default", CMP_007["campaign_id"], "html").decode()
    from datetime import date

    return portfolio_report(*parts, "default", date(2026, 1, 1), date(2026, 12, 31), "html").decode()


def test_it_asks_for_nothing_says_nothing_to_the_console_and_axe_finds_nothing(paper: Paper, page: str) -> None:
    paper.open(page)

    assert paper.noted() == ([], [])
    assert paper.violations_in_both_themes() == []


def test_a_page_that_does_ask_and_complain_is_noticed(paper: Paper) -> None:
    loud = "<!doctype html><img src='http://loud.example/x.png'><script>console.error('loud')</script>"
    asked, console = paper.open(loud).noted()

    assert asked == ["http://loud.example/x.png"]
    assert "error: loud" in console


def test_axe_notices_a_page_without_names(paper: Paper) -> None:
    bad = '<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="x"></head>'
    paper.open(f"{bad}<body><img src='x.png'><button></button></body></html>")

    assert {"image-alt", "button-name"} <= {one[0] for one in paper.violations()}


@pytest.mark.parametrize("width", [390, 1000, 2560])
def test_the_page_never_scrolls_sideways(paper: Paper, page: str, width: int) -> None:
    paper.page.set_viewport_size({"width": width, "height": 900})
    paper.open(page)

    assert paper.fits()


def test_a_page_can_be_kept_for_looking_at(page: str, request: pytest.FixtureRequest) -> None:
    """With REPORT_PAGES set the pages are written there; without, only their opening is checked."""
    if folder := os.environ.get("REPORT_PAGES"):
        Path(folder, f"{request.node.callspec.id}.html").write_text(page)
    assert page.startswith("<!doctype html>")
