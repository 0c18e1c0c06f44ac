"""Every screen of an account of ten thousand campaigns and five hundred effects, from a real store: nothing wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.many import campaigns
from tests.browser.page import WIDTHS, Visit, serving, settings_of, visiting
from tests.browser.test_page_screens import check

from reflection.domain.answers import Answer
from reflection.wiring import build

pytestmark = pytest.mark.browser

SCREENS = {
    "overview": ("/", "Last campaigns"),
    "campaigns": ("/campaigns", "50 campaigns shown, there are more"),
    "searched": ("/campaigns?q=number%209999", "1 campaign shown"),
    "campaign": ("/campaigns/many_09999", "What happened"),
    "works": ("/works?metric=roas", "beyond noise on ROAS"),
    "learnings": ("/works?show=learnings", "Show 50 more"),
    "signal": ("/works/audience%3Aaudience%200?metric=roas", "Is it as it was?"),
    "plan": ("/plan", "Platform"),
    "ask": ("/ask", "What do we know about"),
    "record": ("/record", "planner"),
    "data": ("/data", "Drop an export here"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with build(settings_of(tmp_path_factory.mktemp("many"))) as application:
        answers = application.engine.analyze_many(campaigns(), following=True)
        assert all(isinstance(answer, Answer) for answer in answers)
        application.learner.learn_now("default")
        assert len(application.engine.effects(metric="roas", limit=1000)["items"]) >= 400
        with serving(application) as address:
            yield address


@pytest.fixture(scope="module", params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser: Any, address: str) -> Iterator[Visit]:
    with visiting(browser, address, width=request.param) as visit:
        yield visit


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_very_many_campaigns(visit: Visit, name: str) -> None:
    path, says = SCREENS[name]
    check(visit, path, says)

    assert visit.page.evaluate("document.querySelectorAll('*').length") < 5_000, "what is drawn is a part of it"


def test_more_is_shown_when_it_is_asked_for(browser: Any, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open("/campaigns", ready="50 campaigns shown, there are more")
        visit.page.get_by_role("button", name="Show 50 more").click()
        visit.settle("100 campaigns shown, there are more")
        visit.open("/works?metric=roas", ready="beyond noise on ROAS")
        visit.page.get_by_label("Search").fill("audience 199")
        visit.page.get_by_text("of 1 looked at").or_(visit.page.get_by_text("1 of 1")).first.wait_for()

        assert visit.console == []
