"""Every screen, empty, of three campaigns and of the sample account, light and dark, on a phone and a desk: nothing is
wrong with any."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Error
from tests.browser.page import CUT, WIDTHS, Visit, visiting

pytestmark = pytest.mark.browser

SCREENS = {
    "overview": "/",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/cmp_h39_meta_lead",
    "held": "/campaigns/cmp_h31_google_sales",
    "works": "/works",
    "learnings": "/works?show=learnings",
    "texts": "/works?show=texts",
    "signal": "/works/creative.type%3Avideo",
    "plan": "/plan",
    "ask": "/ask",
    "record": "/record",
    "data": "/data",
}
OF_THE_ACCOUNT = {"campaign", "held", "signal"}
"""Not there where the account is empty: the problem is shown, and the browser itself notes the 404."""

SAYS_SAMPLE = {
    "overview": "need you",
    "campaigns": "40 campaigns shown",
    "campaign": "What moved CPA",
    "held": "tracking fault",
    "works": "beyond noise on ROAS",
    "learnings": "LinkedIn: CPA",
    "texts": "traits of creatives are beyond noise",
    "signal": "Better than usual",
    "plan": "Platform",
    "ask": "What do we know about",
    "record": "planner_a",
    "data": "Drop an export here",
}
SAYS_FEW = SAYS_SAMPLE | {
    "overview": "What would settle most",
    "campaigns": "3 campaigns shown",
    "held": "What happened",
    "works": "Leads: 2 campaigns were learnt from",
    "learnings": "No learning matches",
    "texts": "What will a text get?",
    "signal": "Nothing was learnt of it",
    "ask": "What works best?",
}
SAYS_EMPTY = {
    "overview": "Nothing is here yet",
    "campaigns": "No campaign yet",
    "campaign": "there is no campaign",
    "held": "there is no campaign",
    "works": "from 0 campaigns",
    "learnings": "No learning matches",
    "texts": "What will a text get?",
    "signal": "no campaign has the signal",
    "plan": "Platform",
    "ask": "What works best?",
    "record": "No forecast has met its outcome yet",
    "data": "No import yet",
}
SAYS = {"sample": SAYS_SAMPLE, "few": SAYS_FEW, "empty": SAYS_EMPTY}


@pytest.fixture(scope="module", params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=SAYS)
def account(request: pytest.FixtureRequest, browser: Any, sample: str, width: int) -> Iterator[tuple[Visit, str]]:
    with visiting(browser, sample, request.param, width=width) as visit:
        yield visit, request.param


def check(visit: Visit, path: str, says: str, console: int = 0) -> None:
    visit.console.clear()
    visit.open(path, ready=says)

    assert len(visit.console) == console, visit.console
    assert visit.elsewhere == []
    assert visit.fits()
    assert visit.page.evaluate(CUT) == []
    assert visit.violations_in_both_themes() == []
    assert visit.page.title().endswith("Reflection")
    assert visit.page.locator("h1").count() == 1


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen(account: tuple[Visit, str], name: str) -> None:
    visit, workspace = account
    absent = workspace == "empty" and name in OF_THE_ACCOUNT
    check(visit, SCREENS[name], SAYS[workspace][name], console=int(absent))


def test_axe_and_the_console_notice_what_is_wrong(browser: Any, sample: str) -> None:
    with visiting(browser, sample, "sample") as visit:
        visit.open("/plan")
        visit.page.evaluate("document.querySelector('main').append(Object.assign(document.createElement('img')))")
        visit.page.evaluate("console.error('loud')")
        visit.page.evaluate("fetch('http://127.0.0.1:9/elsewhere').catch(() => 0)")

        assert "image-alt" in {one[0] for one in visit.violations()}
        assert "error: loud" in visit.console
        assert any("Content Security Policy" in line for line in visit.console), (
            "the policy stops it before it is asked"
        )
        with contextlib.suppress(Error):
            visit.page.goto("http://127.0.0.1:9/elsewhere")
        assert visit.elsewhere == ["http://127.0.0.1:9/elsewhere"]
