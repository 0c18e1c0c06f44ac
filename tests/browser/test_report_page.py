"""The report in a real browser: no request, no console message, nothing serious for axe, and it fits a phone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.reports.service import campaign_report, portfolio_report
from reflection.settings import Settings
from reflection.wiring import Application, build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Thirty analysed campaigns and what was learnt from them."""
    folder = tmp_path_factory.mktemp("application")
    settings = Settings.load(
        database_path=folder / "r.db",
        output_dir=folder / "output",
        weights_path=folder / "w.json",
        vector_backend="local",
    )
    application = build(settings)
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


def test_nothing_is_asked_for_and_the_console_is_silent(chromium: Any, page: str) -> None:
    asked, console = chromium.visit(page)
    assert asked == []
    assert console == []


def test_a_page_that_does_ask_and_complain_is_noticed(chromium: Any) -> None:
    loud = "<!doctype html><img src='http://loud.example/x.png'><script>console.error('loud')</script>"
    asked, console = chromium.visit(loud)
    assert asked == ["loud.example"]
    assert any("loud" in line for line in console)


def test_axe_notices_a_page_without_names(chromium: Any) -> None:
    bad = '<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="x"></head>'
    found = chromium.axe(f"{bad}<body><img src='x.png'><button></button></body></html>")
    assert {"image-alt", "button-name"} <= {one["id"] for one in found}


def test_axe_finds_no_serious_violation(chromium: Any, page: str) -> None:
    found = chromium.axe(page)
    assert [one for one in found if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("width", [500, 1000])
def test_the_page_never_scrolls_sideways(chromium: Any, page: str, width: int) -> None:
    assert chromium.widest(page, width)


def test_a_page_can_be_kept_for_looking_at(page: str, request: pytest.FixtureRequest) -> None:
    """With REPORT_PAGES set the pages are written there; without, only their opening is checked."""
    if folder := os.environ.get("REPORT_PAGES"):
        Path(folder, f"{request.node.callspec.id}.html").write_text(page)
    assert page.startswith("<!doctype html>")
