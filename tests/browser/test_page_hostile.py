"""Whatever stands in a campaign's texts, no screen runs it or loads anything for it."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.browser.page import serving, visiting
from tests.browser.test_hostile_text import PAYLOADS, application, hostile

from reflection.wiring import Application

pytestmark = pytest.mark.browser
application = application


def test_no_payload_runs_on_any_screen(browser: Any, application: Application) -> None:
    """Each campaign's screen has a payload in every text; lists, effects, answers and searches have all of them."""
    effects = application.engine.effects(limit=1000)["items"]
    signals = sorted({effect.signal for effect in effects}, key=lambda key: ("<" not in key, key))[:6]
    places = ["/", "/campaigns", "/works", "/works?show=learnings", "/record", "/data", "/plan"]
    places += [f"/campaigns/{quote(hostile(number).campaign_id, safe='')}" for number in range(len(PAYLOADS))]
    places += [f"/works/{quote(signal, safe='')}" for signal in signals]
    shown = 0
    with serving(application) as address, visiting(browser, address) as visit:
        for place in places:
            visit.open(place)
            shown += "owned" in visit.text
            assert visit.console == [], place
            assert visit.elsewhere == [], place
        visit.open("/ask").page.get_by_label("Your question").fill(PAYLOADS[1])
        visit.page.get_by_role("button", name="Ask", exact=True).click()
        visit.settle("Found in the memory")
        assert "owned" in visit.text
        assert (visit.console, visit.elsewhere) == ([], [])
    assert shown >= len(PAYLOADS), "the payloads must be on the screens"
