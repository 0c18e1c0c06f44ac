"""What a person changes on the page: a link is shared, an event written down; and what changes by itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.page import Visit, visiting

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: Any, sample: str) -> Iterator[Visit]:
    with visiting(browser, sample, "sample") as visit:
        yield visit
        assert visit.console == []
        assert visit.elsewhere == []


def test_a_link_is_shown_once_opens_without_a_key_and_is_taken_back(visit: Visit) -> None:
    visit.open("/campaigns/cmp_h39_meta_lead", ready="What happened")
    visit.page.get_by_role("button", name="Share it as a link").click()
    link = visit.page.locator(".secret").inner_text()
    shared = visit.page.request.get(link)
    assert (shared.status, "What happened" in shared.text()) == (200, True)
    assert visit.violations() == []
    visit.page.get_by_role("button", name="Take the link back").click()
    visit.page.locator(".secret").wait_for(state="detached")

    assert visit.page.request.get(link).status == 404


def test_an_event_is_written_down_shown_on_the_time_line_and_taken_back(visit: Visit) -> None:
    visit.open("/data", ready="Events")
    visit.page.get_by_label("Day", exact=True).fill("2025-11-28")
    visit.page.get_by_label("What happened").fill("Black Friday")
    visit.page.get_by_role("button", name="Write it down").click()
    visit.page.get_by_role("row", name="Black Friday").wait_for()
    assert visit.violations() == []
    visit.open("/", ready="Dashed, what was written down: Nov 28, 2025: Black Friday")
    visit.open("/data", ready="Black Friday").page.get_by_role("button", name="Take it back").click()

    visit.page.get_by_role("row", name="Black Friday").wait_for(state="detached")


def test_the_proposed_test_is_noted_down_and_taken_back(visit: Visit) -> None:
    visit.open("/data", ready="Experiments")
    visit.page.get_by_role("button", name="Note down the test that would settle most").click()
    visit.page.get_by_role("row", name="To be run").wait_for()
    assert "events of each side settle it" in visit.text
    assert visit.violations() == []
    visit.page.get_by_role("row", name="To be run").get_by_role("button", name="Take it back").click()

    visit.page.get_by_role("row", name="To be run").wait_for(state="detached")


def test_what_was_learnt_meanwhile_is_shown_without_reloading(visit: Visit) -> None:
    fits = iter(range(1, 60))
    asked: list[str] = []

    def news(route: Any) -> None:
        minute = next(fits)
        data = {
            "as_of": f"2026-01-01T00:{minute:02}:00+00:00",
            "pending": 0,
            "campaigns": 1,
            "text": f"Learnt, {minute}.",
        }
        route.fulfill(content_type="text/event-stream", body=f"event: learning\ndata: {json.dumps(data)}\n\n")

    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.route("**/v1/stream", news)
    visit.open("/works", ready="beyond noise on ROAS")
    before = sum("/v1/effects" in url for url in asked)
    visit.page.locator(".live").get_by_text(re.compile(r"Learnt as of .*:02")).wait_for()
    visit.settle("beyond noise on ROAS")

    assert sum("/v1/effects" in url for url in asked) > before


def test_a_text_is_scored_where_enough_was_learnt_and_else_says_what_it_takes(visit: Visit) -> None:
    visit.open("/works?show=texts", ready="What will a text get?")
    visit.page.get_by_label("Headline").fill("Can you save 20 % today?")
    visit.page.get_by_role("button", name="Score it").click()
    visit.settle("No score yet.")

    assert "Headlines or texts that ask a question" in visit.text
    assert visit.violations() == []
